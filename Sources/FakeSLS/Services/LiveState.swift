internal import SLSProtocol

/// What is kept in memory beside the store: it must change often, or is asked for with every request.
///
/// A value, so that the turn can put it back: it is copied before each savepoint, and read anew from the store when a
/// transaction is lost.
struct LiveState: Sendable {
    /// By the key of the logstore's row.
    var logstores: [Int64: LiveLogstore] = [:]
    var groups: [GroupRef: LiveGroup] = [:]
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
        /// The number of its first log group.
        let firstCursor: Cursor
        /// When its newest log group came; receive times never go back within a shard, whatever the clock does.
        var newestReceived: Timestamp?

        func logGroupKey(_ cursor: Cursor) -> LogGroupKey {
            LogGroupKey(shard: key, offset: cursor.number - firstCursor.number)
        }
    }

    var shards: ShardMap
    var cursors: CursorAllocator
    var extents: [ShardID: Extent]
}

/// The live state's owner: one for all services of an emulator. Loop thread only.
final class LiveStateBox {
    var state = LiveState()
}
