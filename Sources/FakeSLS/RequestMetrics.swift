internal import Metrics

/// What the emulator counts of itself, through swift-metrics. Loop thread only.
final class RequestMetrics {
    private struct Key: Hashable {
        let call: String
        let code: String
    }

    /// Both parts come from closed sets: the table's names, and the codes of our own errors.
    private var requests: [Key: Counter] = [:]
    private let logstores = Gauge(label: "fake_sls_logstores")
    private let shards = Gauge(label: "fake_sls_shards")
    private let groups = Gauge(label: "fake_sls_consumer_groups")
    private let consumers = Gauge(label: "fake_sls_consumers")

    /// Counts one answered request.
    func count(call: String, code: String) {
        let key = Key(call: call, code: code)
        let counter =
            requests[key] ?? Counter(label: "fake_sls_requests_total", dimensions: [("api", call), ("code", code)])
        requests[key] = counter
        counter.increment()
    }

    /// Shows how much there is at the moment.
    func show(_ state: LiveState) {
        logstores.record(state.logstores.count)
        shards.record(state.logstores.values.reduce(0) { $0 + $1.shards.shards.count })
        groups.record(state.groups.count)
        consumers.record(state.groups.values.reduce(0) { $0 + $1.coordinator.consumers.count })
    }
}
