import Glibc
import System
import Testing

/// The official Python SDK, unmodified, in two releases, against the built `fake-sls`: consumer-group.md chapter 6, O1, O2,
/// O4, O5. O3 and O7 are in `MixedGroupTests`, O6 in `ArticleTests`.
@Suite(.enabled(if: PythonScript.isWanted, "\(PythonScript.howToGet)"), .serialized)
struct PythonSDKTests {
    @Test(arguments: RunningFakeSLS.Way.allCases, PythonScript.Environment.allCases)
    func `every method of the SDK is driven, and gets the answer it understands`(
        way: RunningFakeSLS.Way, sdk: PythonScript.Environment
    ) async throws {
        let server = try await RunningFakeSLS.start()
        let lines = try await PythonScript.run("calls", on: sdk, environment: server.clientEnvironment(way))
        #expect(lines.last?.hasSuffix(" checks passed") == true)
        #expect(lines.contains("ok      every method of the client is driven or listed"))
        #expect(try await server.unknowns() == [], "of what an official SDK sends, nothing is unknown")
        #expect(await server.stop() == .exited(0))
    }

    @Test(arguments: PythonScript.Environment.allCases)
    func `keys that nobody knows are refused, and refreshed ones are let in`(
        sdk: PythonScript.Environment
    ) async throws {
        let server = try await RunningFakeSLS.start(["--auth", "strict"])
        _ = try await PythonScript.run("credentials", on: sdk, environment: server.clientEnvironment(.proxy))
        #expect(await server.stop() == .exited(0))
    }

    @Test func `the example of the documentation works as it stands`() async throws {
        let server = try await RunningFakeSLS.start()
        let example = "../../docs/examples/python/example"
        let lines = try await PythonScript.run(example, environment: server.clientEnvironment(.proxy))
        #expect(lines.last == "hello")
        #expect(await server.stop() == .exited(0))
    }

    @Test func `the example for CI runs a program beside an emulator of its own`() async throws {
        let examples = "\(BuiltPrograms.repository)/docs/examples"
        let steps = try ChildProcess(
            .init(
                "/bin/bash",
                arguments: [
                    "\(examples)/ci/steps.sh", PythonScript.Environment.newest.interpreter,
                    "\(examples)/python/example.py",
                ], environment: ["PATH": "\(try ExecutablePath.folder()):/usr/bin:/bin"],
                standardOutput: .collected, standardError: .collected))
        #expect(await steps.wait(within: Patience.step) == .exited(0), "\(steps.standardError?.text ?? "")")
        _ = await steps.standardOutput?.waitForEnd(within: Patience.step)
        #expect(steps.standardOutput?.lines.last == "hello")
    }

    @Test func `O1, O5 a consumer begins at once, reads all shards to their end and saves its checkpoints`()
        async throws
    {
        let server = try await RunningFakeSLS.start()
        let environment = server.clientEnvironment(.proxy)
        try await PythonScript.produce(["--create", "4", "--groups", "60", "--logs", "2"], environment: environment)
        let consumer = try PythonConsumer.start("c1", heartbeat: 20, environment: environment)
        let expected = Set((0..<60).flatMap { ["a-\($0)-0", "a-\($0)-1"] })
        #expect(await PythonConsumer.wait { Set(consumer.ids) == expected }, "\(consumer.log.suffix(2000))")
        #expect(consumer.ids.count == expected.count)
        #expect(consumer.shards.sorted() == [0, 1, 2, 3])
        consumer.process.kill(SIGTERM)
        #expect(await consumer.process.wait(within: Patience.step) == .exited(0))
        #expect(!consumer.log.contains("fail to get shard check point"), "\(consumer.log)")
        let state = try await GroupState.read("readers", environment: environment)
        #expect(state.saved == state.ends)
    }

    @Test(arguments: PythonScript.Environment.allCases)
    func `O4 the library saves by force, and is let`(sdk: PythonScript.Environment) async throws {
        let server = try await RunningFakeSLS.start()
        let environment = server.clientEnvironment(.http)
        try await PythonScript.produce(["--create", "1", "--groups", "3"], environment: environment)
        // The group is made by a worker, which holds the shard.
        let worker = try PythonConsumer.start("c1", heartbeat: 20, environment: environment)
        #expect(await PythonConsumer.wait { worker.ids.count == 6 }, "\(worker.log.suffix(2000))")
        let lines = try await PythonScript.run("forced", ["readers"], on: sdk, environment: environment)
        #expect(lines == ["saved", "ConsumerNotExist"])
    }

    @Test func `O2 two workers share; the other takes over what one leaves, by stopping or by being killed`()
        async throws
    {
        let server = try await RunningFakeSLS.start()
        let environment = server.clientEnvironment(.http)
        try await PythonScript.produce(["--create", "4", "--groups", "40"], environment: environment)
        let heartbeat = 5
        func start(_ name: String) throws -> PythonConsumer {
            try PythonConsumer.start(name, heartbeat: heartbeat, environment: environment)
        }
        let first = try start("c1")
        #expect(
            await PythonConsumer.wait { first.shards.count == 4 && first.ids.count == 80 }, "\(first.log.suffix(2000))")

        // Joining: one heartbeat of the old owner to hear of it, one to let go, one of the new owner to be given it.
        let second = try start("c2")
        #expect(await PythonConsumer.wait { second.shards.count == 2 }, "\(second.log.suffix(2000))")
        try await PythonScript.produce(["--groups", "40", "--prefix", "b"], environment: environment)
        #expect(await PythonConsumer.wait { Set(first.ids + second.ids).count == 160 })
        #expect(first.ids.count + second.ids.count == 160, "a hand-over in peace duplicates nothing")

        // Leaving, in either way, takes the timeout, and is over one heartbeat of the other later.
        let third = try start("c3")
        #expect(await PythonConsumer.wait { !third.shards.isEmpty }, "\(third.log.suffix(2000))")
        for (worker, signal, prefix) in [(third, SIGTERM, "c"), (first, SIGKILL, "d")] {
            let name = worker.process.pid == first.process.pid ? "c1" : "c3"
            let looked = ContinuousClock.now
            let silent = try await server.group("readers")?.consumers.first { $0.name == name }?.secondsSinceHeartbeat
            worker.process.kill(signal)
            let isGone = try await eventually { try await server.group("readers")?.has(name) == false }
            #expect(isGone)
            let took = ContinuousClock.now - looked
            #expect(took >= .seconds(2 * heartbeat) - .seconds(try #require(silent)), "not before the timeout")
            #expect(took < .seconds(3 * heartbeat) * 3, "three times what 1.10 allows")
            try await PythonScript.produce(["--groups", "40", "--prefix", prefix], environment: environment)
            let rest = worker.process.pid == first.process.pid ? [second] : [first, second]
            let areRead = await PythonConsumer.wait {
                Set(rest.flatMap(\.ids).filter { $0.hasPrefix("\(prefix)-") }).count == 80
            }
            #expect(areRead, "\(second.log.suffix(2000))")
        }
        #expect(Set(second.shards) == [0, 1, 2, 3])
    }
}
