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
    /// Pulled bytes held now by all shards together.
    public var heldByteCount = 0
    /// How often it was lost.
    public var leaseLossCount = 0
    /// How often a checkpoint had expired, so that log groups were lost to us.
    public var gapCount = 0
    /// Heartbeats acknowledged since the start.
    public var heartbeatCount = 0
    /// Whether heartbeats are refused for who we are.
    public var isUnauthorized = false
}

/// Where the loops write what they do, and status views read it.
final class StatusBoard: Sendable {
    private struct State {
        var status = ConsumerStatus()
        var leaseEnd: Instant?
    }

    private let state = Lock(State())

    func status(now: Instant) -> ConsumerStatus {
        state.withLock { state in
            var status = state.status
            status.leaseRemaining = state.leaseEnd.map { max(.zero, $0 - now) } ?? .zero
            return status
        }
    }

    func update(_ change: (inout ConsumerStatus) -> Void) { state.withLock { change(&$0.status) } }

    func setLease(end: Instant?, lossCount: Int) {
        state.withLock { state in
            state.leaseEnd = end
            state.status.leaseLossCount = lossCount
        }
    }
}
