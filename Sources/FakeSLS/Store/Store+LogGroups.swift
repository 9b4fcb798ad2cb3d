internal import SLSProtocol
internal import SQLite

/// A log group as it is kept: the bytes as they came where they were LZ4, else plain.
struct StoredLogGroup: Equatable, Sendable {
    /// nil for plain bytes.
    let compression: CompressionType?
    let rawByteCount: Int
    let data: [UInt8]
}

/// The place of a log group: its shard's key in the high bits, how many groups came before it in the shard in the low.
struct LogGroupKey: Hashable, Comparable, Sendable {
    static let offsetBits = 39
    /// Both limits are out of reach: 16 million shards in one emulator's life, 5 * 10^11 groups in one shard.
    static let highestOffset: Int64 = 1 << 39 - 1

    let value: Int64

    init(shard: Int64, offset: Int64) {
        precondition((0...Self.highestOffset).contains(offset) && shard < 1 << 24, "\(shard)/\(offset) out of range")
        value = shard << Self.offsetBits | offset
    }

    static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

extension Store {
    func insertLogGroup(_ group: StoredLogGroup, at key: LogGroupKey, received: Timestamp) throws(APIError) {
        try run(
            "INSERT INTO log_group (key, receive_time, raw_size, compression, data) VALUES (?, ?, ?, ?, ?)", key.value,
            received.seconds, group.rawByteCount, group.compression?.rawValue, group.data)
    }

    /// Shows log groups in order, until `body` wants no more.
    func forEachLogGroup(
        from start: LogGroupKey, to end: LogGroupKey, body: (StoredLogGroup) -> Database.Visit
    ) throws(APIError) {
        try forEachRow(
            "SELECT raw_size, compression, data FROM log_group WHERE key >= ? AND key < ? ORDER BY key", start.value,
            end.value
        ) { row in
            let compression = row.textIfPresent(1).flatMap { CompressionType(rawValue: $0) }
            return body(StoredLogGroup(compression: compression, rawByteCount: row.int(0), data: row.bytes(2)))
        }
    }

    /// When the log group of exactly that key came.
    func receiveTime(at key: LogGroupKey) throws(APIError) -> Timestamp? {
        try row("SELECT receive_time FROM log_group WHERE key = ?", key.value) { Timestamp(seconds: $0.int(0)) }
    }

    /// The shard's newest log group: its offset and when it came.
    func newestLogGroup(ofShard shard: Int64) throws(APIError) -> (offset: Int64, received: Timestamp)? {
        let first = LogGroupKey(shard: shard, offset: 0)
        let last = LogGroupKey(shard: shard, offset: LogGroupKey.highestOffset)
        return try row(
            "SELECT key, receive_time FROM log_group WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1", first.value,
            last.value
        ) { (offset: $0.int64(0) & LogGroupKey.highestOffset, received: Timestamp(seconds: $0.int(1))) }
    }

    /// When a log group came, and how large it is.
    struct Receipt {
        let received: Timestamp
        let rawByteCount: Int
    }

    /// Shows the receipts of a shard's log groups in order, until `body` wants no more.
    func forEachReceipt(
        from start: LogGroupKey, ofShard shard: Int64, limit: Int, body: (Receipt) -> Database.Visit
    ) throws(APIError) {
        let last = LogGroupKey(shard: shard, offset: LogGroupKey.highestOffset)
        try forEachRow(
            "SELECT receive_time, raw_size FROM log_group WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?", start.value,
            last.value, limit
        ) { body(Receipt(received: Timestamp(seconds: $0.int(0)), rawByteCount: $0.int(1))) }
    }

    /// When the shard's oldest log group came.
    func oldestReceipt(ofShard shard: Int64) throws(APIError) -> Timestamp? {
        var oldest: Timestamp?
        try forEachReceipt(from: LogGroupKey(shard: shard, offset: 0), ofShard: shard, limit: 1) { receipt in
            oldest = receipt.received
            return .stop
        }
        return oldest
    }

    func deleteLogGroups(from start: LogGroupKey, count: Int) throws(APIError) {
        try run("DELETE FROM log_group WHERE key >= ? AND key < ?", start.value, start.value + Int64(count))
    }

    func deleteLogGroups(ofShard shard: Int64) throws(APIError) {
        let first = LogGroupKey(shard: shard, offset: 0)
        let last = LogGroupKey(shard: shard, offset: LogGroupKey.highestOffset)
        try run("DELETE FROM log_group WHERE key BETWEEN ? AND ?", first.value, last.value)
    }
}
