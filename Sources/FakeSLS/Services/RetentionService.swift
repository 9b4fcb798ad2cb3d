internal import SLSProtocol
internal import SQLite

/// Lets data expire: log groups whose logstore keeps them no longer, then read-only shards without any.
///
/// Time is the server's wall clock, ages are counted from the receipt. Logstores are looked at once a second; what one
/// turn may do is bounded, and the next turn goes on.
final class RetentionService {
    /// A logstore with this many days keeps its data for ever.
    static let foreverDays = 3_650
    /// How many log groups and shards go in one turn.
    static let itemLimit = 1_000
    /// How many raw bytes go in one turn, unless the first group alone has more.
    static let byteLimit = 67_108_864

    private let store: Store
    private let live: LiveStateBox
    private let shards: ShardService
    /// The second in which everything that was due had gone; nil while there is more. A hint only: what a lost turn
    /// takes back is found again a second later.
    private var settled: Timestamp?
    /// How many may go in the next turn: fewer after a loss, for a disk that is full has little room to take anything away.
    private var share = RetentionService.itemLimit

    init(store: Store, live: LiveStateBox, shards: ShardService) {
        self.store = store
        self.live = live
        self.shards = shards
    }

    /// Whether there is something to look at in this second.
    func isDue(now: Moment) -> Bool { settled != now.wall.timestamp }

    /// Takes away what has expired, as far as one turn may go.
    func expire(now: Moment) throws(APIError) {
        guard isDue(now: now) else { return }
        var budget = Budget(items: share)
        for logstore in live.state.logstores.keys.sorted() where !budget.isUsedUp {
            guard let days = live.state.logstores[logstore]?.ttlDays, days < Self.foreverDays else { continue }
            try expire(
                logstore: logstore, before: now.wall.timestamp + -days * 86_400, &budget)
        }
        settled = budget.isUsedUp ? nil : now.wall.timestamp
    }

    /// Takes in whether what `expire` did came to last.
    func ended(committed: Bool) {
        share = committed ? Self.itemLimit : max(1, share / 10)
        if !committed { settled = nil }
    }

    private struct Budget {
        var items: Int
        var bytes = RetentionService.byteLimit

        var isUsedUp: Bool { items <= 0 || bytes <= 0 }
    }

    /// - Parameter limit: What was received then or earlier has expired.
    private func expire(logstore: Int64, before limit: Timestamp, _ budget: inout Budget) throws(APIError) {
        let found = try live.logstore(logstore)
        // Worked out where it is needed: seldom, and then for many.
        lazy var closings = found.shards.closings()
        for shard in found.shards.shards where !budget.isUsedUp {
            guard var extent = found.extents[shard.id] else { continue }
            if let oldest = extent.oldestReceived, oldest <= limit {
                extent = try expireLogGroups(of: extent, before: limit, &budget)
                live.state.logstores[logstore]?.extents[shard.id] = extent
            }
            // None was closed before it was made.
            guard shard.isReadOnly, extent.oldestReceived == nil, shard.created <= limit, !budget.isUsedUp else {
                continue
            }
            if let closed = closings[shard.id], closed > limit { continue }
            budget.items -= 1
            try shards.remove(shard.id, ofLogstore: logstore)
        }
    }

    private func expireLogGroups(
        of extent: LiveLogstore.Extent, before limit: Timestamp, _ budget: inout Budget
    ) throws(APIError) -> LiveLogstore.Extent {
        var extent = extent
        let old = extent.logGroupKey(extent.keptFrom)
        var count = 0
        var next: Timestamp?
        try store.forEachReceipt(from: old, ofShard: extent.key, limit: budget.items + 1) { receipt in
            guard receipt.received <= limit, count == 0 || !budget.isUsedUp else {
                next = receipt.received
                return .stop
            }
            count += 1
            budget.items -= 1
            budget.bytes -= receipt.rawByteCount
            return .next
        }
        extent.keptFrom = extent.keptFrom.advanced(by: count)
        extent.oldestReceived = next
        try store.deleteLogGroups(from: old, count: count)
        try store.setKeptFrom(extent.keptFrom, ofShard: extent.key)
        return extent
    }
}
