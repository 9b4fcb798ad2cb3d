import Glibc
import System
import Testing

/// Groups whose members are not all of one kind: consumer-group.md chapter 6, O3 (with the members that can be had here) and O7.
@Suite(.enabled(if: PythonScript.isWanted, "\(PythonScript.howToGet)"), .serialized)
struct MixedGroupTests {
    private let targets = ["to-1", "to-2", "to-3"]

    private func ids(_ prefix: String, groups: Int) -> Set<String> {
        Set((0..<groups).flatMap { ["\(prefix)-\($0)-0", "\(prefix)-\($0)-1"] })
    }

    @Test func `O3: a worker of the official SDK and sls-dispatch share the shards of one group`() async throws {
        let server = try await RunningFakeSLS.start()
        try await server.create(["source": 4, "to-1": 1, "to-2": 1, "to-3": 1])
        // Both say the same timeout, or the one that starts later would change the other's.
        let environment = RunningDispatcher.environment(server, changed: ["SLS_GROUP_TIMEOUT": "12s"])
        let dispatcher = try await RunningDispatcher.start(environment: environment)
        let worker = try PythonConsumer.start("python", group: "dispatch", heartbeat: 6, environment: environment)
        #expect(await PythonConsumer.wait { worker.shards.count == 2 }, "\(worker.log.suffix(2000))\n\(dispatcher.log)")

        try await PythonScript.produce(["--groups", "60"], environment: environment)
        let expected = ids("a", groups: 60)
        let all = try await eventually {
            let delivered = try await DeliveredLogs.read(targets, environment: environment)
            return targets.reduce(Set(worker.ids)) { $0.union(delivered.ids(in: $1)) } == expected
        }
        #expect(all, "\(worker.log.suffix(2000))\n\(dispatcher.log)")
        #expect(!worker.ids.isEmpty && Set(worker.ids) != expected, "one of them did all the work")

        // Each goes in peace, and what it saved stands for what it did.
        #expect(await dispatcher.stop() == .exited(0))
        worker.process.kill(SIGTERM)
        #expect(await worker.process.wait(within: Patience.step) == .exited(0))
        let state = try await GroupState.read("dispatch", environment: environment)
        #expect(state.saved == state.ends)
    }

    @Test func `O7: a client that sends no heartbeats and saves by force leaves a live group alone`() async throws {
        let server = try await RunningFakeSLS.start()
        let environment = server.clientEnvironment(.proxy)
        try await PythonScript.produce(["--create", "2", "--groups", "30"], environment: environment)
        let worker = try PythonConsumer.start("live", heartbeat: 20, environment: environment)
        #expect(await PythonConsumer.wait { Set(worker.ids) == ids("a", groups: 30) }, "\(worker.log.suffix(2000))")

        let read = try await PythonScript.run("flink", ["readers"], environment: environment)
        #expect(Set(read) == ids("a", groups: 30) && read.count == 60)
        let forced = try await GroupState.read("readers", environment: environment)
        #expect(forced.saved == forced.ends)

        try await PythonScript.produce(["--groups", "30", "--prefix", "b"], environment: environment)
        let both = ids("a", groups: 30).union(ids("b", groups: 30))
        #expect(await PythonConsumer.wait { Set(worker.ids) == both }, "\(worker.log.suffix(2000))")
        #expect(worker.ids.count == both.count && worker.shards.count == 2, "it began anew")
        worker.process.kill(SIGTERM)
        #expect(await worker.process.wait(within: Patience.step) == .exited(0))
        let state = try await GroupState.read("readers", environment: environment)
        #expect(state.saved == state.ends)
    }
}
