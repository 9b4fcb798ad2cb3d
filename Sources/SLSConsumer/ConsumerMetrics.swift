import Metrics
import SLSProtocol
import System

/// What a consumer tells swift-metrics.
///
/// Counts per shard stand in `ConsumerStatus`; of the metrics only the lag has a label, and its series goes with the shard.
final class ConsumerMetrics: Sendable {
    private let lags = Lock<[ShardID: Gauge]>([:])
    private let rebalances: Counter
    private let heartbeats: Counter
    private let heartbeatTime: Metrics.Timer
    private let leaseRemaining: Gauge
    private let heldBytes: Gauge
    private let heldShards: Gauge
    private let blockedShards: Gauge
    private let batches: Counter
    private let retries: Counter
    private let suppressed: Counter
    private let gaps: Counter
    private let restarts: Counter
    private let foreignCheckpoints: Counter

    init() {
        rebalances = Counter(label: "sls_consumer_rebalances_total")
        heartbeats = Counter(label: "sls_consumer_heartbeats_total")
        heartbeatTime = Metrics.Timer(label: "sls_consumer_heartbeat_seconds")
        leaseRemaining = Gauge(label: "sls_consumer_lease_remaining_seconds")
        heldBytes = Gauge(label: "sls_consumer_budget_bytes")
        heldShards = Gauge(label: "sls_consumer_held_shards")
        blockedShards = Gauge(label: "sls_consumer_blocked_shards")
        batches = Counter(label: "sls_consumer_batches_total")
        retries = Counter(label: "sls_consumer_retries_total")
        suppressed = Counter(label: "sls_consumer_suppressed_duplicates_total")
        gaps = Counter(label: "sls_consumer_gaps_total")
        restarts = Counter(label: "sls_consumer_shard_restarts_total")
        foreignCheckpoints = Counter(label: "sls_consumer_foreign_checkpoints_total")
    }

    func rebalanced() { rebalances.increment() }

    func heartbeatAnswered(after time: Duration) {
        heartbeats.increment()
        heartbeatTime.recordNanoseconds(time.nanoseconds)
    }

    func handedOver() { batches.increment() }

    func retried(_ count: Int) { retries.increment(by: count) }

    func suppressedDuplicates(_ count: Int) { suppressed.increment(by: count) }

    func foundGap() { gaps.increment() }

    func restarted() { restarts.increment() }

    func foundForeignCheckpoint() { foreignCheckpoints.increment() }

    /// Writes the gauges anew.
    func show(_ status: ConsumerStatus) {
        leaseRemaining.record(status.leaseRemaining.inSeconds)
        heldBytes.record(status.heldByteCount)
        var held = 0
        for (shard, shown) in status.shards {
            if case .held = shown.state { held += 1 }
            if let lag = shown.lagSeconds { self.lag(of: shard).record(lag) }
        }
        heldShards.record(held)
        blockedShards.record(status.shards.count { $0.value.blockedReason != nil })
    }

    /// The shard is not ours any more.
    func forget(_ shard: ShardID) { lags.withLock { $0.removeValue(forKey: shard) }?.destroy() }

    private func lag(of shard: ShardID) -> Gauge {
        lags.withLock { lags in
            if let known = lags[shard] { return known }
            let gauge = Gauge(label: "sls_consumer_checkpoint_lag_seconds", dimensions: [("shard", "\(shard)")])
            lags[shard] = gauge
            return gauge
        }
    }
}
