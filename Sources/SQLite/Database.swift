internal import CSQLite

/// One connection to a SQLite database, and the owner of its handle and of its prepared statements.
///
/// Not `Sendable`: it belongs to one thread at a time, which must finish with it before another begins.
@safe public final class Database {
    /// Where the data lives.
    public enum Location: Equatable, Sendable {
        /// In memory: gone with the connection.
        case memory
        /// A file, made when absent; its folder must exist.
        case file(String)
    }

    /// How a database is opened.
    public struct Configuration: Sendable {
        /// Where the data lives.
        public var location: Location
        /// Bytes of a page of a new database. Default 16,384: half again as fast as 4,096 for log groups in batches.
        public var pageByteCount = 16_384
        /// Pages the write-ahead log may hold before they are moved into the file. Default 4,000.
        public var checkpointPageCount = 4_000
        /// Bytes the write-ahead log's file is cut back to. Default 64 MiB.
        public var journalByteLimit = 64 << 20
        /// How long a statement waits for another connection's lock, in milliseconds. Default 5,000.
        public var busyTimeoutMilliseconds = 5_000
        /// Whether foreign keys are enforced. Default true.
        public var enforcesForeignKeys = true

        /// The defaults, for one place.
        public init(_ location: Location) { self.location = location }
    }

    /// Most statements that are kept prepared; the texts are constants of the program, so it is hardly ever reached.
    static let cachedStatementLimit = 256

    private let connection: OpaquePointer
    private var statements: [String: Statement] = [:]

    /// Opens the database, with the write-ahead log and `synchronous = NORMAL` where it is a file.
    ///
    /// - Throws: `SQLiteError` when the file cannot be opened or made, or is no database.
    public init(_ configuration: Configuration) throws(SQLiteError) {
        unsafe connection = try Database.open(configuration.location)
        // From here on `deinit` closes the connection when a line throws.
        unsafe sqlite3_extended_result_codes(connection, 1)
        unsafe sqlite3_busy_timeout(connection, Int32(configuration.busyTimeoutMilliseconds))
        // The page size is ignored once the write-ahead log is on.
        try execute("PRAGMA page_size = \(configuration.pageByteCount)")
        try execute("PRAGMA foreign_keys = \(configuration.enforcesForeignKeys ? "ON" : "OFF")")
        try execute("PRAGMA temp_store = MEMORY")
        guard case .file = configuration.location else { return }
        let mode = try row("PRAGMA journal_mode = WAL") { $0.text(0) }
        guard mode == "wal" else {
            let message = "the file system does not take a write-ahead log (journal mode \(mode ?? "unknown"))"
            throw SQLiteError(result: SQLITE_CANTOPEN, message: message, statement: "PRAGMA journal_mode = WAL")
        }
        try execute("PRAGMA synchronous = NORMAL")
        try execute("PRAGMA wal_autocheckpoint = \(configuration.checkpointPageCount)")
        try execute("PRAGMA journal_size_limit = \(configuration.journalByteLimit)")
    }

    deinit {
        // Each must be finalized before the connection is closed, or the file stays open.
        statements.removeAll()
        unsafe sqlite3_close_v2(connection)
    }

    /// Runs a script of any number of statements without values; the rows they give are dropped.
    public func execute(_ script: String) throws(SQLiteError) {
        let result = unsafe sqlite3_exec(connection, script, nil, nil, nil)
        guard result == SQLITE_OK else { throw unsafe Statement.error(result, on: connection, script) }
    }

    /// Runs one statement to its end.
    ///
    /// - Parameter values: One for each `?`, in order.
    /// - Returns: How many rows it inserted, changed or deleted.
    @discardableResult
    public func run(_ sql: String, _ values: any Bindable...) throws(SQLiteError) -> Int {
        try run(sql, values: values)
    }

    /// The same with the values in an array, for a caller that wraps this one.
    @discardableResult
    public func run(_ sql: String, values: [any Bindable]) throws(SQLiteError) -> Int {
        let statement = try idleStatement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {}
        return Int(unsafe sqlite3_changes64(connection))
    }

    /// All rows of a query, in its order.
    public func rows<Element>(
        _ sql: String, _ values: any Bindable..., read: (borrowing Row) -> Element
    ) throws(SQLiteError) -> [Element] {
        try rows(sql, values: values, read: read)
    }

    /// The same with the values in an array, for a caller that wraps this one.
    public func rows<Element>(
        _ sql: String, values: [any Bindable], read: (borrowing Row) -> Element
    ) throws(SQLiteError) -> [Element] {
        var elements: [Element] = []
        try visit(sql, values) { row in
            elements.append(read(row))
            return .next
        }
        return elements
    }

    /// The first row of a query, nil when it has none.
    public func row<Element>(
        _ sql: String, _ values: any Bindable..., read: (borrowing Row) -> Element
    ) throws(SQLiteError) -> Element? {
        try row(sql, values: values, read: read)
    }

    /// The same with the values in an array, for a caller that wraps this one.
    public func row<Element>(
        _ sql: String, values: [any Bindable], read: (borrowing Row) -> Element
    ) throws(SQLiteError) -> Element? {
        var element: Element?
        try visit(sql, values) { row in
            element = read(row)
            return .stop
        }
        return element
    }

    /// What follows after a row was seen.
    public enum Visit {
        case next
        case stop
    }

    /// Shows the rows of a query to `body`, one after the other, until it wants no more.
    public func forEachRow(
        _ sql: String, _ values: any Bindable..., body: (borrowing Row) -> Visit
    ) throws(SQLiteError) {
        try visit(sql, values, body)
    }

    /// The same with the values in an array, for a caller that wraps this one.
    public func forEachRow(
        _ sql: String, values: [any Bindable], body: (borrowing Row) -> Visit
    ) throws(SQLiteError) {
        try visit(sql, values, body)
    }

    /// The rowid of the latest row inserted on this connection.
    public var lastInsertedRowID: Int64 { unsafe sqlite3_last_insert_rowid(connection) }

    /// True between `begin()` and its end, whoever ended it.
    ///
    /// Some errors (disk full, I/O) end the whole transaction unasked, savepoints included. So this must be looked at
    /// after every error: when it is false, statements that follow commit each on its own.
    public var isInTransaction: Bool { unsafe sqlite3_get_autocommit(connection) == 0 }

    /// Begins a transaction and takes the write lock.
    public func begin() throws(SQLiteError) { try run("BEGIN IMMEDIATE") }

    /// Makes everything since `begin()` last. After an error, `isInTransaction` tells whether a rollback is still due.
    public func commit() throws(SQLiteError) { try run("COMMIT") }

    /// Undoes everything since `begin()`; nothing to do when SQLite ended the transaction itself.
    public func rollBack() throws(SQLiteError) {
        if isInTransaction { try run("ROLLBACK") }
    }

    /// Sets a mark in the transaction. Marks nest; the next two calls are about the latest one.
    public func setSavepoint() throws(SQLiteError) { try run("SAVEPOINT latest") }

    /// Keeps what was done since the latest mark, and drops the mark.
    public func releaseSavepoint() throws(SQLiteError) { try run("RELEASE latest") }

    /// Undoes what was done since the latest mark, and drops the mark. The transaction goes on.
    public func rollBackToSavepoint() throws(SQLiteError) {
        try run("ROLLBACK TO latest")
        try run("RELEASE latest")
    }

    private func visit(
        _ sql: String, _ values: [any Bindable], _ body: (borrowing Row) -> Visit
    ) throws(SQLiteError) {
        let statement = try idleStatement(sql)
        // Also ends the read at once, so that the write-ahead log can be emptied.
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {
            if statement.withRow(body) == .stop { return }
        }
    }

    /// A statement that nobody is stepping through: the kept one, or a fresh one when a query runs inside itself.
    private func idleStatement(_ sql: String) throws(SQLiteError) -> Statement {
        if let kept = statements[sql], !kept.isBusy { return kept }
        let fresh = try unsafe Statement(sql, on: connection)
        if statements[sql] == nil, statements.count < Database.cachedStatementLimit { statements[sql] = fresh }
        return fresh
    }

    private static func open(_ location: Location) throws(SQLiteError) -> OpaquePointer {
        let path =
            switch location {
            case .memory: ":memory:"
            case .file(let path): path
            }
        var opened: OpaquePointer?
        // NOMUTEX: one thread at a time, as the type's comment demands.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let result = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard result == SQLITE_OK, let opened = unsafe opened else {
            let failure = unsafe Statement.error(result, on: opened, nil)
            // SQLite makes a handle even for a failed open, and wants it closed.
            unsafe sqlite3_close_v2(opened)
            throw SQLiteError(result: result, message: "\(path): \(failure.message)", statement: nil)
        }
        return unsafe opened
    }
}
