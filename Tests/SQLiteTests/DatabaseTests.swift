import Foundation
import SQLite
import Testing

@Suite struct DatabaseTests {
    private func makeDatabase() throws -> Database {
        let database = try Database(.init(.memory))
        try database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, body BLOB, score REAL)")
        return database
    }

    private func names(_ database: Database) throws -> [String] {
        try database.rows("SELECT name FROM item ORDER BY id") { $0.text(0) }
    }

    @Test func `every kind of value comes back as it went in`() throws {
        let database = try makeDatabase()
        let insert = "INSERT INTO item VALUES (?, ?, ?, ?)"
        try database.run(insert, Int64.min, "grün\u{0}x", [UInt8](0...255), 0.5)
        try database.run(insert, 1, "", [UInt8](), -1e300)
        try database.run(insert, 2, String?.none, [UInt8]?.none, Double?.none)

        let texts = try database.rows("SELECT name FROM item ORDER BY id") { $0.textIfPresent(0) }
        let blobs = try database.rows("SELECT body FROM item ORDER BY id") { $0.bytes(0) }
        let nulls = try database.rows("SELECT body FROM item ORDER BY id") { $0.isNull(0) }
        let scores = try database.rows("SELECT score FROM item ORDER BY id") { $0.double(0) }
        let ids = try database.rows("SELECT id FROM item ORDER BY id") { $0.int64(0) }

        #expect(texts == ["grün\u{0}x", "", nil])
        #expect(blobs == [[UInt8](0...255), [], []])
        #expect(nulls == [false, false, true])
        #expect(scores == [0.5, -1e300, 0])
        #expect(ids == [.min, 1, 2])
    }

    @Test func `a slice is stored as the bytes it shows`() throws {
        let database = try makeDatabase()
        try database.run("INSERT INTO item (body) VALUES (?)", [UInt8](0..<10)[3..<6])
        #expect(try database.row("SELECT body FROM item") { $0.bytes(0) } == [3, 4, 5])
    }

    @Test func `bytes are lent without a copy and can be appended to a buffer`() throws {
        let database = try makeDatabase()
        try database.run("INSERT INTO item (body) VALUES (?)", [UInt8]([7, 8, 9]))
        var buffer: [UInt8] = [1]
        let lent = try database.row("SELECT body FROM item") { row in
            row.append(0, to: &buffer)
            return row.withBytes(0) { $0.byteCount }
        }
        #expect(lent == 3)
        #expect(buffer == [1, 7, 8, 9])
    }

    @Test func `a statement reports how many rows it changed`() throws {
        let database = try makeDatabase()
        try database.run("INSERT INTO item (name) VALUES ('a'), ('b')")
        #expect(try database.run("UPDATE item SET score = 1") == 2)
        #expect(try database.run("DELETE FROM item WHERE name = ?", "a") == 1)
        #expect(database.lastInsertedRowID == 2)
    }

    @Test func `a visit ends when it is told to`() throws {
        let database = try makeDatabase()
        try database.run("INSERT INTO item (name) VALUES ('a'), ('b'), ('c')")
        var seen: [String] = []
        try database.forEachRow("SELECT name FROM item ORDER BY id") { row in
            seen.append(row.text(0))
            return seen.count == 2 ? .stop : .next
        }
        #expect(seen == ["a", "b"])
    }

    @Test func `a query may run inside itself`() throws {
        let database = try makeDatabase()
        try database.run("INSERT INTO item (name) VALUES ('a'), ('b')")
        let sql = "SELECT name FROM item ORDER BY id"
        var pairs: [String] = []
        try database.forEachRow(sql) { outer in
            let first = outer.text(0)
            // An inner failure would leave the pairs short, which the expectation below shows.
            pairs += (try? database.rows(sql) { first + $0.text(0) }) ?? []
            return .next
        }
        #expect(pairs == ["aa", "ab", "ba", "bb"])
    }

    @Test func `an error carries both codes, the text and the statement`() throws {
        let database = try makeDatabase()
        let insert = "INSERT INTO item (name) VALUES (?)"
        try database.run(insert, "a")
        let error = #expect(throws: SQLiteError.self) { try database.run(insert, "a") }
        #expect(error?.isConstraint == true)
        #expect(error?.extendedCode == 2067)
        #expect(error?.statement == insert)
        #expect(error?.description.contains("UNIQUE constraint failed: item.name") == true)
        try database.run(insert, "b")
        #expect(try names(database) == ["a", "b"])
    }

    @Test func `a wrong number of values, broken SQL and an empty statement are errors`() throws {
        let database = try makeDatabase()
        #expect(throws: SQLiteError.self) { try database.run("INSERT INTO item (name) VALUES (?)") }
        #expect(throws: SQLiteError.self) { try database.run("SELEC 1") }
        #expect(throws: SQLiteError.self) { try database.run("  ") }
    }

    @Test func `more statement texts than are kept prepared still run`() throws {
        let database = try makeDatabase()
        for number in 0..<300 {
            #expect(try database.row("SELECT \(number)") { $0.int(0) } == number)
        }
        #expect(try database.row("SELECT 299") { $0.int(0) } == 299)
    }

    @Test func `a savepoint undoes only itself`() throws {
        let database = try makeDatabase()
        try database.begin()
        #expect(database.isInTransaction)
        for (name, keep) in [("a", true), ("b", false), ("c", true)] {
            try database.setSavepoint()
            try database.run("INSERT INTO item (name) VALUES (?)", name)
            if keep { try database.releaseSavepoint() } else { try database.rollBackToSavepoint() }
        }
        try database.commit()
        #expect(!database.isInTransaction)
        #expect(try names(database) == ["a", "c"])
    }

    @Test func `a rollback undoes the transaction and needs none to exist`() throws {
        let database = try makeDatabase()
        try database.begin()
        try database.run("INSERT INTO item (name) VALUES ('a')")
        try database.rollBack()
        try database.rollBack()
        #expect(try names(database) == [])
    }

    @Test func `a full disk ends the whole transaction, savepoint or not, and the connection says so`() throws {
        let database = try makeDatabase()
        let pages = try #require(try database.row("PRAGMA page_count") { $0.int(0) })
        try database.execute("PRAGMA max_page_count = \(pages + 4)")
        try database.begin()
        try database.setSavepoint()
        try database.run("INSERT INTO item (name) VALUES ('earlier request')")
        try database.releaseSavepoint()
        try database.setSavepoint()

        let error = #expect(throws: SQLiteError.self) {
            try database.run("INSERT INTO item (body) VALUES (?)", [UInt8](repeating: 1, count: 1 << 20))
        }

        #expect(error?.isFull == true)
        #expect(!database.isInTransaction)
        #expect(throws: SQLiteError.self) { try database.rollBackToSavepoint() }
        #expect(try names(database) == [])
    }

    @Test func `foreign keys are enforced unless told otherwise`() throws {
        let database = try Database(.init(.memory))
        try database.execute("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a (id))")
        #expect(throws: SQLiteError.self) { try database.run("INSERT INTO b VALUES (1)") }
    }
}

@Suite struct DatabaseFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sqlite-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func withFile(_ body: (Database.Configuration) throws -> Void) throws {
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        try body(.init(.file(folder.appendingPathComponent("data.sqlite").path)))
    }

    @Test func `a file has the write-ahead log, large pages and normal synchronisation`() throws {
        try withFile { configuration in
            let database = try Database(configuration)
            try database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)")
            #expect(try database.row("PRAGMA journal_mode") { $0.text(0) } == "wal")
            #expect(try database.row("PRAGMA page_size") { $0.int(0) } == 16_384)
            #expect(try database.row("PRAGMA synchronous") { $0.int(0) } == 1)
            #expect(try database.row("PRAGMA wal_autocheckpoint") { $0.int(0) } == 4_000)
            #expect(try database.row("PRAGMA journal_size_limit") { $0.int(0) } == 64 << 20)
        }
    }

    @Test func `what was committed is there after the file is opened again, what was not is gone`() throws {
        try withFile { configuration in
            do {
                let database = try Database(configuration)
                try database.execute("CREATE TABLE item (name TEXT)")
                try database.run("INSERT INTO item VALUES ('committed')")
                try database.begin()
                try database.run("INSERT INTO item VALUES ('open')")
            }
            let again = try Database(configuration)
            #expect(try again.rows("SELECT name FROM item") { $0.text(0) } == ["committed"])
        }
    }

    @Test func `closing leaves no write-ahead log and no open file behind`() throws {
        try withFile { configuration in
            do {
                let database = try Database(configuration)
                try database.execute("CREATE TABLE item (name TEXT)")
                try database.run("INSERT INTO item VALUES (?)", "a")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["data.sqlite"])
        }
    }

    @Test func `a second writer is refused once the busy timeout is over`() throws {
        try withFile { configuration in
            var impatient = configuration
            impatient.busyTimeoutMilliseconds = 1
            let first = try Database(configuration)
            let second = try Database(impatient)
            try first.begin()
            let error = #expect(throws: SQLiteError.self) { try second.begin() }
            #expect(error?.isBusy == true)
        }
    }

    @Test func `a folder that is missing and a file that is no database are errors that name the cause`() throws {
        try withFile { configuration in
            let missing = folder.appendingPathComponent("no/data.sqlite").path
            let error = #expect(throws: SQLiteError.self) { try Database(.init(.file(missing))) }
            #expect(error?.message.contains(missing) == true)

            let other = folder.appendingPathComponent("text").path
            try Data(repeating: 65, count: 4_096).write(to: URL(fileURLWithPath: other))
            let noDatabase = #expect(throws: SQLiteError.self) { try Database(.init(.file(other))) }
            #expect(noDatabase?.message.contains("not a database") == true)
        }
    }
}
