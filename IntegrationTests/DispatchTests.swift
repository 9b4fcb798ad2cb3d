import Foundation
import Glibc
import System
import Testing

/// The built `sls-dispatch` against the built `fake-sls`; the official SDK writes and reads.
@Suite(.enabled(if: PythonScript.isWanted, "\(PythonScript.howToGet)"))
struct DispatchTests {
    private let targets = ["to-1", "to-2", "to-3"]

    /// A server with a source of four shards and the three targets.
    private func server() async throws -> RunningFakeSLS {
        let server = try await RunningFakeSLS.start()
        try await server.create(["source": 4, "to-1": 1, "to-2": 2, "to-3": 1])
        return server
    }

    /// Waits until the group's checkpoints stand at the ends of all shards: nothing is left to deliver.
    private func settle(
        _ environment: [String: String], within limit: Duration = Patience.step
    ) async throws -> Bool {
        try await eventually(within: limit) {
            let state = try await GroupState.read("dispatch", environment: environment)
            return state.saved == state.ends
        }
    }

    /// Expects each of `groups` in the target of its topic, topic n being target n, and says how many came twice.
    private func expectAllDelivered(
        prefixes: [String] = ["a"], groups: Int, logs: Int, topicCount: Int = 3, environment: [String: String]
    ) async throws -> Int {
        let delivered = try await DeliveredLogs.read(targets, environment: environment)
        for (index, target) in targets.enumerated() {
            let expected = prefixes.reduce(into: Set<String>()) { ids, prefix in
                ids.formUnion(
                    DeliveredLogs.expectedIDs(prefix: prefix, groups: groups, logs: logs, topic: index, of: topicCount))
            }
            let lost = expected.subtracting(delivered.ids(in: target))
            let foreign = delivered.ids(in: target).subtracting(expected)
            #expect(
                lost.isEmpty, "\(target) lost \(lost.count) of \(expected.count), such as \(lost.sorted().prefix(3))")
            #expect(foreign.isEmpty, "\(target) has \(foreign.sorted().prefix(3))")
        }
        return targets.map(delivered.duplicateCount).reduce(0, +)
    }

    @Test(arguments: RunningFakeSLS.Way.allCases)
    func `topics reach their targets over every way to the service`(way: RunningFakeSLS.Way) async throws {
        let server = try await server()
        let environment = RunningDispatcher.environment(server, way)
        try await PythonScript.produce(
            ["--groups", "500", "--topics", "ngnix,sql_audit,click,nginx,-"], environment: environment)
        let dispatcher = try await RunningDispatcher.start(environment: environment)
        #expect(try await settle(environment), "\(dispatcher.log)")
        let duplicates = try await expectAllDelivered(groups: 500, logs: 2, topicCount: 5, environment: environment)
        #expect(duplicates == 0)

        let status = try await dispatcher.status()
        #expect(status.unrouted == 200)
        #expect(status.unroutedTopics["nginx"] == 100)
        #expect(status.shards.map(\.shard).sorted() == [0, 1, 2, 3])
        // Kept alive and reused: 64 at most for 300 puts and all the pulls, and a few for heartbeats and the start.
        #expect(status.connections < 80, "\(status.connections) connections")
        #expect(try await dispatcher.page("/healthz").hasPrefix("HTTP/1.1 200 "))
        #expect(try await dispatcher.page("/metrics").contains("sls_dispatch_put_log_groups_total{"))
        #expect(await dispatcher.stop() == .exited(0))
        #expect(dispatcher.log.contains("ngnix"), "nginx gets a hint")
    }

    @Test func `a group arrives byte for byte, whatever its producer put into it`() async throws {
        let server = try await server()
        let environment = RunningDispatcher.environment(server, changed: ["SLS_ROUTES": "ngnix=to-1,click=to-1"])
        for arguments in [
            ["--prefix", "a", "--tags", "40", "--nanoseconds"], ["--prefix", "b", "--unknown-fields", "--tags", "1"],
            ["--prefix", "c", "--compress", "none", "--logs", "50"],
        ] {
            try await PythonScript.produce(
                ["--groups", "30", "--topics", "ngnix,click"] + arguments, environment: environment)
        }
        let dispatcher = try await RunningDispatcher.start(environment: environment)
        #expect(try await settle(environment), "\(dispatcher.log)")
        #expect(await dispatcher.stop() == .exited(0))

        struct Group: Decodable { let raw: String }
        var bytes: [[String]] = []
        for logstore in ["source", "to-1"] {
            let lines = try await PythonScript.run("reader", [logstore, "--raw"], environment: environment)
            bytes.append(try lines.map { try JSONDecoder().decode(Group.self, from: Data($0.utf8)).raw }.sorted())
        }
        #expect(bytes[0].count == 90)
        #expect(bytes[0] == bytes[1])
    }

    @Test func `twenty thousand groups survive the kill of one of two dispatchers`() async throws {
        let server = try await server()
        let environment = RunningDispatcher.environment(server, changed: ["SLS_GROUP_TIMEOUT": "8s"])
        let producer = try PythonScript.start(
            "producer", ["--groups", "20000", "--logs", "1"], environment: environment)
        let first = try await RunningDispatcher.start(environment: environment)
        let second = try await RunningDispatcher.start(environment: environment)
        #expect(first.ready.consumer != second.ready.consumer)
        let areSharing = try await eventually {
            let counts = try await [first.status().shards.count, second.status().shards.count]
            return counts == [2, 2]
        }
        #expect(areSharing, "\(first.log)\n\(second.log)")
        // Mid-way: something has arrived, and the producer is still at it.
        #expect(producer.exit == nil, "the producer was done before the kill")
        await first.expectBalance()
        first.process.kill(SIGKILL)
        #expect(await producer.wait(within: Patience.script) == .exited(0), "\(producer.standardError?.text ?? "")")
        #expect(try await settle(environment, within: Patience.script), "\(second.log.suffix(3000))")
        #expect(try await eventually { try await second.status().shards.count == 4 })
        let duplicates = try await expectAllDelivered(groups: 20_000, logs: 1, environment: environment)
        // At least once: what the killed one had put and not yet saved comes again, bounded by its run-ahead.
        #expect(duplicates <= 2 * 16_384)
        #expect(await second.stop() == .exited(0))
    }

    @Test func `a killed dispatcher that comes back under its name goes on at once`() async throws {
        let server = try await server()
        // With a timeout this long only the name can bring the shards back in time.
        let environment = RunningDispatcher.environment(
            server, changed: ["SLS_CONSUMER_NAME": "stable", "SLS_GROUP_TIMEOUT": "600s"])
        try await PythonScript.produce(["--groups", "60"], environment: environment)
        let first = try await RunningDispatcher.start(environment: environment)
        #expect(first.ready.consumer == "stable")
        #expect(try await settle(environment), "\(first.log)")
        await first.expectBalance()
        first.process.kill(SIGKILL)
        #expect(await first.process.wait(within: Patience.step) == .signalled(SIGKILL))
        try await PythonScript.produce(["--groups", "60", "--prefix", "b"], environment: environment)
        let second = try await RunningDispatcher.start(environment: environment)
        #expect(try await settle(environment), "\(second.log)")
        _ = try await expectAllDelivered(prefixes: ["a", "b"], groups: 60, logs: 2, environment: environment)
        #expect(await second.stop() == .exited(0))
    }

    @Test func `a stop under load finishes what is in flight and leaves nothing to send twice`() async throws {
        let server = try await server()
        let environment = RunningDispatcher.environment(server)
        let producer = try PythonScript.start("producer", ["--groups", "3000"], environment: environment)
        let first = try await RunningDispatcher.start(environment: environment)
        let isUnderLoad = try await eventually { try await first.status().routes.contains { $0.logGroups > 50 } }
        #expect(isUnderLoad && producer.exit == nil)
        #expect(await first.stop() == .exited(0), "\(first.log)")
        #expect(await producer.wait(within: Patience.script) == .exited(0))
        let second = try await RunningDispatcher.start(environment: environment)
        #expect(try await settle(environment), "\(second.log)")
        let duplicates = try await expectAllDelivered(groups: 3000, logs: 2, environment: environment)
        #expect(duplicates == 0)
        #expect(await second.stop() == .exited(0))
    }

    @Test func `a restarted emulator with its data keeps the group's shards and loses nothing`() async throws {
        let data = try Files.makeTemporaryFolder(prefix: "fake-sls-data-")
        let first = try await RunningFakeSLS.start(["--data", data])
        try await first.create(["source": 4, "to-1": 1, "to-2": 2, "to-3": 1])
        let port = first.port
        let environment = RunningDispatcher.environment(first)
        let dispatcher = try await RunningDispatcher.start(environment: environment)
        try await PythonScript.produce(["--groups", "60"], environment: environment)
        first.process.kill(SIGKILL)
        #expect(await first.process.wait(within: Patience.step) == .signalled(SIGKILL))

        let second = try await RunningFakeSLS.start(["--data", data, "--port", "\(port)"])
        try await PythonScript.produce(["--groups", "60", "--prefix", "b"], environment: environment)
        #expect(try await settle(environment), "\(dispatcher.log)")
        _ = try await expectAllDelivered(prefixes: ["a", "b"], groups: 60, logs: 2, environment: environment)
        #expect(try await dispatcher.status().shards.count == 4)
        #expect(await dispatcher.stop() == .exited(0))
        #expect(await second.stop() == .exited(0))
        try Files.removeTree(data)
    }
}
