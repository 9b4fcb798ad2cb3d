import Glibc
import System
import Testing

/// The official Python SDK, unmodified, in two releases, against the built `fake-sls`: consumer-group.md chapter 6, O1, O2,
/// O4, O5.
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

    @Test func `a consumer begins at once, reads all shards to their end and saves its checkpoints`() async throws {
        let server = try await RunningFakeSLS.start()
        let environment = server.clientEnvironment(.proxy)
        try await PythonScript.produce(["--create", "4", "--groups", "60", "--logs", "2"], environment: environment)
        let consumer = try PythonConsumer.start("c1", environment: environment)
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

    @Test func `two workers share, and one takes over when the other is killed`() async throws {
        let server = try await RunningFakeSLS.start()
        let environment = server.clientEnvironment(.http)
        try await PythonScript.produce(["--create", "4", "--groups", "40"], environment: environment)
        let first = try PythonConsumer.start("c1", environment: environment)
        #expect(
            await PythonConsumer.wait { first.shards.count == 4 && first.ids.count == 80 }, "\(first.log.suffix(2000))")

        let second = try PythonConsumer.start("c2", environment: environment)
        #expect(await PythonConsumer.wait { second.shards.count == 2 }, "\(second.log.suffix(2000))")
        try await PythonScript.produce(["--groups", "40", "--prefix", "b"], environment: environment)
        #expect(await PythonConsumer.wait { Set(first.ids + second.ids).count == 160 })
        #expect(first.ids.count + second.ids.count == 160, "a hand-over in peace duplicates nothing")

        first.process.kill(SIGKILL)
        try await PythonScript.produce(["--groups", "40", "--prefix", "c"], environment: environment)
        #expect(await PythonConsumer.wait { Set(second.ids.filter { $0.hasPrefix("c-") }).count == 80 })
        #expect(Set(second.shards) == [0, 1, 2, 3])
    }
}
