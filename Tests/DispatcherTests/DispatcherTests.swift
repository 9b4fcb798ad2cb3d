import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Whole dispatchers on a clock that runs ten times as fast, one test after the other.
@Suite(.serialized) struct DispatcherTests {
    @Test func `each log group arrives byte for byte in the target of its topic`() async throws {
        let service = try ScriptedService.withTargets()
        let tags = (0..<30).map { LogGroup.Pair("__tag_\($0)__", "v\($0)") }
        let unknown: [UInt8] = [0xFA, 0x07, 3, 1, 2, 3]  // field 127, bytes
        let routed: [(String, [UInt8])] = [
            ("web", LogGroup.make(topic: "ngnix", logs: 3, tags: tags, nanoseconds: 123_456_789).serialized + unknown),
            ("web", unknown + LogGroup.make(topic: "ngnix", source: nil).serialized),
            ("audit", LogGroup.make(topic: "sql_audit", logs: 50).serialized),
            // A repeated topic counts by its last.
            ("clicks", LogGroup.make(topic: "other").serialized + [0x1A, 5] + Array("click".utf8)),
        ]
        let others: [[UInt8]] = [
            LogGroup.make(topic: "nginx").serialized, LogGroup.make(topic: nil).serialized,
            LogGroup.make(topic: "Click").serialized,
            LogGroup.make(topic: String(repeating: "long", count: 1_000)).serialized,
        ]
        try await service.fill(routed.map(\.1) + others)
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        for logstore in ["web", "audit", "clicks"] {
            let expected = Set(routed.filter { $0.0 == logstore }.map(\.1))
            let stored = try await service.stored(logstore)
            #expect(Set(stored) == expected && stored.count == expected.count)
        }
        let totals = dispatcher.dispatcher.status.totals
        #expect(totals.unrouted == 4)
        #expect(totals.unroutedTopics.counts["nginx"] == 1)
        #expect(totals.unroutedTopics.counts.keys.allSatisfy { $0.utf8.count < 140 })
    }

    @Test func `a target that is down holds up no other, and has all once it is back`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<60)
        service.follow { $0.api == .putLogs && $0.request.url.contains("/audit/") ? .drop : nil }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "the others have theirs") {
                let counts = dispatcher.dispatcher.status.totals.accepted
                return counts[0] == 20 && counts[2] == 20
            }
            #expect(try await service.stored("audit").isEmpty)
            let began = service.clock.now
            try await wait(for: "a while") { service.clock.now - began > .seconds(20) }
            let tries = service.calls(.putLogs).count { $0.request.url.contains("/audit/") && $0.sent >= began }
            #expect(tries < 60, "4 shards with a back-off of their own: \(tries) tries in 20 s")
            service.heal()
            try await wait(for: "all is covered") { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        let copies = try await service.copies(0..<60)
        #expect(copies == (1, 1))
    }

    @Test func `answers that are lost after the write bring copies and lose nothing`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<60)
        service.follow(.putLogs) { number in
            number.isMultiple(of: 5)
                ? .loseAnswer : number.isMultiple(of: 7) ? .refuse(403, "WriteQuotaExceed") : nil
        }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        let copies = try await service.copies(0..<60)
        #expect(copies.least == 1 && copies.most > 1)
    }

    @Test(arguments: [
        (404, "LogStoreNotExist"), (400, "PostBodyInvalid"), (401, "Unauthorized"), (413, "PostBodyTooLarge"),
    ])
    func `a refusal for good blocks, is tried every 30 s and ends with what is owed`(status: Int, code: String)
        async throws
    {
        let service = try ScriptedService.withTargets(speed: 40)
        try await service.fill(0..<30)
        service.follow { $0.api == .putLogs && $0.request.url.contains("/audit/") ? .refuse(status, code) : nil }
        let dispatcher = try LiveDispatcher("a", of: service) { $0.groupTimeout = .seconds(120) }
        try await running(dispatcher) {
            try await wait(for: "the others have theirs") {
                let counts = dispatcher.dispatcher.status.totals.accepted
                return counts[0] == 10 && counts[2] == 10
            }
            try await wait(for: "it is blocked") {
                dispatcher.dispatcher.status.shards.contains { $0.state == "blocked" }
            }
            let blocked = service.clock.now
            try await wait(for: "more than a minute") { service.clock.now - blocked > .seconds(70) }
            let tries = service.calls(.putLogs).filter { $0.request.url.contains("/audit/") && $0.sent > blocked }
            #expect((2...16).contains(tries.count), "each of 4 shards once in 30 s: \(tries.count)")
            #expect(dispatcher.dispatcher.status.member.leaseLossCount == 0)
            let stopped = service.clock.now
            #expect(try await !dispatcher.leave(), "exit status 2")
            #expect(service.clock.now - stopped < .seconds(30), "nobody waits for what is refused")
        }
        let covered = try await service.isCovered()
        #expect(!covered)
        service.heal()
        let next = try LiveDispatcher("a", of: service)
        try await running(next) { try await wait(for: "all is covered") { try await service.isCovered() } }
        #expect(try await service.copies(0..<30).least == 1)
    }

    @Test func `a crash between write and save brings copies and loses nothing`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<90)
        let first = try LiveDispatcher("a", of: service)
        try await running(first) {
            try await wait(for: "positions are saved") {
                first.dispatcher.status.shards.count { $0.checkpoint != nil } == 4
            }
            service.follow { $0.api == .saveCheckpoint ? .drop : nil }
            try await service.fill(90..<150)
            try await wait(for: "something is written that is not saved") {
                first.dispatcher.status.totals.accepted.reduce(0, +) >= 120
            }
        }
        service.heal()
        let second = try LiveDispatcher("b", of: service)
        try await running(second) {
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered() }
            #expect(try await second.leave())
        }
        let copies = try await service.copies(0..<150)
        #expect(copies.least >= 1 && copies.most > 1)
    }

    @Test func `no write starts that could end after the lease`() async throws {
        let service = try ScriptedService.withTargets()
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "it holds the shards") {
                dispatcher.dispatcher.status.shards.count { $0.checkpoint != nil } == 4
            }
            service.follow { $0.api == .heartbeat ? .hang : $0.api == .putLogs ? .refuse(503, "ServerBusy") : nil }
            try await service.fill(0..<60)
            try await wait(for: "the lease is lost") { dispatcher.dispatcher.status.member.leaseLossCount == 1 }
        }
        let lastAnswered = try #require(service.calls(.heartbeat).last { $0.status == 200 })
        let lastPut = try #require(service.calls(.putLogs).last)
        // T 30 s, margin 6 s, a write may take 9.5 s.
        #expect(lastPut.sent - lastAnswered.sent < .seconds(24 - 9.5))
        #expect(service.calls(.putLogs).allSatisfy { $0.request.timeout == .seconds(9.5) })
    }

    @Test func `every logstore that is missing is named at once`() async throws {
        let service = try ScriptedService(["source": 1, "web": 1])
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) { _ = await dispatcher.ended.value(within: .seconds(30)) }
        guard case .failure(let error) = dispatcher.ended.current else {
            Issue.record("it started")
            return
        }
        #expect("\(error)".contains("audit") && "\(error)".contains("clicks") && !"\(error)".contains("\"web\""))
        #expect(service.calls(.heartbeat).isEmpty && service.calls(.createConsumerGroup).isEmpty)
    }

    @Test func `who may not ask for logstores goes on`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<3)
        service.follow { $0.api == .getLogstore ? .refuse(403, "Forbidden") : nil }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) { try await wait(for: "all is covered") { try await service.isCovered() } }
    }

    @Test func `a target that is down at the start holds up none of the others`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<30)
        let isDown: @Sendable (ScriptedService.Call) -> Bool = { $0.request.url.contains("/logstores/audit") }
        service.follow { isDown($0) ? ($0.api == .getLogstore ? .hang : .drop) : nil }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "the others have theirs", within: .seconds(120)) {
                dispatcher.dispatcher.status.totals.accepted == [10, 0, 10]
            }
            #expect(service.calls(.getLogstore).filter(isDown).count == 1)
            service.heal()
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
        }
    }

    @Test func `a source that cannot be asked for ends the start after a minute`() async throws {
        let service = try ScriptedService.withTargets()
        service.follow { $0.request.url.contains("/logstores/source") ? .refuse(503, "ServerBusy") : nil }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) { _ = await dispatcher.ended.value(within: .seconds(120)) }
        guard case .failure(.check(let logstore, _)) = dispatcher.ended.current else {
            Issue.record("it started")
            return
        }
        #expect(logstore.contains("source") && service.calls(.heartbeat).isEmpty)
    }

    @Test func `a stop while the start still waits ends settled`() async throws {
        let service = try ScriptedService.withTargets()
        service.follow { _ in .hang }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "a call hangs") { !service.calls.isEmpty }
            #expect(try await dispatcher.leave())
        }
        #expect(service.calls.count == 1)
    }

    @Test func `a body that is no list of log groups is pulled again, slowly, and what came before it is delivered`()
        async throws
    {
        let service = try ScriptedService(["source": 1, "web": 1, "audit": 1, "clicks": 1])
        try await service.fill(0..<9)
        let spoiled = Lock(0)
        service.follow { call in
            guard call.api == .pullLogs, spoiled.withLock({ $0 < 3 }) else { return nil }
            return .change { answer in
                guard (answer["x-log-count"] ?? "0") != "0" else { return answer }
                spoiled.withLock { $0 += 1 }
                var answer = answer
                answer.body = Array(repeating: 0xFF, count: 40)
                answer.headers.removeAll { $0.name.lowercased() == "x-log-compresstype" }
                answer.headers.removeAll { $0.name.lowercased() == "x-log-bodyrawsize" }
                answer.headers.append(("x-log-bodyrawsize", "40"))
                return answer
            }
        }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        #expect(try await service.copies(0..<9) == (1, 1))
        let pulls = service.calls(.pullLogs).filter { $0.ended != nil }.prefix(4)
        #expect(try #require(pulls.last).sent - pulls[0].sent > .milliseconds(500))
    }

    @Test func `two dispatchers share the shards, and a failing save never lets a checkpoint pass a group`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<120)
        service.follow(.putLogs, .saveCheckpoint) { number in
            number.isMultiple(of: 4)
                ? .refuse(500, "InternalServerError") : number.isMultiple(of: 9) ? .drop : nil
        }
        let one = try LiveDispatcher("a", of: service)
        let two = try LiveDispatcher("b", of: service)
        try await running(one, two) {
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered() }
            // Covered means delivered: each must be there at this moment.
            #expect(try await service.copies(0..<120).least == 1)
            #expect(try await one.leave())
            #expect(try await two.leave())
        }
    }

    @Test func `warnings that repeat say so once in 30 s, and none shows a secret`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<30)
        service.follow { call in
            guard call.api == .putLogs || call.api == .heartbeat else { return nil }
            return .answer(
                .json(#"{"errorCode":"ServerBusy","errorMessage":"key fake-id of fake-secret"}"#, status: 503))
        }
        let lines = LineRecorder()
        let dispatcher = try LiveDispatcher("a", of: service, logger: lines.logger)
        try await running(dispatcher) {
            let began = service.clock.now
            try await wait(for: "20 s of failing heartbeats") { service.clock.now - began > .seconds(20) }
        }
        #expect(lines.all.count { $0.contains("a heartbeat failed") } == 1)
        #expect(service.calls(.heartbeat).count > 5)
        #expect(!lines.all.contains { $0.contains("fake-secret") || $0.contains("fake-id") })
    }

    @Test(arguments: DeliveryMode.allCases)
    func `the books are right after a stop and after a hand-over with full queues`(mode: DeliveryMode) async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<240)
        service.follow { call in
            guard call.api == .putLogs else { return nil }
            if call.request.url.contains("/audit/") { return .refuse(403, "WriteQuotaExceed") }
            return call.request.url.contains("/clicks/") ? .refuse(404, "LogStoreNotExist") : nil
        }
        func configure(_ settings: inout DispatcherSettings) {
            settings.delivery.mode = mode
            settings.delivery.batchWait = .seconds(1)
        }
        let one = try LiveDispatcher("a", of: service) { configure(&$0) }
        let two = try LiveDispatcher("b", of: service) { configure(&$0) }
        try await running(one) {
            try await wait(for: "the queues are full") {
                let ledger = one.dispatcher.status.totals.ledger
                return ledger.targets[0].accepted == 80 && ledger.targets[1].inFlight == 80
            }
            // Both must settle into two shards each.
            try await running(two) {
                try await wait(for: "shards are handed over", within: .seconds(60)) {
                    two.dispatcher.status.totals.ledger.targets[1].inFlight == 40
                }
                let ledger = one.dispatcher.status.totals.ledger
                #expect(ledger.mistakes == [] && ledger.targets[1].returned == 40)
                #expect(ledger.targets[1].inFlight == 40)
            }
            service.follow { call in
                call.api == .putLogs && call.request.url.contains("/clicks/") ? .refuse(404, "LogStoreNotExist") : nil
            }
            _ = try await one.leave()
        }
        let ledger = one.dispatcher.status.totals.ledger
        #expect(ledger.mistakes == [] && ledger.targets[2].returned == ledger.targets[2].routed)
    }
}
