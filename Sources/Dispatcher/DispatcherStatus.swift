import SLSConsumer
public import SLSProtocol

/// What a dispatcher does at one moment, for `/status` and the log.
public struct DispatcherStatus: Sendable {
    /// What a shard's task is at.
    public enum ShardState: String, Sendable {
        /// The position is being found.
        case initializing
        /// Log groups are forwarded.
        case processing
        /// A target refuses a log group for good; it is tried every 30 s.
        case blocked
        /// The shard is being let go.
        case shuttingDown
    }

    /// One shard.
    public struct Shard: Sendable {
        /// Its number.
        public let id: ShardID
        /// What its task is at.
        public let state: ShardState
        /// What was last saved and confirmed; nil before the position is known.
        public let checkpoint: Cursor?
        /// Up to where everything is delivered.
        public let delivered: Cursor?
        /// Log groups taken in and not yet delivered.
        public let outstandingCount: Int
    }

    /// How long the lease still holds; zero without one.
    public let leaseRemaining: Duration
    /// How often it was lost.
    public let leaseLossCount: Int
    /// How often a checkpoint had expired, so that log groups were lost to us.
    public let gapCount: Int
    /// Heartbeats acknowledged since the start.
    public let heartbeatCount: Int
    /// Whether heartbeats are refused for who we are.
    public let isUnauthorized: Bool
    /// The shards, ascending.
    public let shards: [Shard]
    /// The counts since the start.
    public let totals: DispatchCounters.Totals
    /// Connections opened since the start.
    public let connectionCount: Int

    init(
        consumer: ConsumerStatus, totals: DispatchCounters.Totals, blocked: Set<ShardID>, connectionCount: Int
    ) {
        leaseRemaining = consumer.leaseRemaining
        leaseLossCount = consumer.leaseLossCount
        gapCount = consumer.gapCount
        heartbeatCount = consumer.heartbeatCount
        isUnauthorized = consumer.isUnauthorized
        shards = consumer.shards.sorted { $0.key < $1.key }.map { shard, status in
            let state: ShardState =
                if status.isDraining { .shuttingDown } else if blocked.contains(shard) { .blocked } else {
                    status.confirmed == nil ? .initializing : .processing
                }
            return Shard(
                id: shard, state: state, checkpoint: status.confirmed, delivered: status.lowWater,
                outstandingCount: status.outstandingCount)
        }
        self.totals = totals
        self.connectionCount = connectionCount
    }
}
