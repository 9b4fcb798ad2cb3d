package import SLSProtocol

/// How the shards ended last that were let go, and have not come back: in order, or at a stop.
package struct LetGo: Equatable, Sendable {
    /// A checkpoint that is gone, or stands before the one that we saw confirmed last.
    package struct Lowered: Equatable, Sendable {
        /// The shard.
        package let shard: ShardID
        /// Where it stands; nil where there is none any more, or none that is a cursor.
        package let found: Cursor?
        /// The checkpoint that we saw confirmed last.
        package let position: Cursor
        /// Whether it is one that the same task saved earlier: a late copy of that save has come. Another may be a late save
        /// of a process before us, under our name, or a person's word.
        package let isOwn: Bool
    }

    /// By shard.
    private(set) var outcomes: [ShardID: ShardOutcome] = [:]

    /// Nothing was let go.
    package init() {}

    /// The shards let go at a stop of which others may have sent more, before us, than their checkpoint covers.
    package var inDoubt: [ShardID] {
        outcomes.filter { $0.value.drainReason == .shutDown && !$0.value.coversPredecessors }.keys.sorted()
    }

    /// Takes in how a shard ended. What it was in doubt of at a stop is so whether its last save succeeded or not.
    package mutating func ended(_ shard: ShardID, _ outcome: ShardOutcome) {
        if outcome.ending == .released || outcome.drainReason == .shutDown { outcomes[shard] = outcome }
    }

    /// A shard has come back.
    package mutating func began(_ shard: ShardID) { outcomes[shard] = nil }

    /// The group was joined again, and these were given back. The others are for those to whom they went, who start at the
    /// checkpoint and have doubts of their own; a save of ours counts for them no more.
    package mutating func joined(granting granted: [ShardID]) {
        outcomes = outcomes.filter { granted.contains($0.key) }
    }

    /// The checkpoints that do not stand where we left them, but before, ascending. Of a shard that others were to have only
    /// our own earlier ones are: whatever else stands there is theirs.
    package func lowered(in table: CheckpointTable) -> [Lowered] {
        outcomes.sorted { $0.key < $1.key }.compactMap { shard, outcome in
            guard let position = outcome.confirmed, var lookOut = outcome.lookOut, table.lists(shard) else {
                return nil
            }
            let found = table.cursors[shard]
            if let found, found >= position { return nil }
            lookOut.began()
            let isOwn = found.map { lookOut.verdict(of: $0) == .olderOwn } ?? false
            guard isOwn || outcome.drainReason == .shutDown else { return nil }
            return Lowered(shard: shard, found: found, position: position, isOwn: isOwn)
        }
    }
}
