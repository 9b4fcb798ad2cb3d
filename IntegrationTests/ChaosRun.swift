import Foundation
import Glibc
import SLSClient
import SLSProtocol
import System
import TestKit

/// How much happens in one run.
struct ChaosPlan: Sendable {
    /// From which everything follows but the moments at which processes happen to be.
    var seed: UInt64
    /// SIGKILL of a dispatcher; most are started again at once under the same name.
    var kills: Int
    /// SIGSTOP of a dispatcher for longer than its lease.
    var pauses: Int
    /// Times in which the targets' server stands still, or is killed and started again on the same data.
    var outages: Int
    /// Splits and merges, of targets and of the source.
    var cuts: Int
    /// The mode of delivery.
    var delivery: String

    /// The modes to run; both unless `CHAOS_DELIVERY` names one.
    static var deliveries: [String] {
        let named = Environment.value("CHAOS_DELIVERY") ?? ""
        return named.isEmpty ? ["exactly-once", "exactly-once-batched"] : [named]
    }

    /// What the variables `CHAOS_…` ask for; else little, for every run of the tests.
    static func fromEnvironment(delivery: String) -> ChaosPlan {
        func number(_ name: String, _ fallback: Int) -> Int { Environment.value(name).flatMap { Int($0) } ?? fallback }
        return ChaosPlan(
            seed: UInt64(number("CHAOS_SEED", 1)), kills: number("CHAOS_KILLS", 4), pauses: number("CHAOS_PAUSES", 1),
            outages: number("CHAOS_OUTAGES", 2), cuts: number("CHAOS_CUTS", 2), delivery: delivery)
    }

    /// What the run is to be judged by, as a line.
    var description: String {
        "seed \(seed), \(delivery): \(kills) kills, \(pauses) pauses, \(outages) outages, \(cuts) splits and merges"
    }
}

/// Real processes under attack: three dispatchers, a server with the source, another one with the targets.
final class ChaosRun {
    /// What the targets hold against what the source says they should, by bytes.
    struct Verdict: CustomStringConvertible {
        var expected = 0
        var lost = 0
        var duplicated = 0
        var foreign = 0

        var description: String {
            "\(expected) log groups owed: \(lost) lost, \(duplicated) duplicated, \(foreign) foreign"
        }
    }

    private enum Event { case kill, pause, outage, cut }

    private static let timeout = Duration.seconds(6)
    private static let names = ["d0", "d1", "d2"]
    private static let targets = ["to-1", "to-2", "to-3"]
    private static let topics = ["ngnix", "sql_audit", "click", "other"]

    private let plan: ChaosPlan
    private let source: RunningFakeSLS
    private var target: RunningFakeSLS
    private let folder: String
    private let transport: CurlTransport
    private var dispatchers: [String: RunningDispatcher] = [:]
    /// Stopped dispatchers, and when they go on.
    private var paused: [String: ContinuousClock.Instant] = [:]
    private var random: SplitMix
    private(set) var written = 0
    /// What happened, by kind.
    private(set) var counts: [String: Int] = [:]

    init(_ plan: ChaosPlan) async throws {
        self.plan = plan
        random = SplitMix(state: plan.seed)
        folder = try Files.makeTemporaryFolder(prefix: "chaos-")
        transport = try CurlTransport()
        source = try await RunningFakeSLS.start()
        target = try await RunningFakeSLS.start(["--data", folder])
        try await source.create(["source": 4])
        try await target.create(["to-1": 1, "to-2": 2, "to-3": 1])
    }

    deinit {
        // What stays in the temporary folder fails no test.
        try? Files.removeTree(folder)
    }

    func run() async throws -> Verdict {
        for name in Self.names { try await start(name) }
        var events =
            Array(repeating: Event.kill, count: plan.kills) + Array(repeating: Event.pause, count: plan.pauses)
            + Array(repeating: Event.outage, count: plan.outages) + Array(repeating: Event.cut, count: plan.cuts)
        events.shuffle(using: &random)
        for event in events {
            try await write(Int.random(in: 10...60, using: &random))
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...600, using: &random)))
            try await wakePaused(all: false)
            switch event {
            case .kill: try await killOne()
            case .pause: try await pauseOne()
            case .outage: try await outage()
            case .cut: try await cut()
            }
        }
        try await wakePaused(all: true)
        for name in Self.names where dispatchers[name] == nil { try await start(name) }
        try await write(50)
        guard try await eventually(within: .seconds(240), { try await self.isCovered() }) else {
            throw HarnessError("not delivered in time: \(dispatchers.values.map(\.log).joined().suffix(4_000))")
        }
        for dispatcher in dispatchers.values { _ = await dispatcher.stop() }
        return try await judge()
    }

    // MARK: What happens

    private func start(_ name: String) async throws {
        let environment = source.clientEnvironment(.http).merging([
            "SLS_ENDPOINT_TO": target.endpoint(.http), "SLS_LOGSTORE_TO1": "to-1", "SLS_LOGSTORE_TO2": "to-2",
            "SLS_LOGSTORE_TO3": "to-3", "SLS_CG": "dispatch",
            "SLS_GROUP_TIMEOUT": "\(Self.timeout.components.seconds)s",
            "SLS_LOG_LEVEL": "warning", "SLS_CONSUMER_NAME": name, "SLS_DELIVERY": plan.delivery,
            // Longer than the targets' server ever stands still.
            "SLS_BATCH_WAIT": "5s",
        ]) { $1 }
        dispatchers[name] = try await RunningDispatcher.start(environment: environment)
    }

    private func count(_ what: String) { counts[what, default: 0] += 1 }

    private func killOne() async throws {
        let running = Self.names.filter { dispatchers[$0] != nil && paused[$0] == nil }
        guard let name = running.randomElement(using: &random), let dispatcher = dispatchers[name] else { return }
        dispatcher.process.kill(SIGKILL)
        _ = await dispatcher.process.wait(within: Patience.step)
        dispatchers[name] = nil
        count("kills")
        if Int.random(in: 0..<5, using: &random) > 0 {
            try await start(name)
        } else {
            // Its shards go to the others once its lease is over; then it comes back.
            try await write(60)
            try await Task.sleep(for: Self.timeout + .seconds(1))
            try await start(name)
            count("take-overs")
        }
    }

    private func pauseOne() async throws {
        // One at least goes on.
        if paused.count >= Self.names.count - 1 { try await wakePaused(all: true) }
        let running = Self.names.filter { dispatchers[$0] != nil && paused[$0] == nil }
        guard let name = running.randomElement(using: &random) else { return }
        dispatchers[name]?.process.kill(SIGSTOP)
        paused[name] = .now + Self.timeout + .seconds(2)
        count("pauses")
    }

    /// Lets dispatchers go on that were stopped for longer than their lease.
    private func wakePaused(all: Bool) async throws {
        for (name, end) in paused.sorted(by: { $0.value < $1.value }) where all || end <= .now {
            try await Task.sleep(until: end, clock: .continuous)
            dispatchers[name]?.process.kill(SIGCONT)
            paused[name] = nil
        }
    }

    private func outage() async throws {
        if Bool.random(using: &random) {
            target.process.kill(SIGSTOP)
            try await Task.sleep(for: .milliseconds(Int.random(in: 200...3_000, using: &random)))
            target.process.kill(SIGCONT)
            count("target pauses")
        } else {
            let port = target.port
            target.process.kill(SIGKILL)
            _ = await target.process.wait(within: Patience.step)
            target = try await RunningFakeSLS.start(["--data", folder, "--port", "\(port)"])
            count("target kills")
        }
    }

    private func cut() async throws {
        let isSource = Bool.random(using: &random)
        let client = isSource ? try sourceClient() : try targetClient()
        let name = isSource ? "source" : "to-2"
        let logstore = try LogstoreName(name)
        let writable = try await client.listShards(of: logstore).filter { $0.status == .readwrite }
            .sorted { $0.inclusiveBeginKey < $1.inclusiveBeginKey }
        if writable.count > 5 {
            _ = try await client.mergeShards(ShardID(writable[0].id), of: logstore)
            count("merges")
        } else if let shard = writable.randomElement(using: &random), let begin = HashKey(hex: shard.inclusiveBeginKey),
            let end = HashKey(hex: shard.exclusiveEndKey)
        {
            let middle = HashKey(value: begin.value + (end.value - begin.value) / 2)
            _ = try await client.splitShard(ShardID(shard.id), of: logstore, at: middle)
            count("splits")
        }
    }

    private func write(_ count: Int) async throws {
        let client = try sourceClient()
        for _ in 0..<count {
            let text = "group \(written)"
            let topic = Self.topics[written % Self.topics.count]
            let log = LogGroup.Log(time: UInt32(Date().timeIntervalSince1970), contents: [.init("message", text)])
            let group = LogGroup(logs: [log], topic: topic, source: "chaos")
            try await client.putLogs(PutLogsBody(compressing: group.serialized), to: try LogstoreName("source"))
            written += 1
        }
    }

    // MARK: What came of it

    private func sourceClient() throws -> SLSClient { try client(of: source) }
    private func targetClient() throws -> SLSClient { try client(of: target) }

    private func client(of server: RunningFakeSLS) throws -> SLSClient {
        SLSClient(
            endpoint: try Endpoint(parsing: server.endpoint(.http)), project: try ProjectName("demo"),
            credentials: Credentials(accessKeyID: "fake-id", accessKeySecret: "fake-secret"), transport: transport)
    }

    private func isCovered() async throws -> Bool {
        let client = try sourceClient()
        let logstore = try LogstoreName("source")
        for checkpoint in try await client.listCheckpoints(of: try ConsumerGroupName("dispatch"), in: logstore) {
            let end = try await client.getCursor(of: ShardID(checkpoint.shard), in: logstore, from: .end)
            if Cursor(encoded: checkpoint.checkpoint) != end { return false }
        }
        return true
    }

    private func judge() async throws -> Verdict {
        var owed: [String: [[UInt8]: Int]] = [:]
        for group in try await sourceClient().storedLogGroups(of: LogstoreName("source")) {
            let topic = try LogGroup(serialized: group).topic ?? ""
            guard let index = Self.topics.firstIndex(of: topic), index < Self.targets.count else { continue }
            owed[Self.targets[index], default: [:]][group, default: 0] += 1
        }
        var verdict = Verdict()
        for name in Self.targets {
            var rest = owed[name] ?? [:]
            verdict.expected += rest.values.reduce(0, +)
            let known = Set(rest.keys)
            for group in try await targetClient().storedLogGroups(of: LogstoreName(name)) {
                if !known.contains(group) {
                    verdict.foreign += 1
                } else if let left = rest[group], left > 0 {
                    rest[group] = left - 1
                } else {
                    verdict.duplicated += 1
                }
            }
            verdict.lost += rest.values.reduce(0, +)
        }
        return verdict
    }
}

/// A generator whose whole sequence follows from its state.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
