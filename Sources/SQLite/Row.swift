internal import CSQLite

/// The row a query stands on. Valid only inside the closure it is given to; columns count from 0.
///
/// A column of another type is converted as SQLite does it: null reads as 0, "" and no bytes.
@safe public struct Row: ~Copyable {
    private let statement: OpaquePointer

    init(_ statement: OpaquePointer) { unsafe self.statement = statement }

    /// True where the column holds null.
    public func isNull(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
    }

    /// A 64-bit integer.
    public func int64(_ column: Int) -> Int64 {
        unsafe sqlite3_column_int64(statement, Int32(column))
    }

    /// The same integer as an `Int`.
    public func int(_ column: Int) -> Int { Int(int64(column)) }

    /// False for 0 and null.
    public func bool(_ column: Int) -> Bool { int64(column) != 0 }

    /// A floating-point number.
    public func double(_ column: Int) -> Double {
        unsafe sqlite3_column_double(statement, Int32(column))
    }

    /// A copy of the text; broken UTF-8 is repaired with U+FFFD.
    public func text(_ column: Int) -> String {
        // sqlite3_column_text owns the memory until the next step: copied here.
        guard let text = unsafe sqlite3_column_text(statement, Int32(column)) else { return "" }
        let count = Int(unsafe sqlite3_column_bytes(statement, Int32(column)))
        return unsafe String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    /// A copy of the text, nil where the column holds null.
    public func textIfPresent(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    /// An integer, nil where the column holds null.
    public func int64IfPresent(_ column: Int) -> Int64? { isNull(column) ? nil : int64(column) }

    /// A copy of the bytes.
    public func bytes(_ column: Int) -> [UInt8] {
        unsafe Array(borrowed(column))
    }

    /// Appends the bytes to `buffer`, which saves the copy between.
    public func append(_ column: Int, to buffer: inout [UInt8]) {
        unsafe buffer.append(contentsOf: borrowed(column))
    }

    /// The number of bytes of a blob or text, without reading them.
    public func byteCount(_ column: Int) -> Int {
        Int(unsafe sqlite3_column_bytes(statement, Int32(column)))
    }

    /// Lends the bytes to `body` without copying them.
    public func withBytes<Result, Failure: Error>(
        _ column: Int, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // sqlite3_column_blob owns the memory until the next step, which the closure cannot reach.
        let buffer = unsafe borrowed(column)
        return try body(unsafe buffer.bytes)
    }

    /// The bytes where SQLite keeps them, until the next step of the statement.
    private func borrowed(_ column: Int) -> UnsafeRawBufferPointer {
        // In this order: the blob call may convert the column and so change its size.
        let start = unsafe sqlite3_column_blob(statement, Int32(column))
        return unsafe UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : byteCount(column))
    }
}
