public import SLSProtocol
import System

/// What a consumer does at one moment, for status views.
public struct ConsumerStatus: Sendable {
    /// One shard.
    public struct Shard: Sendable {
        /// What was last saved and confirmed; nil before the position is known.
        public var confirmed: Cursor?
        /// Up to where everything is delivered.
        public var lowWater: Cursor?
        /// Log groups handed over and not yet delivered.
        public var outstandingCount = 0
        /// Whether it is being let go.
        public var isDraining = false
    }

    /// The shards that this consumer works on.
    public var shards: [ShardID: Shard] = [:]
    /// How long the lease still holds.
    public var leaseRemaining: Duration = .zero
    /// How often it was lost.
    public var leaseLossCount = 0
    /// Heartbeats acknowledged since the start.
    public var heartbeatCount = 0
    /// Whether heartbeats are refused for who we are.
    public var isUnauthorized = false
}

/// Where the loops write what they do, and status views read it.
final class StatusBoard: Sendable {
    private let status = Lock(ConsumerStatus())

    var current: ConsumerStatus { status.withLock { $0 } }

    func update(_ change: (inout ConsumerStatus) -> Void) { status.withLock { change(&$0) } }
}
