internal import SLSProtocol

/// What is kept in memory beside the store: it must change often, or is asked for with every request.
///
/// A value, so that the turn can put it back: it is copied before each savepoint, and read anew from the store when a
/// transaction is lost.
struct LiveState: Sendable {
    /// By the key of the logstore's row.
    var logstores: [Int64: LiveLogstore] = [:]
    var groups: [GroupRef: LiveGroup] = [:]
    var quotas = QuotaLedger()
    /// The projects by custom domain, lower-case.
    var domains: [String: String] = [:]
    /// Not in the store: those of the start, but for what `/_fake/rules` has changed since.
    var rules = Rules()
}

/// Which consumer group, of the logstore with that key.
struct GroupRef: Hashable, Sendable {
    let logstore: Int64
    let name: ConsumerGroupName
}

/// One consumer group, at work.
struct LiveGroup: Sendable {
    /// The key of its row; ascending in the order of creation.
    let key: Int64
    var coordinator: GroupCoordinator
}

/// The shards of one logstore, and where each one ends.
struct LiveLogstore: Sendable {
    /// What the topology does not know of a shard.
    struct Extent: Sendable {
        /// The high bits of its log groups' keys.
        let key: Int64
        /// The number of its first log group, also once that has expired.
        let firstCursor: Cursor
        /// The number of the oldest log group that has not expired; its end where none is left.
        var keptFrom: Cursor
        /// When that one came; nil where none is left.
        var oldestReceived: Timestamp?
        /// When its newest log group came; receive times never go back within a shard, whatever the clock does.
        var newestReceived: Timestamp?

        /// A shard that never held anything.
        static func empty(key: Int64, firstCursor: Cursor) -> Extent {
            Extent(key: key, firstCursor: firstCursor, keptFrom: firstCursor)
        }

        func logGroupKey(_ cursor: Cursor) -> LogGroupKey {
            LogGroupKey(shard: key, offset: cursor.number - firstCursor.number)
        }
    }

    var shards: ShardMap
    var cursors: CursorAllocator
    var extents: [ShardID: Extent]
    /// How long data is kept, 1 to 3650 days; 3650 means for ever.
    var ttlDays: Int
}

/// The live state's owner: one for all services of an emulator. Loop thread only.
final class LiveStateBox {
    var state = LiveState()
}
