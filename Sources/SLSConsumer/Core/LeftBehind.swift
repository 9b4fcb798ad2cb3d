package import SLSProtocol

/// Where a member's shards stood in a group that was deleted, until it is known what the group made anew skips of them.
///
/// With a start that moves (`end`), what lies between the old position and the first checkpoint of the new group comes to
/// nobody. The maker knows that checkpoint; others see it, or how far somebody has come from it meanwhile. With a fixed
/// start the new group begins where the old one began.
package struct LeftBehind: Sendable {
    /// Log groups of a shard that the new group may never hand over.
    package struct Stretch: Equatable, Sendable {
        package let shard: ShardID
        /// Where the shard stood.
        package let from: Cursor
        /// Where it stands in the new group.
        package let to: Cursor
        /// False where another member may have handed some of it over.
        package let isCertain: Bool

        /// A stretch of these properties.
        package init(_ shard: ShardID, from: Cursor, to: Cursor, isCertain: Bool) {
            self.shard = shard
            self.from = from
            self.to = to
            self.isCertain = isCertain
        }
    }

    private var positions: [ShardID: Cursor] = [:]
    /// Those of which it is known what the present group skips.
    private var judged: Set<ShardID> = []
    private var isStartFixed = false

    /// No group was deleted.
    package init() {}

    /// Whether nothing was left behind.
    package var isEmpty: Bool { positions.isEmpty }

    /// The group is gone.
    ///
    /// - Parameter confirmed: The checkpoints that it had, as far as this member knows.
    package mutating func leave(_ confirmed: [ShardID: Cursor]) {
        positions.merge(confirmed) { $1 }
        judged = []
    }

    /// Whether the checkpoints that the new group has by now say something of what it skips.
    package func asksForCheckpoints(isStartFixed: Bool, isMaker: Bool) -> Bool {
        !isEmpty && !isStartFixed && !isMaker
    }

    /// The group exists anew, and this member is about to join it.
    ///
    /// - Parameters:
    ///   - checkpoints: Those it has: the first ones as this member has saved them itself, or what it has read.
    ///   - isMaker: Whether they are the first ones for certain.
    /// - Returns: What is skipped, ascending.
    package mutating func entered(
        isStartFixed: Bool, checkpoints: [ShardID: Cursor], isMaker: Bool
    ) -> [Stretch] {
        self.isStartFixed = isStartFixed
        if isStartFixed { return [] }
        var skipped: [Stretch] = []
        for shard in positions.keys.sorted() {
            guard let from = positions[shard], let to = checkpoints[shard] else { continue }
            if from < to { skipped.append(Stretch(shard, from: from, to: to, isCertain: isMaker)) }
            positions[shard] = to
            judged.insert(shard)
        }
        return skipped
    }

    /// The shard has a task that will tell how it begins.
    package mutating func forget(_ shard: ShardID) {
        positions[shard] = nil
        judged.remove(shard)
    }

    /// The shard begins for this member, for the first time in the new group.
    ///
    /// - Parameter isFirst: Whether its first checkpoint is ours: then nobody has handed anything over before.
    /// - Returns: What is skipped, where it was not known before.
    package mutating func started(_ shard: ShardID, at cursor: Cursor, isFirst: Bool) -> Stretch? {
        defer { forget(shard) }
        guard let from = positions[shard], !judged.contains(shard), from < cursor, isFirst || !isStartFixed else {
            return nil
        }
        return Stretch(shard, from: from, to: cursor, isCertain: isFirst)
    }
}
