internal import Logging
internal import SLSProtocol
internal import SQLite

/// The emulator's data: SQL, and nothing but SQL. Loop thread only.
///
/// Every error of SQLite is logged here and leaves as a 500. What belongs to a turn is undone by its caller.
final class Store {
    private let database: Database
    private let logger: Logger

    /// Opens the data, making the tables where there are none.
    ///
    /// - Parameter pageLimit: How many pages the database may grow to, where a test wants it to run full.
    /// - Throws: `EmulatorError` when it cannot be opened, or was made by another version of the program.
    init(_ location: Database.Location, pageLimit: Int? = nil, logger: Logger) throws(EmulatorError) {
        self.logger = logger
        let isOfThisVersion: Bool
        do throws(SQLiteError) {
            database = try Database(Database.Configuration(location))
            if let pageLimit { try database.execute("PRAGMA max_page_count = \(pageLimit)") }
            isOfThisVersion = try Schema.lay(in: database)
        } catch {
            throw EmulatorError("the data cannot be opened: \(error)")
        }
        guard isOfThisVersion else { throw EmulatorError("the data was made by another version of fake-sls") }
    }

    // MARK: The turn

    /// Begins the turn's transaction. It takes the write lock with its first write, so that reading costs none.
    func begin() throws(APIError) { try run("BEGIN DEFERRED") }

    func commit() throws(APIError) { try run("COMMIT") }

    /// Undoes the turn; nothing to do when SQLite has done so already.
    func rollBack() {
        guard isInTransaction else { return }
        // Its error is logged by `run`; what is kept in memory is read anew by the caller whatever happened here.
        _ = try? run("ROLLBACK")
    }

    /// Puts what was written into its place, so that the log of writes begins again: on a disk that is full no other is
    /// taken. Between two turns. That it fails is logged.
    func makeRoom() { _ = try? rows("PRAGMA wal_checkpoint(TRUNCATE)") { $0.int(0) } }

    func setSavepoint() throws(APIError) { try sql { () throws(SQLiteError) in try database.setSavepoint() } }

    func releaseSavepoint() throws(APIError) { try sql { () throws(SQLiteError) in try database.releaseSavepoint() } }

    func rollBackToSavepoint() throws(APIError) {
        try sql { () throws(SQLiteError) in try database.rollBackToSavepoint() }
    }

    /// False when SQLite ended the turn's transaction by itself, which disk full and I/O errors may do.
    var isInTransaction: Bool { database.isInTransaction }

    // MARK: Statements, for the other files of this folder

    @discardableResult
    func run(_ text: String, _ values: any Bindable...) throws(APIError) -> Int {
        try sql { () throws(SQLiteError) in try database.run(text, values: values) }
    }

    func rows<Element>(
        _ text: String, _ values: any Bindable..., read: (borrowing Row) -> Element
    ) throws(APIError) -> [Element] {
        try sql { () throws(SQLiteError) in try database.rows(text, values: values, read: read) }
    }

    func row<Element>(
        _ text: String, _ values: any Bindable..., read: (borrowing Row) -> Element
    ) throws(APIError) -> Element? {
        try sql { () throws(SQLiteError) in try database.row(text, values: values, read: read) }
    }

    func forEachRow(
        _ text: String, _ values: any Bindable..., body: (borrowing Row) -> Database.Visit
    ) throws(APIError) {
        try sql { () throws(SQLiteError) in try database.forEachRow(text, values: values, body: body) }
    }

    /// The rowid of the latest row inserted.
    var lastInsertedRowID: Int64 { database.lastInsertedRowID }

    private func sql<Result>(_ body: () throws(SQLiteError) -> Result) throws(APIError) -> Result {
        do { return try body() } catch {
            logger.error("the store failed", metadata: ["error": "\(error)"])
            throw APIError(.internalServerError, "the store failed: \(error.message)")
        }
    }
}
