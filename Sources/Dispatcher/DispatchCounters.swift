import Metrics
import System

/// What the dispatcher has done since its start: as metrics, and as one value for `/status` and the log.
public final class DispatchCounters: Sendable {
    /// The counts at one moment.
    public struct Totals: Sendable {
        /// Log groups pulled.
        public var pulled = 0
        /// Log groups accepted by targets, by target index.
        public var accepted: [Int]
        /// Their uncompressed bytes, by target index.
        public var acceptedByteCount: [Int]
        /// Tries of a write that failed.
        public var failedPuts = 0
        /// Log groups that no route wanted.
        public var unrouted = 0
        /// The same by topic.
        public var unroutedTopics = TopicCounts()
    }

    private let totals: Lock<Totals>
    private let pulledGroups = Counter(label: "sls_dispatch_pull_log_groups_total")
    private let unroutedGroups = Counter(
        label: "sls_dispatch_dropped_log_groups_total", dimensions: [("reason", "unrouted")])
    private let putGroups: [Counter]
    private let putBytes: [Counter]

    /// - Parameter routes: A name per target, for metrics.
    init(routes: [String]) {
        putGroups = routes.map { Counter(label: "sls_dispatch_put_log_groups_total", dimensions: [("route", $0)]) }
        putBytes = routes.map { Counter(label: "sls_dispatch_put_bytes_total", dimensions: [("route", $0)]) }
        let zeros = Array(repeating: 0, count: routes.count)
        totals = Lock(Totals(accepted: zeros, acceptedByteCount: zeros))
    }

    /// The counts now.
    public var current: Totals { totals.withLock { $0 } }

    func pulled(_ count: Int) {
        totals.withLock { $0.pulled += count }
        pulledGroups.increment(by: count)
    }

    func accepted(target: Int, byteCount: Int) {
        totals.withLock {
            $0.accepted[target] += 1
            $0.acceptedByteCount[target] += byteCount
        }
        putGroups[target].increment()
        putBytes[target].increment(by: byteCount)
    }

    func failed(stage: Stage, code: String) {
        if stage == .put { totals.withLock { $0.failedPuts += 1 } }
        Counter(label: "sls_dispatch_errors_total", dimensions: [("stage", stage.rawValue), ("code", code)]).increment()
    }

    /// - Returns: Whether it is the first log group of its topic.
    func unrouted(topic: String) -> Bool {
        unroutedGroups.increment()
        return totals.withLock {
            $0.unrouted += 1
            return $0.unroutedTopics.add(topic)
        }
    }

    /// The stages of the pipeline that can fail.
    enum Stage: String {
        case scan
        case put
    }
}
