import Foundation
import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

extension LoopTests.LookOutTests {
    private func save(_ cursor: Cursor, _ service: ScriptedService) async throws {
        try await service.client().saveCheckpoint(
            cursor, of: ShardID(0), in: ConsumerGroupName(LiveMember.group), of: LogstoreName("app"), as: .forced())
    }

    @Test func `C30 two members under one name both alarm within seconds, and nothing is lost`() async throws {
        let service = try ScriptedService(["app": 2])
        let (oneLines, twoLines) = (Lock<[String]>([]), Lock<[String]>([]))
        let first = try LiveMember("twin", of: service, line: "one", logger: .collecting(into: oneLines))
        let second = try LiveMember("twin", of: service, line: "two", logger: .collecting(into: twoLines))
        try await running(first, second) {
            try await wait(for: "both believe that they have both shards") {
                [first, second].allSatisfy { $0.consumer.status.shards.count { $0.value.confirmed != nil } == 2 }
            }
            // A look in 3 s, each of which may find what the other has saved: as a rule both know within 5 to 25 s.
            var written = 0
            try await wait(for: "both alarm") {
                try await service.fill(5, from: written)
                written += 5
                return [first, second].allSatisfy { $0.consumer.status.foreignCheckpointCount > 0 }
            }
            for (name, lines) in [("one", oneLines), ("two", twoLines)] {
                let alarm = lines.withLock { $0 }.first { $0.contains("somebody else has set") }
                #expect(alarm?.contains("another process runs under this consumer's name") == true, "\(name)")
            }
            second.consumer.stop()
            second.stop.set(())
            _ = await second.ended.value()
            try await service.fill(5, from: written)
            written += 5
            try await wait(for: "the one that stays reads on") { try await service.isReadOut() }
            let arrived = [first, second].flatMap { $0.ledger.entries.flatMap(\.markers) }
            #expect(Set(arrived) == Set((0..<written).map { "\($0)-0" }), "by content, from first to last")
        }
    }

    @Test func `a reset by hand under a live member is followed, with an alarm`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(10)
        let lines = Lock<[String]>([])
        let member = try LiveMember("a", of: service, logger: .collecting(into: lines)) { $0.pullCount = 4 }
        try await running(member) {
            try await wait(for: "all is saved") { try await service.isReadOut() }
            let begin = try await service.client().getCursor(of: ShardID(0), in: LogstoreName("app"), from: .begin)
            // The fourth log group: between two batches, so that nothing was ever saved there.
            try await save(begin.advanced(by: 3), service)
            try await wait(for: "the last seven come again") { member.ledger.groupCount == 17 }
            try await wait(for: "all is saved again") { try await service.isReadOut() }
            #expect(member.consumer.status.foreignCheckpointCount == 1)
            #expect(member.consumer.status.shards[ShardID(0)]?.restartCount == 1)
            let alarm = try #require(lines.withLock { $0 }.first { $0.contains("somebody else has set") })
            #expect(alarm.contains("another process runs under this consumer's name"))
            #expect(alarm.contains("reset by hand"))
        }
    }

    @Test func `C31 a late copy of an older save at a read-only end is saved over, and the children start`()
        async throws
    {
        let service = try ScriptedService(["app": 1])
        let app = try LogstoreName("app")
        try await service.client().createConsumerGroup(
            try ConsumerGroupName(LiveMember.group), of: app, timeoutSeconds: 30, isOrdered: true)
        try await service.fill(5)
        let begin = try await service.client().getCursor(of: ShardID(0), in: app, from: .begin)
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "all is saved") { try await service.isReadOut() }
            // What was saved first, at the take-over, arrives a second time; then the shard is split.
            try await save(begin, service)
            let half = try #require(HashKey(hex: "80"))
            _ = try await service.client().splitShard(ShardID(0), of: app, at: half)
            try await wait(for: "the children are ours and the parent is not") {
                Set(member.consumer.status.shards.keys) == [ShardID(1), ShardID(2)]
            }
            #expect(member.consumer.status.foreignCheckpointCount == 0)
            #expect(member.ledger.groupCount == 5, "nothing was handed over a second time")
        }
    }

    @Test func `all shards of a member are looked after with one request`() async throws {
        let service = try ScriptedService(["app": 8])
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "all are held") {
                member.consumer.status.shards.count { $0.value.confirmed != nil } == 8
            }
            let began = service.clock.now
            await service.clock.sleep(for: .seconds(31))
            let looks = service.calls(.listCheckpoints, by: "a").filter { $0.query("shard") == nil && $0.sent > began }
            #expect((5...22).contains(looks.count), "8 shards, a look in 3 s: \(looks.count)")
        }
    }

    @Test func `a checkpoint that is no cursor holds its shard and leaves the others alone`() async throws {
        let service = try ScriptedService(["app": 2], clock: ScaledClock(speed: 40))
        try await service.fill(20)
        let app = try LogstoreName("app")
        service.follow { call in
            guard call.api == .listCheckpoints else { return nil }
            return .change { Self.withGarbage(of: 0, in: $0) }
        }
        let member = try LiveMember("a", of: service) { $0.timeout = .seconds(60) }
        try await running(member) {
            try await wait(for: "it is held") { member.consumer.status.shards[ShardID(0)]?.state.word == "held" }
            try await wait(for: "the other is read out") {
                try await service.checkpoints()[ShardID(1)]?.cursor == service.ends()[ShardID(1)]
            }
            #expect(!member.ledger.entries.contains { $0.shard == ShardID(0) })
            service.heal()
            let begin = try await service.client().getCursor(of: ShardID(0), in: app, from: .begin)
            try await save(begin, service)
            try await wait(for: "all is saved") { try await service.isReadOut() }
        }
    }

    /// The listing with something that is no cursor as that shard's checkpoint.
    private static func withGarbage(of shard: Int, in answer: TransportResponse) -> TransportResponse {
        guard var list = try? JSONDecoder().decode([CheckpointDescription].self, from: Data(answer.body)) else {
            return answer
        }
        for index in list.indices where list[index].shard == shard { list[index].checkpoint = "bm8tY3Vyc29y" }
        // Only strings and numbers: nothing that JSON does not have.
        return .json((try? JSONEncoder().encode(list)).map { String(decoding: $0, as: UTF8.self) } ?? "[]")
    }
}

extension Logger {
    /// Writes message and metadata of each line into the list.
    static func collecting(into lines: Lock<[String]>) -> Logger {
        Logger(label: "test") { _ in CollectingHandler(lines: lines) }
    }
}

private struct CollectingHandler: LogHandler {
    let lines: Lock<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
