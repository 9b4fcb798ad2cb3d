import System
import Testing

/// The pages of `sls-dispatch run --admin`.
struct AdminPagesTests {
    @Test func `the gauges of /metrics are of the moment that they are asked for`() async throws {
        let server = try await RunningFakeSLS.start()
        try await server.create(["source": 1, "to-1": 1, "to-2": 1, "to-3": 1])
        let dispatcher = try await RunningDispatcher.start(environment: RunningDispatcher.environment(server))
        // The ready line comes behind the first heartbeat, by which the lease runs.
        let first = try await gauges(dispatcher)
        #expect(try #require(first["sls_consumer_lease_remaining_seconds"]) > 10)
        let isShown = try await eventually { try await dispatcher.status().shards.first?.state == "processing" }
        #expect(isShown)
        #expect(try await gauges(dispatcher)["sls_consumer_checkpoint_lag_seconds{shard=\"0\"}"] == 0)
        #expect(await dispatcher.stop() == .exited(0))
    }

    private func gauges(_ dispatcher: RunningDispatcher) async throws -> [String: Double] {
        var gauges: [String: Double] = [:]
        for line in try await dispatcher.page("/metrics").split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { gauges[String(parts[0])] = Double(parts[1]) }
        }
        return gauges
    }
}
