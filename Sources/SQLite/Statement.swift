internal import CSQLite

/// Sole owner of a prepared statement; used on the thread of its `Database`, which keeps it alive.
@safe final class Statement {
    /// The text it was prepared from.
    let sql: String
    /// True from the first binding to the reset; a busy statement cannot be started a second time.
    private(set) var isBusy = false

    private let raw: OpaquePointer
    private let connection: OpaquePointer

    /// - Parameter connection: Outlives the statement: `Database` drops its statements before it closes.
    init(_ sql: String, on connection: OpaquePointer) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let result = unsafe sqlite3_prepare_v3(
            connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK else { throw unsafe Statement.error(result, on: connection, sql) }
        guard let prepared = unsafe prepared else {
            throw SQLiteError(result: SQLITE_MISUSE, message: "the statement is empty", statement: sql)
        }
        unsafe self.raw = prepared
        unsafe self.connection = connection
        self.sql = sql
    }

    deinit { unsafe sqlite3_finalize(raw) }

    /// Binds one value to each `?`, in order, and marks the statement busy until `reset()`.
    func bind(_ values: [any Bindable]) throws(SQLiteError) {
        isBusy = true
        let expected = Int(unsafe sqlite3_bind_parameter_count(raw))
        guard values.count == expected else {
            let message = "the statement takes \(expected) values, \(values.count) were given"
            throw SQLiteError(result: SQLITE_RANGE, message: message, statement: sql)
        }
        for (index, value) in values.enumerated() {
            let result = bind(value.sqliteValue, at: Int32(index + 1))
            guard result == SQLITE_OK else { throw unsafe Statement.error(result, on: connection, sql) }
        }
    }

    /// Goes to the next row. False when there is none; then, and after an error, only `reset()` may follow.
    func step() throws(SQLiteError) -> Bool {
        let result = unsafe sqlite3_step(raw)
        switch result {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw unsafe Statement.error(result, on: connection, sql)
        }
    }

    /// Ends the run and lets go of the bound values; a failed run reports its error here again, which is known already.
    func reset() {
        unsafe sqlite3_reset(raw)
        unsafe sqlite3_clear_bindings(raw)
        isBusy = false
    }

    /// Calls `body` with the row that `step()` reached.
    func withRow<Result>(_ body: (borrowing Row) -> Result) -> Result {
        body(unsafe Row(raw))
    }

    private func bind(_ value: Value, at index: Int32) -> Int32 {
        switch value {
        case .null: return unsafe sqlite3_bind_null(raw, index)
        case .integer(let number): return unsafe sqlite3_bind_int64(raw, index, number)
        case .real(let number): return unsafe sqlite3_bind_double(raw, index, number)
        case .text(var text):
            // csqlite_bind_text_copying: SQLite keeps its own copy.
            return text.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    // A pointer of nil would bind null instead of an empty text.
                    guard let start = characters.baseAddress else {
                        return unsafe csqlite_bind_text_copying(raw, index, "", 0)
                    }
                    return unsafe csqlite_bind_text_copying(raw, index, start, Int32(characters.count))
                }
            }
        case .blob(let slice):
            guard !slice.isEmpty else { return unsafe sqlite3_bind_zeroblob(raw, index, 0) }
            // csqlite_bind_blob_copying: SQLite keeps its own copy.
            return unsafe slice.withUnsafeBytes { bytes in
                unsafe csqlite_bind_blob_copying(raw, index, bytes.baseAddress, UInt64(bytes.count))
            }
        }
    }

    /// What the connection says about its latest failed call.
    static func error(_ result: Int32, on connection: OpaquePointer?, _ sql: String?) -> SQLiteError {
        // sqlite3_errmsg points into the connection: it is copied before the next call.
        let text = unsafe sqlite3_errmsg(connection).map { unsafe String(cString: $0) }
        return SQLiteError(result: result, message: text ?? "unknown error", statement: sql)
    }
}
