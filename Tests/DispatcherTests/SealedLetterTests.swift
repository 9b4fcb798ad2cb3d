import FakeSLS
import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import TestKit
import Testing

@testable import Dispatcher

/// Dead letters that their logstore refuses as they are.
@Suite(.serialized) struct SealedLetterTests {
    private static let now = Timestamp(seconds: 1_764_000_000)

    /// Bytes that no compression makes smaller, the same each time.
    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    @Test(arguments: [0, 1, 749_990, 750_010, 2_000_000])
    func `a sealed letter has small values, young logs and nothing of what it holds, and can be opened`(
        byteCount: Int
    ) throws {
        let letter = Self.noise(byteCount)
        let sealed = try SealedLetter.seal(letter, at: Self.now)
        let group = try LogGroup(serialized: sealed)
        #expect(group.topic == nil && group.source == nil && group.tags.isEmpty && !group.logs.isEmpty)
        #expect(group.logs.allSatisfy { $0.time == 1_764_000_000 })
        #expect(
            group.logs.map { $0.contents.map(\.key) } == [["size", "zstd"]]
                + group.logs.dropFirst().map { _ in ["zstd"] })
        let texts = group.logs.compactMap(\.contents.last?.value)
        #expect(texts.dropLast().allSatisfy { $0.utf8.count == 1_000_000 })
        #expect(texts.allSatisfy { $0.utf8.count <= 1_000_000 && $0.utf8.allSatisfy { $0 < 0x7F } })
        #expect(SealedLetter.open(sealed[...]) == letter)
    }

    @Test func `a letter of 10 MB is sealed in less`() throws {
        let letter = LogGroup.bytes(count: 10_485_760 + 100)
        let sealed = try SealedLetter.seal(letter, at: Self.now)
        #expect(sealed.count < 1_000_000 && SealedLetter.open(sealed[...]) == letter)
    }

    @Test func `what is no sealed letter is not opened`() throws {
        let sealed = try SealedLetter.seal(ScriptedService.group(1), at: Self.now)
        for count in 0..<sealed.count { #expect(SealedLetter.open(sealed[..<count]) == nil) }
        func log(_ size: String) -> [UInt8] {
            LogGroup(logs: [.init(time: 1, contents: [.init("size", size), .init("zstd", "KLUv/QBYAQAA")])]).serialized
        }
        for size in ["", "-1", "1", "67108865", "9223372036854775807"] {
            #expect(SealedLetter.open(log(size)[...]) == nil)
        }
        #expect(SealedLetter.open(ScriptedService.group(1)[...]) == nil)
    }

    @Test func `the tags tell sealed letters from plain ones, also from plain ones of sealed letters`() throws {
        let tag = DeadLetterTag(try LiveDispatcher.settings())
        let letter = ScriptedService.group(1)
        let sealed = try SealedLetter.seal(letter, at: Self.now) + tag.fields[2] + DeadLetterTag.seal
        let origin = try #require(tag.origin(of: sealed[...]))
        #expect(origin.target == 2 && Array(origin.logGroup) == letter)
        // Somebody's sealed letter that was a log group of the source.
        let plain = try #require(tag.origin(of: (sealed + tag.fields[0])[...]))
        #expect(plain.target == 0 && Array(plain.logGroup) == sealed)
        #expect(tag.origin(of: (letter + tag.fields[1] + DeadLetterTag.seal)[...]) == nil)
    }

    private static func delivery(_ mode: DeliveryMode) throws -> DeliverySettings {
        let source = try LiveDispatcher.settings().source
        var delivery = DeliverySettings()
        delivery.mode = mode
        delivery.deadLetter = DispatcherSettings.Place(
            endpoint: source.endpoint, project: source.project, logstore: try LogstoreName("dead"))
        return delivery
    }

    /// Runs a dispatcher until all is covered, and stops it in order.
    private static func deliverAll(
        _ name: String, of service: ScriptedService, _ delivery: DeliverySettings
    ) async throws -> Ledger {
        let dispatcher = try LiveDispatcher(name, of: service) { $0.delivery = delivery }
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
            let isSettled = try await dispatcher.leave()
            #expect(isSettled)
        }
        return dispatcher.dispatcher.status.totals.ledger
    }

    /// What an audit of all shards says of log groups that are not in their target.
    private static func audit(
        _ service: ScriptedService, _ delivery: DeliverySettings
    ) async throws -> (lost: Int, dead: Int) {
        var sums = (lost: 0, dead: 0)
        for shard in 0..<4 {
            let range = DeliveryAudit.Range(shard: ShardID(shard), from: .position(.begin), to: .position(.end))
            let session = try service.operatorSession { $0.delivery = delivery }
            for finding in try await DeliveryAudit(session).run(range).findings {
                sums.lost += finding.lost
                sums.dead += finding.deadLettered
            }
        }
        return sums
    }

    @Test(arguments: [DeliveryMode.exactlyOnce, .atLeastOnce])
    func `X11 log groups that have become too old for every logstore, dead letters too, hold up nothing`(
        mode: DeliveryMode
    ) async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 2]) { $0.writes.checksLogTimes = true }
        let time = UInt32(clamping: service.clock.wall.seconds)
        let old = (0..<6).map { number in
            LogGroup.make(topic: ["ngnix", "sql_audit", "click"][number % 3], marker: "old\(number)", time: time)
                .serialized
        }
        try await service.fill(old)
        service.clock.jump(by: .seconds(8 * 86_400))
        let delivery = try Self.delivery(mode)
        let totals = try await Self.deliverAll("a", of: service, delivery)
        #expect(totals.targets.map(\.deadLettered) == [2, 2, 2])
        if mode == .exactlyOnce {
            try await service.rewind(to: .begin)
            _ = try await Self.deliverAll("b", of: service, delivery)
        }
        let tag = DeadLetterTag(try LiveDispatcher.settings())
        let stored = try await service.stored("dead")
        #expect(stored.count == 6 && stored.allSatisfy { letter in tag.origin(of: letter[...]) != nil })
        #expect(Set(stored.compactMap { letter in tag.origin(of: letter[...]).map { Array($0.logGroup) } }) == Set(old))
        #expect(try await Self.audit(service, delivery) == (lost: 0, dead: 6))
    }

    @Test func `X11 a log group that its source's own tags have made too large for any logstore holds up nothing`()
        async throws
    {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        var source = LogstoreDescription(logstoreName: "source", ttl: 30)
        source.appendMeta = true
        try await service.client().updateLogstore(try LogstoreName("source"), to: source)
        // The topic's field stands behind it, in the same 10 MB.
        let topic = LogGroup(logs: [], topic: "click").serialized
        try await service.fill([LogGroup.bytes(count: 10_485_760 - 20 - topic.count) + topic])
        try await service.fill(0..<6)
        let delivery = try Self.delivery(.exactlyOnce)
        let totals = try await Self.deliverAll("a", of: service, delivery)
        #expect(totals.targets.map(\.deadLettered) == [0, 0, 1] && totals.targets.map(\.accepted) == [2, 2, 2])
        let tag = DeadLetterTag(try LiveDispatcher.settings())
        let letters = try await service.stored("dead").compactMap { tag.origin(of: $0[...]) }
        #expect(letters.map(\.target) == [2])
        #expect(letters.allSatisfy { $0.logGroup.count > 10_485_760 })
        #expect(try await Self.audit(service, delivery) == (lost: 0, dead: 1))
    }

    @Test func `tags that the dead-letter logstore has appended hide nothing`() throws {
        let tag = DeadLetterTag(try LiveDispatcher.settings())
        func appended(_ keys: String...) -> [UInt8] {
            LogGroup(logs: [], tags: keys.map { LogGroup.Pair($0, "1") }).serialized
        }
        let meta = appended("__client_ip__", "__receive_time__")
        // The log group's own stay, for they stand before ours.
        let logGroup = ScriptedService.group(1) + meta
        for meta in [meta, appended("__receive_time__", "__client_ip__"), appended("__receive_time__")] {
            let plain = try #require(tag.origin(of: (logGroup + tag.fields[1] + meta)[...]))
            #expect(plain.target == 1 && Array(plain.logGroup) == logGroup)
            let sealed = try SealedLetter.seal(logGroup, at: Self.now) + tag.fields[2] + DeadLetterTag.seal + meta
            let opened = try #require(tag.origin(of: sealed[...]))
            #expect(opened.target == 2 && Array(opened.logGroup) == logGroup)
        }
        #expect(tag.origin(of: (logGroup + tag.fields[1] + appended("other"))[...]) == nil)
        for count in 0..<meta.count { #expect(tag.origin(of: meta[..<count]) == nil) }
    }

    @Test(arguments: [false, true]) func `letters in both forms are replayed as the log groups that they hold`(
        appendsMeta: Bool
    ) async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 2])
        var dead = LogstoreDescription(logstoreName: "dead", ttl: 30)
        dead.appendMeta = appendsMeta
        try await service.client().updateLogstore(try LogstoreName("dead"), to: dead)
        try await service.fill(0..<24)
        let spoiled = [3, 4, 7].map { ScriptedService.group($0) }
        service.follow { call in
            guard call.api == .putLogs, let raw = call.rawBody else { return nil }
            let refused = call.request.url.contains("/dead/") ? spoiled.suffix(2) : spoiled[...]
            return refused.contains { raw.starts(with: $0) } ? .refuse(400, "PostBodyInvalid") : nil
        }
        let delivery = try Self.delivery(.exactlyOnce)
        _ = try await Self.deliverAll("a", of: service, delivery)
        #expect(try await Self.audit(service, delivery) == (lost: 0, dead: 3))
        service.heal()
        let session = try service.operatorSession { $0.delivery = delivery }
        let order = DeadLetterReplay.Order(word: try #require(DeliveryIdentity("w")))
        let report = try await DeadLetterReplay(session, order, clock: service.clock.consumerClock).run()
        #expect(report.isComplete && report.written == [1, 2, 0])
        #expect(try await service.copies(0..<24) == (1, 1))
    }
}
