import SLSProtocol
import System

/// Where the loops write what they do, and status views read it.
final class StatusBoard: Sendable {
    private struct State {
        var status = ConsumerStatus()
        var leaseEnd: Instant?
    }

    private let state = Lock(State())
    let metrics: ConsumerMetrics

    init(metrics: ConsumerMetrics) { self.metrics = metrics }

    func status(now: Instant, wall: Timestamp) -> ConsumerStatus {
        state.withLock { Self.status(of: $0, now: now, wall: wall) }
    }

    private static func status(of state: State, now: Instant, wall: Timestamp) -> ConsumerStatus {
        var status = state.status
        status.leaseRemaining = state.leaseEnd.map { max(.zero, $0 - now) } ?? .zero
        for shard in status.shards.keys {
            guard let shown = status.shards[shard] else { continue }
            status.shards[shard]?.lagSeconds =
                shown.isCaughtUp ? 0 : shown.oldestPending.map { max(0, wall.seconds - $0.seconds) }
        }
        return status
    }

    /// Writes the gauges, as they are at that moment. A shard that is removed meanwhile leaves no series behind.
    func writeGauges(now: Instant, wall: Timestamp, heldByteCount: Int) {
        state.withLock { state in
            var status = Self.status(of: state, now: now, wall: wall)
            status.heldByteCount = heldByteCount
            metrics.show(status)
        }
    }

    func update(_ change: (inout ConsumerStatus) -> Void) { state.withLock { change(&$0.status) } }

    /// Changes what is shown of a shard, while it is one of ours.
    func change(_ shard: ShardID, _ change: (inout ConsumerStatus.Shard) -> Void) {
        state.withLock { state in
            guard var shown = state.status.shards[shard] else { return }
            change(&shown)
            state.status.shards[shard] = shown
        }
    }

    func gained(_ shard: ShardID) {
        metrics.rebalanced()
        update {
            $0.rebalanceCount += 1
            $0.shards[shard] = ConsumerStatus.Shard()
        }
    }

    func remove(_ shard: ShardID) {
        metrics.rebalanced()
        update {
            $0.rebalanceCount += 1
            $0.shards[shard] = nil
        }
        metrics.forget(shard)
    }

    /// The shards that are behind, ascending, with the position of the first log group that is not delivered.
    var behind: [(shard: ShardID, lowWater: Cursor)] {
        state.withLock { state in
            state.status.shards.sorted { $0.key < $1.key }.compactMap { shard, shown in
                guard !shown.isCaughtUp, let lowWater = shown.lowWater else { return nil }
                return (shard, lowWater)
            }
        }
    }

    func setLease(end: Instant?, lossCount: Int) {
        state.withLock { state in
            state.leaseEnd = end
            state.status.leaseLossCount = lossCount
        }
    }

    /// A heartbeat was acknowledged.
    func answered(after time: Duration) {
        metrics.heartbeatAnswered(after: time)
        update { $0.heartbeatRoundTrip = time }
    }

    /// Takes in what a processor tells.
    func take(_ news: ShardNews, of shard: ShardID) {
        switch news {
        case .blocked(let reason):
            change(shard) { $0.blockedReason = reason }
        case .retries(let count):
            metrics.retried(count)
            change(shard) { $0.retryCount += count }
        case .suppressedDuplicates(let count):
            metrics.suppressedDuplicates(count)
            change(shard) { $0.suppressedDuplicateCount += count }
        }
    }
}
