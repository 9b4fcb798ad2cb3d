import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit

/// A consumer on a scripted service, with the processor that hands everything to a `Ledger`.
struct LiveMember: Sendable {
    static let group = "cg"

    /// Who a member says that it is, and when.
    struct Asking: Sendable {
        var credentials: @Sendable () -> Credentials = { ScriptedService.credentials }
        /// nil: the service's own clock.
        var wallClock: (@Sendable () -> Timestamp)?
    }

    let name: String
    let consumer: Consumer
    let ledger: Ledger
    let stop = Eventually<Void>()
    let joined = Eventually<Void>()
    let ended = Eventually<Result<Consumer.Outcome, ConsumerError>>()
    private let handling: (policy: FailurePolicy, handle: @Sendable (Batch) async throws -> Void)?

    /// - Parameters:
    ///   - line: What its transports are called, where two members have one name.
    ///   - handling: A handler in place of the ledger.
    init(
        _ name: String, of service: ScriptedService, line: String? = nil, ledger: Ledger = Ledger(),
        logger: Logger = .silent,
        handling: (policy: FailurePolicy, handle: @Sendable (Batch) async throws -> Void)? = nil,
        asking: Asking = Asking(),
        _ configure: (inout Consumer.Configuration) -> Void = { _ in }
    ) throws {
        let line = line ?? name
        var configuration = Consumer.Configuration(
            logstore: try LogstoreName("app"), group: try ConsumerGroupName(Self.group),
            consumer: try ConsumerName(name))
        configure(&configuration)
        self.name = name
        self.ledger = ledger
        self.handling = handling
        consumer = try Consumer(
            configuration,
            client: try service.client(
                by: service.line(line), credentials: asking.credentials, wallClock: asking.wallClock),
            heartbeatTransport: service.line(line + "-heart"), clock: service.clock.consumerClock, logger: logger)
    }

    /// Runs until stopped or cancelled.
    func run() async {
        do throws(ConsumerError) {
            if let handling {
                ended.set(
                    .success(
                        try await consumer.run(
                            onFailure: handling.policy, joined: { joined.set(()) }, handling.handle)))
                return
            }
            ended.set(
                .success(
                    try await consumer.run(until: stop) {
                        joined.set(())
                    } process: {
                        await ledger.take($0)
                    }))
        } catch {
            ended.set(.failure(error))
        }
    }

    /// Stops it in order.
    ///
    /// - Throws: `NotInTime` when it does not come to its end, or the error it ended with.
    func leave() async throws -> Consumer.Outcome {
        stop.set(())
        consumer.stop()
        guard let result = await ended.value(within: .seconds(30)) else { throw NeverEnded() }
        return try result.get()
    }
}

struct NeverEnded: Error {}

/// Runs members while `body` looks at them; those that it did not stop are cancelled, which is how a crash looks.
func running(_ members: LiveMember..., body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for member in members { group.addTask { await member.run() } }
        do { try await body() } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
    }
}

/// What processors were given, and when they may go on.
final class Ledger: Sendable {
    struct Entry: Sendable {
        let shard: ShardID
        let first: Cursor
        let count: Int
        /// Each log group's own, as `fill` wrote it.
        let markers: [String]
    }

    private struct State {
        var entries: [Entry] = []
        var running: [ShardID: Int] = [:]
        var mostRunning = 0
    }

    private let state = Lock(State())
    /// Until it is set, nothing is acknowledged.
    let gate: Eventually<Void>

    /// - Parameter isOpen: Whether log groups are acknowledged as they come.
    init(isOpen: Bool = true) {
        gate = Eventually()
        if isOpen { gate.set(()) }
    }

    var entries: [Entry] { state.withLock { $0.entries } }
    var groupCount: Int { entries.reduce(0) { $0 + $1.count } }
    /// The most processors that ran for one shard at one time.
    var mostRunning: Int { state.withLock { $0.mostRunning } }

    /// The processor.
    func take(_ held: HeldShard) async -> ProcessingResult {
        state.withLock { state in
            state.running[held.id, default: 0] += 1
            state.mostRunning = max(state.mostRunning, state.running[held.id] ?? 0)
        }
        var sentUpTo: Cursor?
        for await batch in held.batches {
            let entry = Entry(
                shard: batch.shard, first: batch.first, count: batch.count, markers: Self.markers(in: batch))
            state.withLock { $0.entries.append(entry) }
            sentUpTo = batch.next
            if await gate.value() == nil { break }
            held.acknowledge(batch)
        }
        state.withLock { $0.running[held.id, default: 1] -= 1 }
        return ProcessingResult(sentUpTo: sentUpTo)
    }

    /// None where the bytes are no log groups, as some tests have it.
    private static func markers(in batch: Batch) -> [String] {
        // What cannot be read has no marker to compare.
        let groups = (try? batch.logGroups()) ?? []
        return groups.flatMap { $0.logGroup.logs.flatMap(\.contents).filter { $0.key == "message" }.map(\.value) }
    }
}

extension Logger {
    /// Writes nothing.
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension ScriptedService {
    /// Writes log groups of one log each to `app`, to any shard; their markers are numbers.
    ///
    /// - Parameter first: The first one's number.
    func fill(_ count: Int, from first: Int = 0, logstore: String = "app") async throws {
        let client = try client()
        for number in first..<first + count {
            let group = LogGroup.make(topic: "t", marker: "\(number)")
            try await client.putLogs(PutLogsBody(compressing: group.serialized), to: try LogstoreName(logstore))
        }
    }

    /// The checkpoints as the service has them, with who holds each shard; "" for none. Empty without a group.
    func checkpoints() async throws -> [ShardID: (cursor: Cursor?, owner: String)] {
        let client = try client()
        let app = try LogstoreName("app")
        let group = try ConsumerGroupName(LiveMember.group)
        guard try await client.listConsumerGroups(of: app).contains(where: { $0.name == group.value }) else {
            return [:]
        }
        let all = try await client.listCheckpoints(of: group, in: app)
        return Dictionary(
            uniqueKeysWithValues: all.map { (ShardID($0.shard), (Cursor(encoded: $0.checkpoint), $0.consumer)) })
    }

    /// The end of each shard of `app`.
    func ends() async throws -> [ShardID: Cursor] {
        let client = try client()
        let app = try LogstoreName("app")
        var ends: [ShardID: Cursor] = [:]
        for shard in try await client.listShards(of: app).map({ ShardID($0.id) }) {
            ends[shard] = try await client.getCursor(of: shard, in: app, from: .end)
        }
        return ends
    }

    /// Whether every shard's checkpoint is at its end.
    func isReadOut() async throws -> Bool {
        let checkpoints = try await checkpoints()
        return try await ends().allSatisfy { checkpoints[$0.key]?.cursor == $0.value }
    }
}
