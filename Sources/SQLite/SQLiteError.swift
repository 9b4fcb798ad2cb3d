internal import CSQLite

/// What SQLite said when a call failed.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// SQLite's primary result code, for example 13 (`SQLITE_FULL`).
    public let code: Int
    /// The extended result code, whose low byte is `code`; the same as `code` where there is no finer one.
    public let extendedCode: Int
    /// SQLite's own English text.
    public let message: String
    /// The SQL that failed, without its values; nil when no statement was involved.
    public let statement: String?

    /// One line: the text, the code, and the statement where there is one.
    public var description: String {
        let cause = "SQLite: \(message) (code \(extendedCode))"
        guard let statement else { return cause }
        return "\(cause) in: \(statement)"
    }

    /// The disk, or the page limit, left no room.
    public var isFull: Bool { code == Int(SQLITE_FULL) }

    /// A uniqueness, foreign key or check rule refused the row.
    public var isConstraint: Bool { code == Int(SQLITE_CONSTRAINT) }

    /// Another connection holds the file longer than the busy timeout.
    public var isBusy: Bool { code == Int(SQLITE_BUSY) }

    init(result: Int32, message: String, statement: String?) {
        code = Int(result & 0xff)
        extendedCode = Int(result)
        self.message = message
        self.statement = statement
    }
}
