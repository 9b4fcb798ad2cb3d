public import SLSProtocol

/// A change of what this consumer holds, as told to `Consumer.Configuration.rebalanced`.
public enum Rebalance: Equatable, Sendable {
    /// The group has given us a shard; its position is being found.
    case gained(ShardID)
    /// Log groups of a shard are handed over from this position on; again after a restart, a hold or a seek.
    case started(ShardID, at: Cursor)
    /// A shard was let go in order: what was in flight is finished, and others may have it.
    case released(ShardID)
    /// A shard was dropped at once: the lease is over, or the group has given it to somebody else.
    case lost(ShardID)
}
