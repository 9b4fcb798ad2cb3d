import FakeSLS
import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// A dispatcher of the article's three topics on a scripted service.
struct LiveDispatcher: Sendable {
    static let logstores = ["source": 4, "web": 2, "audit": 2, "clicks": 2]

    private static let silent = Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }

    let reloadable: ReloadableDispatcher
    let stop = Eventually<Void>()
    let joined = Eventually<Void>()
    let ended = Eventually<Result<Dispatcher.Outcome, DispatchError>>()

    init(
        _ name: String, of service: ScriptedService,
        logger: Logger = Self.silent,
        _ configure: (inout DispatcherSettings) -> Void = { _ in }
    ) throws {
        var settings = try Self.settings()
        configure(&settings)
        try self.init(name, of: service, settings, logger: logger)
    }

    /// - Parameter settings: Those to begin with. Under an identity, its word is the name of its lines to the service.
    init(
        _ name: String, of service: ScriptedService, _ settings: DispatcherSettings, logger: Logger = Self.silent
    ) throws {
        // Names are locked on the whole host, and tests run side by side.
        let identity = try ConsumerIdentity.claim(
            given: name, group: settings.group, scope: ["\(MonotonicClock.nanoseconds())"])
        let clock = service.clock.consumerClock
        reloadable = try ReloadableDispatcher(settings) { settings throws(DispatchError) in
            let word = settings.delivery.identity.word
            let line = word.isEmpty ? name : word
            return try Dispatcher(
                settings, identity: identity, transport: service.line(line), targetTransport: service.line(line),
                heartbeatTransport: service.line(line + "-heart"), clock: clock, logger: logger)
        }
    }

    /// The one at work.
    var dispatcher: Dispatcher { reloadable.current }

    /// The article's three topics, at least once.
    static func settings() throws -> DispatcherSettings {
        let endpoint = try Endpoint(parsing: "cn-hangzhou.log.aliyuncs.com")
        let project = try ProjectName("demo")
        func place(_ logstore: String) throws -> DispatcherSettings.Place {
            DispatcherSettings.Place(endpoint: endpoint, project: project, logstore: try LogstoreName(logstore))
        }
        return DispatcherSettings(
            credentials: Credentials(accessKeyID: "fake-id", accessKeySecret: "fake-secret"),
            source: try place("source"), targets: [try place("web"), try place("audit"), try place("clicks")],
            routes: RouteTable([
                .init(topic: "ngnix", target: 0), .init(topic: "sql_audit", target: 1),
                .init(topic: "click", target: 2),
            ]), group: try ConsumerGroupName("cg"))
    }

    /// Runs until stopped or cancelled.
    func run() async {
        do throws(DispatchError) {
            ended.set(.success(try await reloadable.run(until: stop) { joined.set(()) }))
        } catch {
            ended.set(.failure(error))
        }
    }

    /// Stops it in order.
    ///
    /// - Returns: Whether it ended settled, which is exit status 0.
    func leave() async throws -> Bool {
        stop.set(())
        guard let result = await ended.value(within: .seconds(120)) else { throw NeverEnded() }
        return try result.get().isSettled
    }
}

struct NeverEnded: Error {}

struct NothingToSplit: Error {}

/// Runs dispatchers while `body` looks at them; those that it did not stop are cancelled, which is how a crash looks.
func running(_ dispatchers: LiveDispatcher..., body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for dispatcher in dispatchers { group.addTask { await dispatcher.run() } }
        do { try await body() } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
    }
    for dispatcher in dispatchers { #expect(dispatcher.dispatcher.status.totals.ledger.mistakes == []) }
}

extension ScriptedService {
    static func withTargets(
        and others: [String: Int] = [:], speed: Int64 = 10,
        _ configure: (inout EmulatorConfiguration) -> Void = { _ in }
    ) throws -> ScriptedService {
        try ScriptedService(
            LiveDispatcher.logstores.merging(others) { $1 }, clock: ScaledClock(speed: speed), configure)
    }

    /// An operator's session for the usual settings, exactly once, by the service's clock.
    func operatorSession(_ configure: (inout DispatcherSettings) -> Void = { _ in }) throws -> OperatorSession {
        var settings = try LiveDispatcher.settings()
        settings.delivery.mode = .exactlyOnce
        configure(&settings)
        return OperatorSession(
            settings, transport: line("operator"), wallClock: { [clock] in clock.wall },
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Sets every checkpoint of the group, as an operator does by hand.
    func rewind(to position: CursorPosition) async throws {
        let client = try client()
        let source = try LogstoreName("source")
        for shard in try await client.listShards(of: source).map({ ShardID($0.id) }) {
            let cursor = try await client.getCursor(of: shard, in: source, from: position)
            try await client.saveCheckpoint(
                cursor, of: shard, in: try ConsumerGroupName("cg"), of: source, as: .forced())
        }
    }

    /// Splits the first shard that can be written, in its middle.
    func splitFirstShard(of logstore: String) async throws {
        let client = try client()
        let logstore = try LogstoreName(logstore)
        let shards = try await client.listShards(of: logstore)
        guard let shard = shards.first(where: { $0.status == .readwrite }),
            let begin = HashKey(hex: shard.inclusiveBeginKey), let end = HashKey(hex: shard.exclusiveEndKey)
        else { throw NothingToSplit() }
        let middle = HashKey(value: begin.value + (end.value - begin.value) / 2)
        _ = try await client.splitShard(ShardID(shard.id), of: logstore, at: middle)
    }

    /// Writes serialized log groups to the source, in turn to its shards.
    func fill(_ groups: [[UInt8]]) async throws {
        let client = try client()
        for group in groups {
            try await client.putLogs(PutLogsBody(compressing: group), to: try LogstoreName("source"))
        }
    }

    /// Log groups of the article's topics in turn, each with a marker of its own.
    func fill(_ range: Range<Int>) async throws {
        try await fill(range.map { Self.group($0) })
    }

    static func group(_ number: Int) -> [UInt8] {
        LogGroup.make(topic: ["ngnix", "sql_audit", "click"][number % 3], logs: 2, marker: "n\(number)").serialized
    }

    /// Every log group of a logstore, as it is stored, shard by shard.
    func stored(_ logstore: String) async throws -> [[UInt8]] {
        try await client().storedLogGroups(of: LogstoreName(logstore))
    }

    /// How often each of the numbered groups has arrived in its target, least and most.
    func copies(_ range: Range<Int>) async throws -> (least: Int, most: Int) {
        var counts: [[UInt8]: Int] = [:]
        for logstore in ["web", "audit", "clicks"] {
            for group in try await stored(logstore) { counts[group, default: 0] += 1 }
        }
        let copies = range.map { counts[Self.group($0)] ?? 0 }
        return (copies.min() ?? 0, copies.max() ?? 0)
    }

    /// Whether every shard's checkpoint is at its end.
    func isCovered(by name: String = "cg") async throws -> Bool {
        let client = try client()
        let source = try LogstoreName("source")
        let group = try ConsumerGroupName(name)
        guard try await client.listConsumerGroups(of: source).contains(where: { $0.name == name }) else { return false }
        for checkpoint in try await client.listCheckpoints(of: group, in: source) {
            let end = try await client.getCursor(of: ShardID(checkpoint.shard), in: source, from: .end)
            if Cursor(encoded: checkpoint.checkpoint) != end { return false }
        }
        return true
    }
}
