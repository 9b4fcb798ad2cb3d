import SLSProtocol

/// Up to where anything was sent of each shard, as long as no checkpoint is known to cover it.
///
/// A shard may be lost and come back, and what its next task sends may be less than what the one before did.
struct SentPositions: Sendable {
    private var positions: [ShardID: Cursor] = [:]

    /// Takes in what a task has sent, and the checkpoint that it last saw.
    mutating func add(_ outcome: ShardOutcome, of shard: ShardID) {
        if let sent = outcome.sentUpTo { positions[shard] = max(positions[shard] ?? sent, sent) }
        if let confirmed = outcome.confirmed { cover(shard, upTo: confirmed) }
    }

    /// Whether the saved checkpoints cover everything; where it is not known, the service is asked, once.
    func isSettled(by calls: ShardCalls) async -> Bool {
        if positions.isEmpty { return true }
        var left = self
        do {
            // Others may have gone on from where we stopped.
            for (shard, cursor) in try await calls.readCheckpoints(of: nil) { left.cover(shard, upTo: cursor) }
        } catch {
            return false
        }
        return left.positions.isEmpty
    }

    private mutating func cover(_ shard: ShardID, upTo cursor: Cursor) {
        if let sent = positions[shard], sent <= cursor { positions[shard] = nil }
    }
}
