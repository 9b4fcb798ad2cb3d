import Glibc
import SLSClient
import SLSProtocol
import System
import TestKit

/// Real processes under attack: three dispatchers, a server with the source, another one with the targets.
///
/// An event counts as happened when its effect was seen: a process's end, the server's own view of the group, the number of
/// requests a fault struck. `ChaosRun+Events.swift` has what each does.
final class ChaosRun {
    static let timeout = Duration.seconds(6)
    static let names = ["d0", "d1", "d2"]
    static let targets = ["to-1", "to-2", "to-3"]
    /// Assumed by the batched mode to outlive every request; the events keep to that.
    static let batchWait = Duration.seconds(5)

    let plan: ChaosPlan
    let source: RunningFakeSLS
    var target: RunningFakeSLS
    let folder: String
    let writer: ChaosWriter
    var dispatchers: [String: RunningDispatcher] = [:]
    /// Stopped dispatchers with the lease losses they had before, longest stopped first.
    var paused: [(name: String, leaseLosses: Int)] = []
    /// When the last request that was held back has arrived.
    var lateUntil = ContinuousClock.now
    var random: SeededGenerator
    var books = ChaosBooks()
    /// What happened, by kind.
    private(set) var happened: [ChaosEvent: Int] = [:]
    /// The same in more detail: splits apart from merges.
    private(set) var details: [String: Int] = [:]
    private let transport: CurlTransport
    private var progress: ChaosProgress

    init(_ plan: ChaosPlan) async throws {
        self.plan = plan
        random = SeededGenerator(seed: plan.seed)
        progress = ChaosProgress(plan)
        folder = try Files.makeTemporaryFolder(prefix: "chaos-")
        transport = try CurlTransport.direct()
        source = try await RunningFakeSLS.start(["--control", "on"])
        target = try await RunningFakeSLS.start(["--control", "on", "--data", folder])
        try await source.create(["source": plan.sourceShards])
        try await target.create(["to-1": 1, "to-2": 2, "to-3": 1, "dead": 2])
        writer = ChaosWriter(try source.client(transport))
    }

    deinit {
        // What stays in the temporary folder fails no test.
        try? Files.removeTree(folder)
    }

    /// Everything that is planned, then quiet until all is delivered, then the judgement.
    func run() async throws -> DeliveryVerdict {
        try await attack()
        let verdict = try await judge()
        await end()
        return verdict
    }

    /// Runs the events of the plan in the order of its seed, waits until all is delivered, and stops the dispatchers.
    func attack() async throws {
        for name in Self.names { try await start(name) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [writer] in try await writer.run() }
            let order = plan.order
            for (index, event) in order.enumerated() {
                writer.credit(plan.groupCount / order.count)
                try await Task.sleep(for: plan.pace * Double.random(in: 0...2, using: &random))
                try lookForDead()
                try await wakePaused(keeping: 2)
                try await perform(event)
                happened[event, default: 0] += 1
                progress.show(index + 1, written: writer.written)
            }
            try await wakePaused(keeping: 0)
            writer.credit(max(0, plan.groupCount - writer.written))
            writer.end()
            try await tasks.waitForAll()
        }
        // What was held back may still set a checkpoint back.
        try await Task.sleep(until: lateUntil, clock: .continuous)
        try await waitUntilCovered()
        try await stopAll()
    }

    /// Compares the targets' bytes with those the source owes them.
    func judge() async throws -> DeliveryVerdict {
        var owed: [String: [[UInt8]]] = [:]
        for group in try await source.client(transport).storedLogGroups(of: LogstoreName("source")) {
            let topic = try LogGroup(serialized: group).topic ?? ""
            guard let index = ChaosWriter.topics.firstIndex(of: topic), index < Self.targets.count else { continue }
            owed[Self.targets[index], default: []].append(group)
        }
        var verdict = DeliveryVerdict()
        let letters = try await deadLetters()
        var known = 0
        for name in Self.targets {
            let held = try await target.client(transport).storedLogGroups(of: LogstoreName(name))
            let tag = try deadLetterTag(name)
            let refused = letters.filter { $0.suffix(tag.count).elementsEqual(tag) }.map {
                Array($0.dropLast(tag.count))
            }
            known += refused.count
            verdict.add(owed: owed[name] ?? [], held: held, deadLetters: refused)
            books.holds("demo/\(name)", held.count)
        }
        verdict.add(foreign: letters.count - known)
        books.holdsDeadLetters(letters.count)
        return verdict
    }

    /// What is in the dead-letter logstore.
    func deadLetters() async throws -> [[UInt8]] {
        try await target.client(transport).storedLogGroups(of: LogstoreName("dead"))
    }

    /// What stands behind a log group that this target refused (docs/delivery.md).
    private func deadLetterTag(_ name: String) throws -> [UInt8] {
        let reader = "\(try sourceClient().endpoint.host):\(source.port)/demo/source/dispatch"
        let refused = "\(try targetClient().endpoint.host):\(target.port)/demo/\(name)"
        return LogGroup(
            logs: [], tags: [.init("__refused_by__", refused), .init("__read_by__", reader)]
        ).serialized
    }

    /// Stops both servers.
    func end() async {
        books.ended("the source's server", await source.stop(), allowed: [.exited(0)], log: "")
        books.ended("the targets' server", await target.stop(), allowed: [.exited(0)], log: "")
        await transport.shutdown()
    }

    /// The kinds that did not happen as often as planned.
    var missing: [ChaosEvent] { ChaosEvent.allCases.filter { happened[$0, default: 0] != plan.events[$0, default: 0] } }

    /// The table of what was planned, what happened and what came of it.
    func report(_ verdict: DeliveryVerdict) -> String { progress.report(self, verdict) }

    // MARK: Processes

    func start(_ name: String) async throws {
        let environment = source.clientEnvironment(.http).merging([
            "SLS_ENDPOINT_TO": target.endpoint(.http), "SLS_LOGSTORE_TO1": "to-1", "SLS_LOGSTORE_TO2": "to-2",
            "SLS_LOGSTORE_TO3": "to-3", "SLS_DEAD_LETTER": "dead", "SLS_CG": "dispatch",
            "SLS_GROUP_TIMEOUT": "\(Self.timeout.components.seconds)s", "SLS_LOG_LEVEL": "warning",
            "SLS_CONSUMER_NAME": name, "SLS_DELIVERY": plan.delivery,
            "SLS_BATCH_WAIT": "\(Self.batchWait.components.seconds)s",
        ]) { $1 }
        dispatchers[name] = try await RunningDispatcher.start(environment: environment)
    }

    func dispatcher(_ name: String) throws -> RunningDispatcher {
        guard let dispatcher = dispatchers[name] else { throw HarnessError("\(name) does not run") }
        return dispatcher
    }

    /// Those that run and were not stopped, in the order of their names.
    var awake: [String] {
        dispatchers.keys.sorted().filter { name in !paused.contains { $0.name == name } }
    }

    func count(_ what: String, _ more: Int = 1) { details[what, default: 0] += more }

    func sourceClient() throws -> SLSClient { try source.client(transport) }
    func targetClient() throws -> SLSClient { try target.client(transport) }

    /// Asks until it holds.
    ///
    /// - Throws: With the dispatchers' logs, when it takes longer than anything here takes on a busy machine.
    func wait(for what: String, _ holds: () async throws -> Bool) async throws {
        guard try await eventually(within: Patience.script, holds) else {
            throw HarnessError("seed \(plan.seed), not in time: \(what)\n\(logs)")
        }
    }

    private var logs: String {
        dispatchers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.log.suffix(2_000))" }.joined(
            separator: "\n")
    }

    private func lookForDead() throws {
        for name in awake {
            if let exit = try dispatcher(name).process.exit {
                throw HarnessError("seed \(plan.seed): \(name) ended by itself: \(exit)\n\(logs)")
            }
        }
    }

    /// Waits until every checkpoint is at its shard's end, for as long as that comes nearer.
    private func waitUntilCovered() async throws {
        var nearest = Int.max
        while nearest > 0 {
            try await wait(for: "less than \(nearest) log groups not yet covered") {
                let lag = try await lag()
                defer { nearest = min(nearest, lag) }
                return lag < nearest
            }
        }
    }

    /// How many log groups lie behind the checkpoints, and one for each shard without any.
    private func lag() async throws -> Int {
        let client = try sourceClient()
        let logstore = try LogstoreName("source")
        var lag = 0
        for checkpoint in try await client.listCheckpoints(of: try ConsumerGroupName("dispatch"), in: logstore) {
            let end = try await client.getCursor(of: ShardID(checkpoint.shard), in: logstore, from: .end)
            lag += Cursor(encoded: checkpoint.checkpoint).map { Int(end.number - $0.number) } ?? 1
        }
        return lag
    }

    private func stopAll() async throws {
        for name in dispatchers.keys.sorted() {
            let dispatcher = try dispatcher(name)
            books.close(name, try await dispatcher.status(), isDone: true)
            books.ended(name, await dispatcher.stop(), allowed: [.exited(0)], log: dispatcher.log)
            dispatchers[name] = nil
        }
    }
}
