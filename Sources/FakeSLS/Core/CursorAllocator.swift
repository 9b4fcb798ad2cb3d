package import SLSProtocol

/// Gives the log groups of one logstore name their numbers.
///
/// Each shard starts at its creation time in nanoseconds, but above every number ever given under that name, also when
/// the clock stands or goes back, and after the logstore was deleted and made anew; within a shard each log group takes
/// the next number, none is used twice or left out. Exactly-once delivery rests on this (consumer-group.md 1.11 no. 5).
///
/// One value outlives the logstore: `highest` is stored under project and logstore name, and handed to the next
/// logstore of that name.
package struct CursorAllocator: Equatable, Sendable {
    /// The highest number a shard that no longer exists ever gave, or a living one started at; 0 at first.
    private var floor: Int64
    /// Where each living shard ends: the number of its next log group.
    private var ends: [ShardID: Int64]

    /// The allocator of a logstore, read from the store.
    ///
    /// - Parameters:
    ///   - highest: What `highest` was when it was stored last under this logstore's name; 0 if never.
    ///   - ends: The end cursors of the shards that exist.
    package init(highest: Int64 = 0, ends: [ShardID: Cursor] = [:]) {
        floor = highest
        self.ends = ends.mapValues(\.number)
    }

    /// No number above it was ever given under this name. End cursors count: clients were shown them.
    package var highest: Int64 { max(floor, ends.values.max() ?? 0) }

    /// Starts a shard.
    ///
    /// - Parameter created: Wall time in nanoseconds since 1970.
    /// - Returns: The shard's first cursor, which is its end while it is empty.
    package mutating func open(_ shard: ShardID, created: Int64) -> Cursor {
        guard ends[shard] == nil else { preconditionFailure("shard \(shard) was opened before: \(self)") }
        let start = max(created, highest + 1)
        floor = max(floor, start)
        ends[shard] = start
        return Cursor(number: start)
    }

    /// Numbers the next log groups of a shard.
    ///
    /// - Parameter count: At least 1.
    /// - Returns: The first one's cursor; the others follow, each one higher.
    package mutating func take(_ count: Int, in shard: ShardID) -> Cursor {
        guard let first = ends[shard], count > 0 else { preconditionFailure("cannot take \(count) in shard \(shard)") }
        ends[shard] = first + Int64(count)
        return Cursor(number: first)
    }

    /// The shard's end cursor: behind its newest log group. Nil for an unknown shard.
    package func end(of shard: ShardID) -> Cursor? { ends[shard].map { Cursor(number: $0) } }

    /// Forgets a shard whose data is gone; its numbers stay taken.
    package mutating func close(_ shard: ShardID) {
        guard let end = ends.removeValue(forKey: shard) else { return }
        floor = max(floor, end)
    }
}
