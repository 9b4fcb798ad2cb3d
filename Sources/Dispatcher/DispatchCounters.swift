import Metrics
import SLSProtocol
import System

/// What the dispatcher has done since its start: as metrics, and as one value for `/status` and the log.
public final class DispatchCounters: Sendable {
    /// The counts at one moment.
    public struct Totals: Sendable {
        /// What became of every log group that was read.
        public var ledger: Ledger
        /// Tries of a write that failed.
        public var failedPuts = 0
        /// Refused sequence ids that could not be explained, upon which a shard was begun again.
        public var unexplainedRefusals = 0
        /// Log groups that no route wanted, by topic.
        public var unroutedTopics = TopicCounts()

        /// Log groups read.
        public var pulled: Int { ledger.shards.values.reduce(0) { $0 + $1.read } }
        /// Log groups accepted by targets, by target index.
        public var accepted: [Int] { ledger.targets.map(\.accepted) }
        /// Log groups that no route wanted.
        public var unrouted: Int { ledger.shards.values.reduce(0) { $0 + $1.dropped } }
    }

    private let totals: Lock<Totals>
    private let unexplainedRefusals: Counter
    private let sparseBatches: Counter
    private let shards = Lock<[ShardID: ShardMetrics]>([:])
    private let targets: [TargetMetrics]
    private let factory: any MetricsFactory

    /// - Parameters:
    ///   - routes: A name per target, for metrics.
    ///   - factory: Makes the metrics.
    init(routes: [String], factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        unexplainedRefusals = Counter(label: "sls_dispatch_unexplained_refusals_total", factory: factory)
        sparseBatches = Counter(label: "sls_dispatch_sparse_batches_total", factory: factory)
        targets = routes.map { TargetMetrics($0, factory) }
        totals = Lock(Totals(ledger: Ledger(targetCount: routes.count)))
    }

    /// The counts now.
    public var current: Totals { totals.withLock { $0 } }

    /// Takes in what one message changed.
    func add(_ entry: Ledger.Entry, of shard: ShardID) {
        totals.withLock { totals in
            totals.ledger.add(entry, of: shard)
            // Under the lock: else an older number could be put over a newer one, and stay.
            for index in entry.targets.indices { targets[index].inFlight.record(totals.ledger.targets[index].inFlight) }
        }
        if entry.shard != Ledger.Shard() { metrics(of: shard).add(entry.shard) }
        for (index, change) in entry.targets.enumerated() { targets[index].add(change) }
    }

    private func metrics(of shard: ShardID) -> ShardMetrics {
        shards.withLock { shards in
            if let metrics = shards[shard] { return metrics }
            let metrics = ShardMetrics(shard, factory)
            shards[shard] = metrics
            return metrics
        }
    }

    func failed(stage: Stage, code: String) {
        if stage == .put { totals.withLock { $0.failedPuts += 1 } }
        Counter(
            label: "sls_dispatch_errors_total", dimensions: [("stage", stage.rawValue), ("code", code)],
            factory: factory
        ).increment()
    }

    /// A batch whose log groups do not fill the positions that it spans.
    func sparse() { sparseBatches.increment() }

    func refusedUnexplained() {
        totals.withLock { $0.unexplainedRefusals += 1 }
        unexplainedRefusals.increment()
    }

    /// - Returns: Whether it is the first log group of its topic.
    func unrouted(topic: String) -> Bool { totals.withLock { $0.unroutedTopics.add(topic) } }

    /// The stages of the pipeline that can fail.
    enum Stage: String {
        case scan
        case put
    }

    /// read = routed + dropped, for each shard of the source.
    private struct ShardMetrics: Sendable {
        let read: Counter
        let routed: Counter
        let dropped: Counter

        init(_ shard: ShardID, _ factory: any MetricsFactory) {
            let dimensions = [("shard", "\(shard)")]
            read = Counter(label: "sls_dispatch_pull_log_groups_total", dimensions: dimensions, factory: factory)
            routed = Counter(
                label: "sls_dispatch_shard_routed_log_groups_total", dimensions: dimensions, factory: factory)
            dropped = Counter(
                label: "sls_dispatch_dropped_log_groups_total", dimensions: [("reason", "unrouted")] + dimensions,
                factory: factory)
        }

        func add(_ change: Ledger.Shard) {
            for (counter, number) in [(read, change.read), (routed, change.routed), (dropped, change.dropped)]
            where number > 0 { counter.increment(by: number) }
        }
    }

    private struct TargetMetrics: Sendable {
        let routed: Counter
        let accepted: Counter
        let bytes: Counter
        let suppressed: Counter
        let deadLettered: Counter
        let returned: Counter
        let inFlight: Gauge

        init(_ route: String, _ factory: any MetricsFactory) {
            let dimensions = [("route", route)]
            routed = Counter(label: "sls_dispatch_routed_log_groups_total", dimensions: dimensions, factory: factory)
            accepted = Counter(label: "sls_dispatch_put_log_groups_total", dimensions: dimensions, factory: factory)
            bytes = Counter(label: "sls_dispatch_put_bytes_total", dimensions: dimensions, factory: factory)
            suppressed = Counter(
                label: "sls_dispatch_suppressed_log_groups_total", dimensions: dimensions, factory: factory)
            deadLettered = Counter(
                label: "sls_dispatch_dead_letter_log_groups_total", dimensions: dimensions, factory: factory)
            returned = Counter(
                label: "sls_dispatch_returned_log_groups_total", dimensions: dimensions, factory: factory)
            inFlight = Gauge(label: "sls_dispatch_in_flight_log_groups", dimensions: dimensions, factory: factory)
        }

        func add(_ change: Ledger.Target) {
            for (counter, number) in [
                (routed, change.routed), (accepted, change.accepted), (bytes, change.acceptedByteCount),
                (suppressed, change.suppressed), (deadLettered, change.deadLettered), (returned, change.returned),
            ] where number > 0 { counter.increment(by: number) }
        }
    }
}
