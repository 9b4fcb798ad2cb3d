package import SLSProtocol

/// What a machine shows of itself.
extension ShardConsumer {
    /// The position up to which everything is acknowledged; nil before the position is known.
    package var lowWater: Cursor? { tracker?.lowWater }
    /// How many log groups were handed over and are not acknowledged.
    package var outstandingCount: Int { tracker?.outstandingCount ?? 0 }
    /// How often the shard was started again from its checkpoint.
    package var restartCount: Int { restarts.count }
    /// Why the shard stands still; nil when it does not.
    package var hold: Hold? { if case .held(let hold) = state { hold } else { nil } }
    /// Whether a pulled batch waits outside to be handed over.
    package var isBatchWaiting: Bool { waiting != nil }
    /// Whether everything the shard has at this moment is acknowledged.
    package var isCaughtUp: Bool { state == .processing && isAtEnd && outstandingCount == 0 && waiting == nil }
    /// Whether the confirmed checkpoint covers whatever was sent before the shard was taken, or taken up again.
    package var coversPredecessors: Bool { predecessors.areCovered(by: confirmed) }
    /// Whether the position is known and batches are handed over.
    package var isProcessing: Bool { state == .processing }
}
