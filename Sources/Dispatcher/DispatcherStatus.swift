import SLSConsumer
public import SLSProtocol

/// What a dispatcher does at one moment, for `/status` and the log.
public struct DispatcherStatus: Sendable {
    /// The dispatcher as a member of its group.
    public struct Member: Sendable {
        /// How long the lease still holds; zero without one.
        public let leaseRemaining: Duration
        /// How often it was lost.
        public let leaseLossCount: Int
        /// How often a checkpoint had expired, so that log groups were lost to us.
        public let gapCount: Int
        /// How often somebody else had set a checkpoint of a shard that we hold.
        public let foreignCheckpointCount: Int
        /// How often a shard was gained or let go.
        public let rebalanceCount: Int
        /// Heartbeats acknowledged since the start.
        public let heartbeatCount: Int
        /// How long the last acknowledged heartbeat took; nil before the first.
        public let heartbeatRoundTrip: Duration?
        /// Pulled bytes held now by all shards together.
        public let heldByteCount: Int
        /// Whether heartbeats are refused for who we are.
        public let isUnauthorized: Bool
        /// What keeps the member from its work; nil while heartbeats are acknowledged.
        public let healthError: String?
    }

    /// One shard.
    public struct Shard: Sendable {
        /// Its number.
        public let id: ShardID
        /// `initializing`, `processing`, `waiting`, `blocked`, `held` or `shuttingDown`.
        public let state: String
        /// What it waits for, what blocks it, or what a person must decide; nil in the other states.
        public let reason: String?
        /// What was last saved and confirmed; nil before the position is known.
        public let checkpoint: Cursor?
        /// Up to where everything is delivered.
        public let delivered: Cursor?
        /// Log groups taken in and not yet delivered.
        public let outstandingCount: Int
        /// How old the first log group is that is not delivered; 0 when all are, nil while it is not known.
        public let lagSeconds: Int?
        /// When a checkpoint was last confirmed.
        public let lastCommit: Timestamp?
        /// Batches handed over since the shard was gained.
        public let batchCount: Int
        /// Writes that were tried again.
        public let retryCount: Int
        /// Writes that their target already had.
        public let suppressedDuplicateCount: Int
        /// How often its checkpoint had expired.
        public let gapCount: Int
        /// How often it was started again from its checkpoint.
        public let restartCount: Int
        /// Whether the checkpoint covers whatever was sent by those who had the shard before.
        let coversPredecessors: Bool
    }

    /// The member of the group.
    public let member: Member
    /// The shards, ascending.
    public let shards: [Shard]
    /// The counts since the start.
    public let totals: DispatchCounters.Totals
    /// Connections opened since the start.
    public let connectionCount: Int

    init(consumer: ConsumerStatus, totals: DispatchCounters.Totals, connectionCount: Int) {
        member = Member(
            leaseRemaining: consumer.leaseRemaining, leaseLossCount: consumer.leaseLossCount,
            gapCount: consumer.gapCount, foreignCheckpointCount: consumer.foreignCheckpointCount,
            rebalanceCount: consumer.rebalanceCount, heartbeatCount: consumer.heartbeatCount,
            heartbeatRoundTrip: consumer.heartbeatRoundTrip, heldByteCount: consumer.heldByteCount,
            isUnauthorized: consumer.isUnauthorized, healthError: consumer.healthError)
        shards = consumer.shards.sorted { $0.key < $1.key }.map { id, shard in
            Shard(
                id: id, state: shard.state.word, reason: shard.state.reason, checkpoint: shard.confirmed,
                delivered: shard.lowWater, outstandingCount: shard.outstandingCount, lagSeconds: shard.lagSeconds,
                lastCommit: shard.lastCommit, batchCount: shard.batchCount, retryCount: shard.retryCount,
                suppressedDuplicateCount: shard.suppressedDuplicateCount, gapCount: shard.gapCount,
                restartCount: shard.restartCount, coversPredecessors: shard.coversPredecessors)
        }
        self.totals = totals
        self.connectionCount = connectionCount
    }
}
