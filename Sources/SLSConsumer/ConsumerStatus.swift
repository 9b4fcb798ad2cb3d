public import SLSProtocol

/// What a consumer does at one moment, for status views.
public struct ConsumerStatus: Sendable {
    /// What the work on a shard is at.
    public enum ShardState: Equatable, Sendable {
        /// The position is being found.
        case initializing
        /// Log groups are handed over.
        case processing
        /// A bound is used up; it goes on by itself.
        case waiting(Bound)
        /// Something refuses a log group for good; it is tried again slowly, and nothing is skipped.
        case blocked(String)
        /// A person must decide; why, and what to do.
        case held(String)
        /// It is being let go.
        case shuttingDown

        /// The state in one word, without its reason.
        public var word: String {
            switch self {
            case .initializing: "initializing"
            case .processing: "processing"
            case .waiting: "waiting"
            case .blocked: "blocked"
            case .held: "held"
            case .shuttingDown: "shuttingDown"
            }
        }

        /// Why; nil where the word says it all.
        public var reason: String? {
            switch self {
            case .initializing, .processing, .shuttingDown: nil
            case .waiting(let bound): bound.rawValue
            case .blocked(let reason), .held(let reason): reason
            }
        }
    }

    /// What a shard may wait for.
    public enum Bound: String, Sendable {
        /// Pulled bytes must be done with first.
        case byteBudget = "byte budget"
        /// The checkpoint must be confirmed first.
        case runAhead = "run-ahead"
    }

    /// One shard.
    public struct Shard: Sendable {
        /// What was last saved and confirmed; nil before the position is known.
        public var confirmed: Cursor?
        /// Up to where everything is delivered.
        public var lowWater: Cursor?
        /// Log groups handed over and not yet delivered.
        public var outstandingCount = 0
        /// Batches handed over since the shard was gained.
        public var batchCount = 0
        /// Tries that were repeated, as the processor counts them.
        public var retryCount = 0
        /// Writes that their target already had, as the processor counts them.
        public var suppressedDuplicateCount = 0
        /// How often the checkpoint had expired.
        public var gapCount = 0
        /// How often the shard was started again from its checkpoint.
        public var restartCount = 0
        /// When a checkpoint was last confirmed.
        public var lastCommit: Timestamp?
        /// Seconds between the service's taking in of the first log group that is not delivered and now; 0 when all is
        /// delivered, nil while it is not known. Measured every 10 s while the shard is behind, 30 shards at a time.
        public var lagSeconds: Int?

        /// What the work on it is at.
        public var state: ShardState {
            switch stage {
            case .processing where blockedReason != nil: .blocked(blockedReason ?? "")
            case .processing where isWaitingForBudget: .waiting(.byteBudget)
            case .waiting where blockedReason != nil: .blocked(blockedReason ?? "")
            default: stage
            }
        }

        /// Whether the confirmed checkpoint covers whatever was sent by those who had the shard before.
        package var coversPredecessors = false
        /// As far as the shard's machine knows.
        var stage = ShardState.initializing
        var blockedReason: String?
        var isWaitingForBudget = false
        var isCaughtUp = false
        /// When the service took in the first log group that was not delivered at the last look.
        var oldestPending: Timestamp?

        init() {}
    }

    /// The shards that this consumer works on.
    public var shards: [ShardID: Shard] = [:]
    /// How long the lease still holds.
    public var leaseRemaining: Duration = .zero
    /// Pulled bytes held now by all shards together.
    public var heldByteCount = 0
    /// How often it was lost.
    public var leaseLossCount = 0
    /// How often a checkpoint had expired, so that log groups were lost to us.
    public var gapCount = 0
    /// How often somebody else had set a checkpoint of a shard that we hold.
    public var foreignCheckpointCount = 0
    /// How often a shard was gained or let go.
    public var rebalanceCount = 0
    /// Heartbeats acknowledged since the start.
    public var heartbeatCount = 0
    /// From the sending of the last acknowledged heartbeat to its answer; nil before the first.
    public var heartbeatRoundTrip: Duration?
    /// Whether heartbeats are refused for who we are.
    public var isUnauthorized = false
    /// What keeps the consumer from working, in a sentence for a person; nil while heartbeats are acknowledged.
    public var healthError: String?
}
