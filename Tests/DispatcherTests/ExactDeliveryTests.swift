import FakeSLS
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Whole dispatchers that deliver exactly once, on a clock that runs ten times as fast; the scenarios of
/// consumer-group.md chapter 6.
@Suite(.serialized) struct ExactDeliveryTests {
    /// Starts a dispatcher, lets it deliver everything, and stops it in order.
    private func deliverAll(
        _ name: String = "a", of service: ScriptedService, group: String = "cg",
        _ configure: (inout DispatcherSettings) -> Void = { _ in }
    ) async throws -> DispatchCounters.Totals {
        let groupName = try ConsumerGroupName(group)
        let dispatcher = try LiveDispatcher(name, of: service) {
            $0.delivery.mode = .exactlyOnce
            $0.group = groupName
            configure(&$0)
        }
        try await running(dispatcher) {
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered(by: group) }
            #expect(try await dispatcher.leave())
        }
        return dispatcher.dispatcher.status.totals
    }

    private static func suppressed(_ totals: DispatchCounters.Totals) -> Int {
        totals.ledger.targets.reduce(0) { $0 + $1.suppressed }
    }

    @Test func `each write goes under a key and an id, one at a time for each key, in the order of the source`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<120)
        let totals = try await deliverAll(of: service)
        #expect(try await service.copies(0..<120) == (1, 1))
        #expect(Self.suppressed(totals) == 0 && totals.unexplainedRefusals == 0)
        var lanes: [String: [ScriptedService.Call]] = [:]
        for put in service.calls(.putLogs) { lanes[try #require(put.query("key")), default: []].append(put) }
        #expect(lanes.count > 24, "3 targets, 4 shards, 8 lanes")
        for puts in lanes.values {
            let ids = puts.compactMap { $0.query("seqid").flatMap { Int64($0) } }
            #expect(ids.count == puts.count && zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
            #expect(
                zip(puts, puts.dropFirst()).allSatisfy { before, after in before.ended.map { $0 <= after.sent } ?? false
                })
        }
    }

    @Test(arguments: [DeliveryMode.exactlyOnce, .exactlyOnceBatched])
    func `X2, X10 killed again and again, and restarted under the same name, every log group arrives once`(
        mode: DeliveryMode
    ) async throws {
        let service = try ScriptedService.withTargets(speed: 20)
        var generator = SeededGenerator(seed: 2)
        var filled = 0
        for _ in 0..<10 {
            try await service.fill(filled..<filled + 60)
            filled += 60
            let bound = Int.random(in: 1..<60, using: &generator)
            let answers = service.follow(.putLogs) { number in number % 7 == 3 ? .loseAnswer : nil }
            let dispatcher = try LiveDispatcher("a", of: service) {
                $0.delivery.mode = mode
                $0.delivery.batchWait = .seconds(2)
            }
            try await running(dispatcher) {
                try await wait(for: "\(bound) writes") { answers.withLock { $0 } >= bound }
            }
        }
        service.heal()
        _ = try await deliverAll(of: service) {
            $0.delivery.mode = mode
            $0.delivery.batchWait = .seconds(2)
        }
        let copies = try await service.copies(0..<filled)
        #expect(copies == (1, 1))
    }

    @Test func `X3 an answer that is lost after the write makes one suppressed repetition and no copy`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<60)
        let lost = Lock<Set<String>>([])
        let first = Lock<[String: String]>([:])
        service.follow { call in
            guard call.api == .putLogs, let id = call.query("seqid"), let key = call.query("key") else { return nil }
            // A second id means that the key's first was accepted: no lane is in its replay any more.
            let isReplay = first.withLock { first -> Bool in
                if first[key] == nil { first[key] = id }
                return first[key] == id
            }
            if isReplay { return nil }
            return lost.withLock { $0.count < 5 && $0.insert("\(key) \(id)").inserted } ? .loseAnswer : nil
        }
        let totals = try await deliverAll(of: service) { $0.delivery.laneCount = 1 }
        #expect(Self.suppressed(totals) == 5 && totals.unexplainedRefusals == 0)
        #expect(try await service.copies(0..<60) == (1, 1))
    }

    @Test func `X4, X5 requests of a dead owner that land after its successor has passed store nothing`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<90)
        let held = Lock<[TransportRequest]>([])
        service.follow { call in
            guard call.api == .putLogs else { return nil }
            held.withLock { $0.append(call.request) }
            return .hang
        }
        let first = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
        try await running(first) {
            try await wait(for: "requests are under way") { held.withLock { $0.count } >= 20 }
        }
        service.heal()
        let late = held.withLock { $0 }
        // Some land before the successor begins, the others once it has passed.
        let wire = service.line("late")
        for request in late.prefix(10) { _ = try await wire.send(request) }
        let totals = try await deliverAll("b", of: service)
        for request in late { _ = try await wire.send(request) }
        #expect(Self.suppressed(totals) == 10)
        #expect(try await service.copies(0..<90) == (1, 1))
    }

    @Test func `X6 a checkpoint that is set back to what was delivered brings nothing again`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<300)
        _ = try await deliverAll(of: service)
        try await service.rewind(to: .begin)
        let totals = try await deliverAll("b", of: service)
        #expect(Self.suppressed(totals) == 300 && totals.unexplainedRefusals == 0)
        #expect(try await service.copies(0..<300) == (1, 1))
    }

    @Test func `X7 a target over its quota for a minute keeps its order, and the others are not held up`() async throws
    {
        let service = try ScriptedService.withTargets(speed: 40)
        try await service.fill(0..<120)
        let end = Lock<Instant?>(nil)
        let clock = service.clock
        service.follow { call in
            guard call.api == .putLogs, call.request.url.contains("/audit/") else { return nil }
            let until = end.withLock { end -> Instant in
                end = end ?? clock.now + .seconds(60)
                return end ?? clock.now
            }
            return clock.now < until ? .refuse(403, "WriteQuotaExceed") : nil
        }
        let dispatcher = try LiveDispatcher("a", of: service) {
            $0.groupTimeout = .seconds(120)
            $0.delivery.mode = .exactlyOnce
        }
        try await running(dispatcher) {
            try await wait(for: "the others have theirs") {
                let counts = dispatcher.dispatcher.status.totals.accepted
                return counts[0] == 40 && counts[2] == 40
            }
            #expect(try await service.stored("audit").isEmpty)
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        #expect(try await service.copies(0..<120) == (1, 1))
        var ids: [String: [Int64]] = [:]
        for put in service.calls(.putLogs) where put.status == 200 {
            ids[try #require(put.query("key")), default: []].append(try #require(Int64(put.query("seqid") ?? "")))
        }
        #expect(ids.values.allSatisfy { $0 == $0.sorted() })
    }

    @Test(arguments: [false, true])
    func `X8 splits and merges of a target change nothing, unless they make it forget ids`(forgets: Bool) async throws {
        let service = try ScriptedService.withTargets { $0.writes.forgetsSequenceIDsOnSplit = forgets }
        for round in 0..<3 {
            try await service.fill(round * 60..<round * 60 + 60)
            let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
            try await running(dispatcher) {
                try await wait(for: "something is written") {
                    dispatcher.dispatcher.status.totals.accepted.reduce(0, +) > 0
                }
                try await service.splitFirstShard(of: "web")
                try await wait(for: "all is written") {
                    try await service.copies(0..<round * 60 + 60).least == 1
                }
            }
            try await service.rewind(to: .begin)
        }
        _ = try await deliverAll("b", of: service)
        let copies = try await service.copies(0..<180)
        #expect(copies.least == 1)
        #expect((copies.most == 1) == !forgets)
    }

    @Test(arguments: [true, false]) func `X9 routes may change after a stop in order; after a kill copies may come`(
        isOrderly: Bool
    ) async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<60)
        if isOrderly {
            _ = try await deliverAll(of: service)
        } else {
            let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
            try await running(dispatcher) {
                try await wait(for: "all is written") { try await service.copies(0..<60).least == 1 }
            }
            try await service.rewind(to: .begin)
        }
        try await service.fill(60..<120)
        _ = try await deliverAll("b", of: service) {
            // The first topic goes to a second place from now on.
            $0.routes = RouteTable($0.routes.routes + [.init(topic: "ngnix", target: 2)])
        }
        var counts: [[UInt8]: Int] = [:]
        for group in try await service.stored("web") + service.stored("audit") { counts[group, default: 0] += 1 }
        let copies = (0..<120).filter { $0 % 3 != 2 }.map { counts[ScriptedService.group($0)] ?? 0 }
        #expect(copies.min() == 1)
        #expect(copies.max() == (isOrderly ? 1 : 2))
        let clicks = try await service.stored("clicks")
        let doubled = stride(from: 60, to: 120, by: 3).map { number in
            clicks.count { $0 == ScriptedService.group(number) }
        }
        #expect(doubled.allSatisfy { $0 == 1 })
    }

    @Test func `X11 what a target refuses for its data goes to the dead letters, once, and its lane goes on`()
        async throws
    {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        try await service.fill(0..<60)
        let spoiled = Set([4, 7, 31].map { ScriptedService.group($0) })
        let dead = try LogstoreName("dead")
        service.follow { call in
            guard call.api == .putLogs, call.request.url.contains("/audit/"), let raw = call.rawBody else { return nil }
            return spoiled.contains(raw) ? .refuse(400, "PostBodyInvalid") : nil
        }
        func configure(_ settings: inout DispatcherSettings) {
            settings.delivery.deadLetter = DispatcherSettings.Place(
                endpoint: settings.source.endpoint, project: settings.source.project, logstore: dead)
        }
        let totals = try await deliverAll(of: service) { configure(&$0) }
        #expect(totals.ledger.targets[1].deadLettered == 3)
        try await service.rewind(to: .begin)
        _ = try await deliverAll("b", of: service) { configure(&$0) }
        let tag = DeadLetterTag(try LiveDispatcher.settings())
        let letters = try await service.stored("dead").compactMap { tag.origin(of: $0[...]) }
        #expect(Set(letters.map { Array($0.logGroup) }) == spoiled && letters.allSatisfy { $0.target == 1 })
        #expect(try await service.stored("dead").count == 3)
        #expect(try await service.stored("audit").count == 17)
    }

    @Test func `X13 with one lane and a group in order, a split of the source keeps the order of each key`()
        async throws
    {
        let service = try ScriptedService(["source": 1, "web": 1, "audit": 1, "clicks": 1])
        let client = try service.client()
        let source = try LogstoreName("source")
        try await client.createConsumerGroup(
            try ConsumerGroupName("cg"), of: source, timeoutSeconds: 30, isOrdered: true)
        func write(_ range: Range<Int>) async throws {
            for number in range {
                let key = try #require(HashKey(hex: number.isMultiple(of: 2) ? "1" : "e"))
                let group = LogGroup.make(topic: "ngnix", marker: "n\(number)").serialized
                try await client.putLogs(PutLogsBody(compressing: group), to: source, target: .key(key))
            }
        }
        try await write(0..<20)
        let dispatcher = try LiveDispatcher("a", of: service) {
            $0.delivery.mode = .exactlyOnce
            $0.delivery.laneCount = 1
        }
        try await running(dispatcher) {
            try await service.splitFirstShard(of: "source")
            try await write(20..<40)
            try await wait(for: "all is there", within: .seconds(60)) { try await service.stored("web").count == 40 }
        }
        let arrived = try await service.stored("web")
        for remainder in 0..<2 {
            let numbers = (0..<40).filter { $0 % 2 == remainder }
            let expected = numbers.map { LogGroup.make(topic: "ngnix", marker: "n\($0)").serialized }
            #expect(arrived.filter { expected.contains($0) } == expected)
        }
    }

    @Test func `X18 a checkpoint before the configured start is held, until the start is changed`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<60)
        service.clock.jump(by: .seconds(600))
        let start = service.clock.wall
        try await service.fill(60..<120)
        func configure(_ settings: inout DispatcherSettings) {
            settings.delivery.mode = .exactlyOnce
            settings.start = StartSetting(position: .received(start), isFixed: true)
        }
        _ = try await deliverAll(of: service) { configure(&$0) }
        #expect(try await service.copies(0..<60) == (0, 0))
        #expect(try await service.copies(60..<120) == (1, 1))

        try await service.rewind(to: .begin)
        let lines = LineRecorder()
        let held = try LiveDispatcher("b", of: service, logger: lines.logger) { configure(&$0) }
        let putsBefore = service.calls(.putLogs).count
        try await running(held) {
            try await wait(for: "all shards are held") {
                held.dispatcher.status.shards.count { $0.state == "held" } == 4
            }
            #expect(try await !held.leave(), "exit status 2")
        }
        #expect(service.calls(.putLogs).count == putsBefore)
        let alarm = try #require(lines.all.first { $0.hasPrefix("error") && $0.contains("configured start") })
        #expect(
            alarm.contains("SLS_CURSOR_START") && alarm.contains("the checkpoint")
                && alarm.contains("log groups before"))

        let totals = try await deliverAll("c", of: service) { $0.start = StartSetting(position: .begin, isFixed: true) }
        #expect(Self.suppressed(totals) == 0)
        #expect(try await service.copies(0..<60) == (1, 1))
    }

    @Test func `X18 a start that is still to come for the service is refused before the group is joined`() async throws
    {
        let service = try ScriptedService.withTargets()
        // As a host sees it whose clock is an hour ahead.
        let start = service.clock.wall + 3_600
        let dispatcher = try LiveDispatcher("a", of: service) {
            $0.delivery.mode = .exactlyOnce
            $0.start = StartSetting(position: .received(start), isFixed: true)
        }
        try await running(dispatcher) {
            guard case .failure(let error) = await dispatcher.ended.value(within: .seconds(60)) else {
                Issue.record("it was not refused")
                return
            }
            let message = error.description
            #expect(message.contains("start \(start.iso8601) is still to come"), "\(message)")
            let written = try #require(message.firstRange(of: /SLS_CURSOR_START=[^,]+/))
            let text = message[written].dropFirst("SLS_CURSOR_START=".count)
            let instead = try #require(StartSetting(String(text), now: service.clock.wall))
            #expect(instead.isFixed && !instead.isOfHostZone, "\(text)")
        }
        #expect(service.calls(.createConsumerGroup).isEmpty && service.calls(.heartbeat).isEmpty)
    }

    @Test func `X19 groups with routes of their own write into one target, and neither refuses the other's`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<60)
        let one = try await deliverAll("a", of: service) {
            $0.routes = RouteTable([.init(topic: "ngnix", target: 0)])
        }
        let other = try await deliverAll("b", of: service, group: "other") {
            $0.routes = RouteTable([.init(topic: "sql_audit", target: 0), .init(topic: "ngnix", target: 0)])
        }
        #expect(Self.suppressed(one) == 0 && Self.suppressed(other) == 0)
        #expect(try await service.stored("web").count == 60)
    }

    @Test func `X20 two dispatchers with different routes in one group bring copies at worst`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<60)
        let one = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
        let two = try LiveDispatcher("b", of: service) {
            $0.delivery.mode = .exactlyOnce
            $0.routes = RouteTable($0.routes.routes + [.init(topic: "other", target: 0)])
        }
        try await running(one, two) {
            try await service.fill(60..<150)
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered() }
            #expect(try await one.leave())
            #expect(try await two.leave())
        }
        #expect(try await service.copies(0..<150).least == 1)
    }

    @Test func `a proxy that posts twice makes the shard begin again, the second time is an alarm, nothing is doubled`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        let lines = LineRecorder()
        let seen = Lock<[String: Int]>([:])
        try await service.fill(0..<400)
        service.follow { call in
            guard call.api == .putLogs, let key = call.query("key") else { return nil }
            let number = seen.withLock { seen -> Int in
                seen[key, default: 0] += 1
                return seen[key] ?? 0
            }
            return number.isMultiple(of: 12) ? .change { _ in .refusal(400, "InvalidSequenceId") } : nil
        }
        let dispatcher = try LiveDispatcher("a", of: service, logger: lines.logger) {
            $0.delivery.mode = .exactlyOnce
            $0.delivery.laneCount = 1
        }
        try await running(dispatcher) {
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered() }
        }
        #expect(dispatcher.dispatcher.status.totals.unexplainedRefusals >= 4)
        for level in ["warning", "error"] {
            #expect(lines.all.contains { $0.hasPrefix(level) && $0.contains("refused the sequence id") })
        }
        #expect(try await service.copies(0..<400) == (1, 1))
    }
}
