import FakeSLS
import Logging
import SLSClient
import SLSProtocol
import System

/// The main job on this machine, from end to end: an emulator in this process, sample logs in, two real dispatcher
/// processes, one of them killed on the way, and a judgement made by reading the targets back.
public struct Demo: Sendable {
    /// How much is put through.
    public struct Configuration: Sendable {
        /// Log groups of all topics together. Default 3,000.
        public var groupCount = 3_000
        /// Shards of the source logstore, at least 4. Default 4.
        public var shardCount = 4
        /// How long the whole may take: 2 min, and a second more for each 100 log groups.
        public var deadline: Duration { .seconds(120 + groupCount / 100) }

        /// The defaults.
        public init() {}
    }

    /// Why the demo could not come to its end.
    public struct Failure: Error, CustomStringConvertible {
        /// What went wrong.
        public let description: String
    }

    private let configuration: Configuration
    private let say: @Sendable (String) -> Void
    private let started = Instant(nanoseconds: MonotonicClock.nanoseconds())

    /// - Parameter say: Takes lines for a person, one at a time.
    public init(_ configuration: Configuration = Configuration(), say: @escaping @Sendable (String) -> Void) {
        self.configuration = configuration
        self.say = say
    }

    /// Runs it.
    ///
    /// - Returns: Whether nothing was lost.
    /// - Throws: `Failure`, or the error of a call, when it cannot come to its end.
    public func run() async throws -> Bool {
        let names = try SampleLogs.routes.map { try LogstoreName($0.logstore) }
        let project = try ProjectName("demo")
        let source = try LogstoreName("everything")
        var server = FakeSLSServer.Configuration()
        server.emulator.logger.logLevel = .error
        server.emulator.stores = [
            InitialProject(
                name: project,
                logstores: [InitialLogstore(name: source, shardCount: configuration.shardCount)]
                    + names.map { InitialLogstore(name: $0) })
        ]
        let running = try FakeSLSServer(server)
        do {
            let isLossless = try await run(
                at: running.endpoint, project: project, source: source, targets: names)
            running.stop()
            await running.stopped()
            return isLossless
        } catch {
            running.stopNow()
            await running.stopped()
            throw error
        }
    }

    private func run(
        at endpoint: String, project: ProjectName, source: LogstoreName, targets: [LogstoreName]
    ) async throws -> Bool {
        progress("emulator ready at \(endpoint): \(source) with \(configuration.shardCount) shards, 3 targets")
        var transport = CurlTransport.Configuration()
        transport.usesProxyVariables = false
        let carrier = try CurlTransport(transport)
        let client = SLSClient(
            endpoint: try Endpoint(parsing: endpoint), project: project,
            credentials: Credentials(accessKeyID: "fake-id", accessKeySecret: "fake-secret"), transport: carrier)
        let stores = try DemoStores(client: client, source: source, targets: targets)
        let samples = SampleLogs(groupCount: configuration.groupCount, time: SLSClient.systemTime())
        let result: Result<Bool, any Error>
        do {
            let owners = try await transfer(samples, stores) { name in
                try DispatcherProcess(name: name, endpoint: endpoint, stores: stores, project: project)
            }
            result = .success(try await judge(samples, stores, owners))
        } catch {
            result = .failure(error)
        }
        await carrier.shutdown()
        return try result.get()
    }

    private typealias Owners = [ShardID: String]

    /// Logs in, dispatchers on, one killed half-way, until everything has arrived and the other has stopped.
    private func transfer(
        _ samples: SampleLogs, _ stores: DemoStores, start: (String) throws -> DispatcherProcess
    ) async throws -> (before: Owners, after: Owners) {
        let half = samples.groupCount / 2
        for number in 0..<half { try await stores.put(samples.group(number)) }
        progress("\(half) log groups written, before any dispatcher runs")
        let dispatchers = try ["dispatcher-1", "dispatcher-2"].map(start)
        for dispatcher in dispatchers { try await dispatcher.waitUntilReady() }
        progress("two dispatchers have joined the group \(DemoStores.group)")
        let names = Set(dispatchers.map(\.name))
        let before = try await poll("both dispatchers hold their share of the shards") {
            let owners = try await stores.owners()
            let counts = names.map { name in owners.values.count { $0 == name } }
            return counts.allSatisfy { $0 >= configuration.shardCount / names.count } ? owners : nil
        }
        progress("shards are shared out: \(described(before))")
        // The second half goes in while the first dispatcher is killed, so that it dies with work in its hands.
        for number in half..<samples.groupCount {
            try await stores.put(samples.group(number))
            if number == half + half / 2 { dispatchers[0].kill() }
        }
        progress("\(samples.groupCount) log groups written; dispatcher-1 was killed (SIGKILL) on the way")
        let after = try await poll("dispatcher-2 holds all shards") {
            let owners = try await stores.owners()
            return owners.values.allSatisfy { $0 == dispatchers[1].name } ? owners : nil
        }
        progress("dispatcher-2 has taken over: \(described(after))")
        try await waitForArrival(samples, stores)
        let exit = try await dispatchers[1].stop()
        progress("dispatcher-2 stopped with exit status \(exit)")
        return (before, after)
    }

    private func waitForArrival(_ samples: SampleLogs, _ stores: DemoStores) async throws {
        let routed = (0..<samples.groupCount).count { samples.topic($0) != SampleLogs.unroutedTopic }
        var shown = -1
        _ = try await poll("all \(routed) routed log groups have arrived") {
            var arrived = 0
            for target in stores.targets { arrived += try await stores.count(target) }
            if arrived != shown { progress("\(arrived) of \(routed) routed log groups have arrived") }
            shown = arrived
            return arrived >= routed ? arrived : nil
        }
    }

    private func judge(
        _ samples: SampleLogs, _ stores: DemoStores, _ owners: (before: Owners, after: Owners)
    ) async throws -> Bool {
        var table = TextTable([
            "target", "topic", "groups", "arrived", "lost", "duplicated", "logs", "arrived", "lost", "duplicated",
        ])
        var lost = 0
        var foreign = 0
        for (target, route) in zip(stores.targets, SampleLogs.routes) {
            var ledger = DemoLedger(
                logstore: target.value, topic: route.topic, expected: samples.expected(route.topic))
            try await stores.readAll(target) { ledger.add($0) }
            let row = ledger.row
            lost += row.lostLogs
            foreign += row.foreignLogs
            table.add(
                [row.logstore, row.topic]
                    + [
                        row.expectedGroups, row.arrivedGroups, row.lostGroups, row.duplicatedGroups, row.expectedLogs,
                        row.arrivedLogs, row.lostLogs, row.duplicatedLogs,
                    ].map(String.init))
        }
        var shards = TextTable(["shard", "before the kill", "after"])
        for shard in owners.before.keys.sorted() {
            shards.add(["\(shard)", owners.before[shard] ?? "-", owners.after[shard] ?? "-"])
        }
        say("")
        for line in shards.lines + [""] + table.lines { say(line) }
        say("")
        let unrouted = (0..<samples.groupCount).count { samples.topic($0) == SampleLogs.unroutedTopic }
        say("\(unrouted) log groups of the topic \"\(SampleLogs.unroutedTopic)\" have no route and were not forwarded.")
        say(
            lost + foreign == 0
                ? "Nothing was lost. (After a crash log groups may arrive twice; none is left out.)"
                : "\(lost) logs were lost, \(foreign) arrived where they do not belong.")
        return lost + foreign == 0
    }

    /// Asks again and again until there is an answer, or the demo's time is up.
    private func poll<Value>(_ what: String, _ ask: () async throws -> Value?) async throws -> Value {
        while Instant(nanoseconds: MonotonicClock.nanoseconds()) - started < configuration.deadline {
            if let value = try await ask() { return value }
            try await Task.sleep(for: .milliseconds(250))
        }
        throw Failure(description: "after \(configuration.deadline) it is still not so that \(what)")
    }

    private func progress(_ text: String) {
        let elapsed = Instant(nanoseconds: MonotonicClock.nanoseconds()) - started
        let tenths = elapsed.nanoseconds / 100_000_000
        let seconds = "\(tenths / 10).\(tenths % 10)"
        say("[\(String(repeating: " ", count: max(0, 5 - seconds.count)))\(seconds) s] \(text)")
    }

    private func described(_ owners: Owners) -> String {
        owners.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}
