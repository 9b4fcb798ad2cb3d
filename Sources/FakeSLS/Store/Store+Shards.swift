internal import SLSProtocol
internal import SQLite

/// A shard as stored: what the topology knows of it, and where its log groups are.
struct ShardRow: Equatable, Sendable {
    /// The high bits of its log groups' keys.
    let key: Int64
    let shard: Shard
    /// Where it began: the number of its first log group, also once that has expired.
    let firstCursor: Cursor
    /// Where it begins now: the number of the oldest log group that has not expired.
    let keptFrom: Cursor
}

extension Store {
    /// The shards of a logstore, ascending by number.
    func shards(ofLogstore logstore: Int64) throws(APIError) -> [ShardRow] {
        let found = try rows(
            """
            SELECT key, number, is_readonly, begin_key, end_key, ancestors, create_time, first_cursor, kept_from
            FROM shard WHERE logstore = ? ORDER BY number
            """, logstore
        ) { row -> ShardRow? in
            guard let begin = HashKey(hex: row.text(3)), let end = HashKey(hex: row.text(4)) else { return nil }
            let ancestors = row.text(5).split(separator: ",").compactMap { Int($0) }.map { ShardID($0) }
            let shard = Shard(
                id: ShardID(row.int(1)), begin: begin, end: end, isReadOnly: row.bool(2),
                created: Timestamp(seconds: row.int(6)), ancestors: ancestors)
            return ShardRow(
                key: row.int64(0), shard: shard, firstCursor: Cursor(number: max(0, row.int64(7))),
                keptFrom: Cursor(number: max(0, row.int64(8))))
        }
        return found.compactMap(\.self)
    }

    /// - Returns: The new row's key.
    func insertShard(_ shard: Shard, ofLogstore logstore: Int64, firstCursor: Cursor) throws(APIError) -> Int64 {
        let ancestors = shard.ancestors.map(\.description).joined(separator: ",")
        try run(
            """
            INSERT INTO shard
                (logstore, number, is_readonly, begin_key, end_key, ancestors, create_time, first_cursor, kept_from)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, logstore, shard.id.value, shard.isReadOnly, shard.begin.hex, shard.end.hex, ancestors,
            shard.created.seconds, firstCursor.number, firstCursor.number)
        return lastInsertedRowID
    }

    /// Notes that everything before that number has expired.
    func setKeptFrom(_ cursor: Cursor, ofShard key: Int64) throws(APIError) {
        try run("UPDATE shard SET kept_from = ? WHERE key = ?", cursor.number, key)
    }

    func deleteShard(_ key: Int64) throws(APIError) { try run("DELETE FROM shard WHERE key = ?", key) }

    func setReadOnly(_ shard: ShardID, ofLogstore logstore: Int64) throws(APIError) {
        try run("UPDATE shard SET is_readonly = 1 WHERE logstore = ? AND number = ?", logstore, shard.value)
    }

    /// The number that the logstore's next new shard gets.
    func nextShardID(ofLogstore logstore: Int64) throws(APIError) -> Int {
        try row("SELECT next_shard FROM logstore WHERE key = ?", logstore) { $0.int(0) } ?? 0
    }

    func setNextShardID(_ number: Int, ofLogstore logstore: Int64) throws(APIError) {
        try run("UPDATE logstore SET next_shard = ? WHERE key = ?", number, logstore)
    }
}
