internal import SLSProtocol
internal import SQLite

/// A row of the table of logstores.
struct LogstoreRow: Equatable, Sendable {
    /// 0 until it is inserted.
    var key: Int64
    var project: Int64
    var name: String
    var ttl: Int
    var hotTTL: Int?
    var enableTracking: Bool
    var autoSplit: Bool
    var maxSplitShard: Int
    var appendMeta: Bool
    var telemetryType: String
    var mode: String
    var createTime: Int
    var modifyTime: Int
}

extension Store {
    func logstore(_ logstore: LogstoreRef) throws(APIError) -> LogstoreRow? {
        try row(
            """
            SELECT logstore.key, project, logstore.name, ttl, hot_ttl, enable_tracking, auto_split, max_split_shard,
                append_meta, telemetry_type, mode, logstore.create_time, logstore.modify_time
            FROM logstore JOIN project ON project.key = logstore.project
            WHERE project.name = ? AND logstore.name = ?
            """, logstore.project.value, logstore.name.value
        ) { row in
            LogstoreRow(
                key: row.int64(0), project: row.int64(1), name: row.text(2), ttl: row.int(3),
                hotTTL: row.int64IfPresent(4).map { Int($0) }, enableTracking: row.bool(5), autoSplit: row.bool(6),
                maxSplitShard: row.int(7), appendMeta: row.bool(8), telemetryType: row.text(9), mode: row.text(10),
                createTime: row.int(11), modifyTime: row.int(12))
        }
    }

    /// Keys and names of a project's logstores.
    func logstoreKeys(ofProject project: Int64) throws(APIError) -> [(key: Int64, name: String)] {
        try rows("SELECT key, name FROM logstore WHERE project = ? ORDER BY key", project) {
            (key: $0.int64(0), name: $0.text(1))
        }
    }

    /// Keys, full names and retention of the logstores of all projects.
    func allLogstoreKeys() throws(APIError) -> [(key: Int64, project: String, name: String, ttlDays: Int)] {
        try rows(
            """
            SELECT logstore.key, project.name, logstore.name, ttl FROM logstore JOIN project ON project.key = logstore.project
            ORDER BY logstore.key
            """
        ) { (key: $0.int64(0), project: $0.text(1), name: $0.text(2), ttlDays: $0.int(3)) }
    }

    func logstoreCount(ofProject project: Int64) throws(APIError) -> Int {
        try row("SELECT count(*) FROM logstore WHERE project = ?", project) { $0.int(0) } ?? 0
    }

    /// Names of a project's logstores that fit, in order.
    ///
    /// - Parameters:
    ///   - part: What the name must hold.
    ///   - telemetryType: What the type must be; nil for any.
    ///   - mode: What the mode must be; nil for any.
    func logstoreNames(
        ofProject project: Int64, containing part: String, telemetryType: String?, mode: String?
    ) throws(APIError) -> [String] {
        try rows(
            """
            SELECT name FROM logstore
            WHERE project = ? AND instr(name, ?) > 0 AND telemetry_type = ifnull(?, telemetry_type)
                AND mode = ifnull(?, mode)
            ORDER BY name
            """, project, part, telemetryType, mode
        ) { $0.text(0) }
    }

    /// - Returns: The new row's key.
    func insertLogstore(_ logstore: LogstoreRow) throws(APIError) -> Int64 {
        try run(
            """
            INSERT INTO logstore (project, name, ttl, hot_ttl, enable_tracking, auto_split, max_split_shard,
                append_meta, telemetry_type, mode, next_shard, create_time, modify_time)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
            """, logstore.project, logstore.name, logstore.ttl, logstore.hotTTL, logstore.enableTracking,
            logstore.autoSplit, logstore.maxSplitShard, logstore.appendMeta, logstore.telemetryType, logstore.mode,
            logstore.createTime, logstore.modifyTime)
        return lastInsertedRowID
    }

    func updateLogstore(_ logstore: LogstoreRow) throws(APIError) {
        try run(
            """
            UPDATE logstore SET ttl = ?, hot_ttl = ?, enable_tracking = ?, auto_split = ?, max_split_shard = ?,
                append_meta = ?, telemetry_type = ?, mode = ?, modify_time = ?
            WHERE key = ?
            """, logstore.ttl, logstore.hotTTL, logstore.enableTracking, logstore.autoSplit, logstore.maxSplitShard,
            logstore.appendMeta, logstore.telemetryType, logstore.mode, logstore.modifyTime, logstore.key)
    }

    /// Deletes the logstore with its shards, index and groups; its log groups go with `deleteLogGroups(ofShard:)` before.
    func deleteLogstore(_ key: Int64) throws(APIError) { try run("DELETE FROM logstore WHERE key = ?", key) }

    // MARK: Index

    /// The index document as it was given.
    func index(ofLogstore key: Int64) throws(APIError) -> [UInt8]? {
        try row("SELECT document FROM logstore_index WHERE logstore = ?", key) { $0.bytes(0) }
    }

    func hasIndex(logstore key: Int64) throws(APIError) -> Bool {
        try row("SELECT 1 FROM logstore_index WHERE logstore = ?", key) { _ in true } ?? false
    }

    func setIndex(_ document: [UInt8], ofLogstore key: Int64) throws(APIError) {
        try run("INSERT OR REPLACE INTO logstore_index (logstore, document) VALUES (?, ?)", key, document)
    }

    func deleteIndex(ofLogstore key: Int64) throws(APIError) {
        try run("DELETE FROM logstore_index WHERE logstore = ?", key)
    }

    // MARK: Cursor marks

    /// Notes the highest cursor number of an existing logstore.
    func setCursorMark(_ number: Int64, ofLogstore key: Int64) throws(APIError) {
        try run(
            """
            INSERT OR REPLACE INTO cursor_mark (project, logstore, number)
            SELECT project.name, logstore.name, ? FROM logstore JOIN project ON project.key = logstore.project
            WHERE logstore.key = ?
            """, number, key)
    }

    /// The highest cursor number that a logstore of this name is known to have given, nil for a fresh name.
    func cursorMark(of logstore: LogstoreRef) throws(APIError) -> Int64? {
        try row(
            "SELECT number FROM cursor_mark WHERE project = ? AND logstore = ?", logstore.project.value,
            logstore.name.value
        ) { $0.int64(0) }
    }

    func setCursorMark(_ number: Int64, of logstore: LogstoreRef) throws(APIError) {
        try run(
            "INSERT OR REPLACE INTO cursor_mark (project, logstore, number) VALUES (?, ?, ?)", logstore.project.value,
            logstore.name.value, number)
    }
}
