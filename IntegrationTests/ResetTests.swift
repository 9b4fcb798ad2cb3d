import Foundation
import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

/// Checkpoints that are set back by thousands of log groups, to what was delivered and to before the configured start.
///
/// `SLS_RESET_GROUPS=20000` runs the size of consumer-group.md chapter 6.
struct ResetTests {
    private static let count = Int(Environment.value("SLS_RESET_GROUPS") ?? "") ?? 2_000
    private static let shards = 0..<4
    private static let topics = ["ngnix", "sql_audit", "click"]

    @Test func `X6, X18 a reset within what was delivered brings nothing, one to before the start is held`()
        async throws
    {
        let server = try await RunningFakeSLS.start(["--control", "on"])
        try await server.create(["source": Self.shards.count, "to-1": 1, "to-2": 1, "to-3": 1])
        let transport = try CurlTransport()
        let client = try server.client(transport)
        // The early ones came an hour ago, the start is half an hour ago.
        try await server.jumpWallClock(bySeconds: -3_600)
        try await fill(client, "early", Self.count / 2)
        try await server.jumpWallClock(bySeconds: 3_600)
        try await fill(client, "late", Self.count)
        let start = Date(timeIntervalSinceNow: -1_800).formatted(.iso8601)
        var environment = RunningDispatcher.environment(
            server, changed: ["SLS_DELIVERY": "exactly-once", "SLS_CURSOR_START": start])

        try await deliver(environment) { $0 == Sums(accepted: Self.count) }
        #expect(try await copies(client) == Copies(early: [0], late: [1]))

        try await setCheckpoints(to: start, environment)
        try await deliver(environment) { $0 == Sums(suppressed: Self.count) }
        #expect(try await copies(client) == Copies(early: [0], late: [1]))

        try await setCheckpoints(to: "begin", environment)
        let held = try await RunningDispatcher.start(environment: environment)
        #expect(
            try await eventually { try await held.status().shards.count { $0.state == "held" } == 4 }, "\(held.log)")
        #expect(await held.stop() == .exited(2))
        #expect(held.log.contains("SLS_CURSOR_START") && held.log.contains("log groups before"), "\(held.log)")
        #expect(try await copies(client) == Copies(early: [0], late: [1]))

        environment["SLS_CURSOR_START"] = "begin"
        try await deliver(environment) { $0 == Sums(accepted: Self.count / 2 + Self.count) }
        // Another start means other keys: everything from the checkpoint on comes under those.
        #expect(try await copies(client) == Copies(early: [1], late: [2]))
        await transport.shutdown()
    }

    /// What all targets together were given.
    private struct Sums: Equatable {
        var accepted = 0
        var suppressed = 0
    }

    /// How often log groups stand in their targets, each number of times that occurs.
    private struct Copies: Equatable {
        var early: Set<Int>
        var late: Set<Int>
    }

    private static func group(_ name: String, _ number: Int) -> LogGroup {
        .make(topic: topics[number % topics.count], marker: "\(name)-\(number)")
    }

    private func fill(_ client: SLSClient, _ name: String, _ count: Int) async throws {
        let source = try LogstoreName("source")
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for writer in 0..<8 {
                tasks.addTask {
                    for number in stride(from: writer, to: count, by: 8) {
                        try await client.putLogs(
                            PutLogsBody(compressing: Self.group(name, number).serialized), to: source)
                    }
                }
            }
            try await tasks.waitForAll()
        }
    }

    /// Runs a dispatcher until what it has given to the targets is as it is to be, then stops it in order.
    private func deliver(_ environment: [String: String], until isDone: (Sums) -> Bool) async throws {
        let dispatcher = try await RunningDispatcher.start(environment: environment)
        var sums = Sums()
        let isDelivered = try await eventually(within: Patience.script) {
            let routes = try await dispatcher.status().routes
            sums = Sums(
                accepted: routes.reduce(0) { $0 + $1.logGroups }, suppressed: routes.reduce(0) { $0 + $1.suppressed })
            return isDone(sums)
        }
        #expect(isDelivered, "\(sums)\n\(dispatcher.log.suffix(2_000))")
        #expect(await dispatcher.stop() == .exited(0))
    }

    private func setCheckpoints(to place: String, _ environment: [String: String]) async throws {
        for shard in Self.shards {
            let set = try await RunningDispatcher.run(
                ["checkpoints", "set", "--shard", "\(shard)", "--to", place, "--same-identity"],
                environment: environment)
            #expect(set.exit == .exited(0), "\(set.errors)")
        }
    }

    private func copies(_ client: SLSClient) async throws -> Copies {
        var counts: [[UInt8]: Int] = [:]
        for target in ["to-1", "to-2", "to-3"] {
            for group in try await client.storedLogGroups(of: try LogstoreName(target)) {
                counts[group, default: 0] += 1
            }
        }
        func times(_ name: String, _ count: Int) -> Set<Int> {
            Set((0..<count).map { counts.removeValue(forKey: Self.group(name, $0).serialized) ?? 0 })
        }
        let copies = Copies(early: times("early", Self.count / 2), late: times("late", Self.count))
        #expect(counts.isEmpty, "log groups that nobody wrote: \(counts.count)")
        return copies
    }
}
