package import SLSProtocol

/// How a shard's task ended.
package struct ShardOutcome: Equatable, Sendable {
    /// Whether it was let go in order.
    package let ending: ShardConsumer.Ending
    /// The checkpoint as the server last confirmed it; nil when none was seen.
    package let confirmed: Cursor?
    /// The position behind the last log group of which anything was sent; nil when nothing was.
    package let sentUpTo: Cursor?
    /// Why it was let go; nil when it was not told to.
    package let drainReason: DrainReason?
    /// What tells late copies of its saves from what others have saved; nil where it is not asked for.
    package let lookOut: CheckpointLookOut?
    /// When it was last started again for a reason of its processor's; nil when it never was.
    package let restarted: Instant?
    /// Whether the confirmed checkpoint covers whatever was sent by those who had the shard before.
    package let coversPredecessors: Bool

    /// An outcome of these parts.
    package init(
        ending: ShardConsumer.Ending, confirmed: Cursor?, sentUpTo: Cursor?,
        drainReason: DrainReason? = nil, lookOut: CheckpointLookOut? = nil, restarted: Instant? = nil,
        coversPredecessors: Bool = false
    ) {
        self.ending = ending
        self.confirmed = confirmed
        self.sentUpTo = sentUpTo
        self.drainReason = drainReason
        self.lookOut = lookOut
        self.restarted = restarted
        self.coversPredecessors = coversPredecessors
    }
}

/// Up to where anything was sent of each shard, as long as no checkpoint is known to cover it.
///
/// A shard may be lost and come back, and what its next task sends may be less than what the one before did.
package struct SentPositions: Equatable, Sendable {
    private var positions: [ShardID: Cursor] = [:]
    /// Those that waited for a person's decision when we stopped.
    private var held: Set<ShardID> = []

    /// Nothing was sent.
    package init() {}

    /// Whether the checkpoints that are known cover everything that was sent, and no shard was held at the stop.
    package var isCovered: Bool { positions.isEmpty && held.isEmpty }

    /// Up to where each shard was sent that no checkpoint is known to cover, by shard.
    package var uncovered: [(shard: ShardID, position: Cursor)] {
        positions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Takes in what a task has sent, and the checkpoint that it last saw.
    package mutating func add(_ outcome: ShardOutcome, of shard: ShardID) {
        if outcome.ending == .held, outcome.drainReason == .shutDown { held.insert(shard) }
        if let sent = outcome.sentUpTo { positions[shard] = max(positions[shard] ?? sent, sent) }
        if let confirmed = outcome.confirmed { cover(shard, upTo: confirmed) }
    }

    /// What is left once the group's checkpoints are known: others may have gone on from where we stopped. Of a shard that
    /// is there no more nothing is.
    ///
    /// - Parameter checkpoints: As the service says, after the last task has ended.
    package func covered(by checkpoints: CheckpointTable) -> SentPositions {
        var left = self
        for shard in positions.keys.sorted() {
            if !checkpoints.lists(shard) { left.positions[shard] = nil }
            if let checkpoint = checkpoints.cursors[shard] { left.cover(shard, upTo: checkpoint) }
        }
        return left
    }

    /// The same for a run that begins now: which shards wait for a person is for it to say.
    package var withoutHolds: SentPositions {
        var positions = self
        positions.held = []
        return positions
    }

    /// Up to `position` it was sent, and no checkpoint is known to cover it any more.
    package mutating func owe(_ shard: ShardID, upTo position: Cursor) {
        positions[shard] = max(positions[shard] ?? position, position)
    }

    private mutating func cover(_ shard: ShardID, upTo cursor: Cursor) {
        if let sent = positions[shard], sent <= cursor { positions[shard] = nil }
    }
}
