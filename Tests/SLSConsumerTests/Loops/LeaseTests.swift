import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

/// T = 30 s: margin 6 s, heartbeats every 5 s, the lease 24 s.
extension LoopTests.LeaseTests {
    /// A member that holds all 4 shards, with nothing to read.
    private func settled(_ service: ScriptedService, _ ledger: Ledger = Ledger()) async throws -> LiveMember {
        try LiveMember("a", of: service, ledger: ledger)
    }

    private func waitForShards(_ count: Int, of member: LiveMember) async throws {
        try await wait(for: "\(count) shards of \(member.name)") {
            let shards = member.consumer.status.shards.values
            return shards.count { $0.confirmed != nil && $0.state != .shuttingDown } == count && shards.count == count
        }
    }

    @Test func `C10 heartbeats that fail for less than the lease drop no shard`() async throws {
        let service = try ScriptedService()
        let member = try await settled(service)
        try await running(member) {
            try await waitForShards(4, of: member)
            let began = service.clock.now
            service.follow { call in
                call.api == .heartbeat && call.sent - began < .seconds(15)
                    ? .refuse(500, "InternalServerError") : nil
            }
            try await wait(for: "heartbeats succeed again") {
                service.calls(.heartbeat).contains { $0.status == 200 && $0.sent - began >= .seconds(15) }
            }
            #expect(member.consumer.status.leaseLossCount == 0)
            #expect(member.consumer.status.shards.count == 4)
            let failed = service.calls(.heartbeat).filter { $0.status == 500 }
            #expect((3...31).contains(failed.count), "every 0.5 to 1 s, each answered at once")
        }
        #expect(member.ledger.mostRunning <= 1)
    }

    @Test func `C8 with black-holed heartbeats all work ends before the service gives the shards away`() async throws {
        let service = try ScriptedService()
        let member = try LiveMember("a", of: service)
        let heir = try LiveMember("b", of: service)
        try await running(member, heir) {
            try await waitForShards(2, of: member)
            try await waitForShards(2, of: heir)
            service.follow { $0.line == "a-heart" ? .hang : nil }
            try await wait(for: "the lease is lost") { member.consumer.status.leaseLossCount == 1 }
            try await waitForShards(4, of: heir)
            let lastOfOld = try #require(service.calls.last { $0.line == "a" && $0.api == .pullLogs })
            let taken = try #require(service.calls(.listCheckpoints, by: "b").last { $0.query("shard") != nil })
            #expect(lastOfOld.sent < taken.sent)
            let lastAnswered = try #require(service.calls(.heartbeat, by: "a-heart").last { $0.status == 200 })
            #expect(taken.sent - lastAnswered.sent >= .seconds(30))
            #expect(lastOfOld.sent - lastAnswered.sent <= .seconds(25))
            try await wait(for: "silence") {
                guard let last = service.calls(.heartbeat, by: "a-heart").last else { return false }
                return service.clock.now - last.sent > .seconds(10)
            }
            service.heal()
            try await wait(for: "it has joined again") { member.consumer.status.shards.count == 2 }
            let rejoined = try #require(
                service.calls(.heartbeat, by: "a-heart").last { $0.sent > taken.sent && $0.body == "[]" })
            #expect(rejoined.status == 200)
        }
    }

    @Test func `C9 who is forgotten joins again at once with nothing and goes on from the checkpoint`() async throws {
        let service = try ScriptedService()
        try await service.fill(20)
        let member = try await settled(service)
        try await running(member) {
            try await wait(for: "all is saved") { try await service.isReadOut() }
            let once = Eventually<Void>()
            service.follow { call in
                guard call.api == .heartbeat else { return nil }
                return once.set(()) ? .refuse(400, "NotExistConsumerWithBody") : nil
            }
            try await wait(for: "it was forgotten") { member.consumer.status.leaseLossCount == 1 }
            try await waitForShards(4, of: member)
            try await service.fill(20)
            try await wait(for: "the rest is saved") { try await service.isReadOut() }
        }
        let forgotten = try #require(service.calls(.heartbeat).first { $0.status == 400 })
        let next = try #require(service.calls(.heartbeat).first { $0.sent > forgotten.sent })
        #expect(next.body == "[]")
        #expect(next.sent - forgotten.sent < .seconds(4), "not with the next heartbeat, 5 s later")
        #expect(member.ledger.groupCount == 40, "nothing twice, nothing left out")
        #expect(member.ledger.mostRunning == 1)
    }

    @Test func `C12 after a long stop of the process nothing is saved before it has joined again`() async throws {
        let service = try ScriptedService()
        try await service.fill(20)
        let ledger = Ledger(isOpen: false)
        let member = try await settled(service, ledger)
        try await running(member) {
            try await wait(for: "all is handed over") { ledger.groupCount == 20 }
            let resumed = service.clock.now + .seconds(60)
            service.clock.jump(by: .seconds(60))
            ledger.gate.set(())  // The processor goes on as if nothing had been.
            try await wait(for: "it has joined again") {
                service.calls(.heartbeat).contains { $0.sent >= resumed && $0.status == 200 && $0.body == "[]" }
            }
            let joined = try #require(
                service.calls(.heartbeat).first { $0.sent >= resumed && $0.status == 200 && $0.body == "[]" })
            #expect(!service.calls(.saveCheckpoint).contains { $0.sent >= resumed && $0.sent < joined.sent })
            try await wait(for: "all is saved") { try await service.isReadOut() }
        }
        #expect(ledger.mostRunning == 1)
    }

    @Test func `C6 a busy processor keeps its shard for five times T`() async throws {
        let service = try ScriptedService(["app": 1], clock: ScaledClock(speed: 40))
        try await service.fill(3)
        let ledger = Ledger(isOpen: false)
        let member = try LiveMember("a", of: service, ledger: ledger) { $0.timeout = .seconds(60) }
        let other = try LiveMember("b", of: service)
        try await running(member) {
            try await wait(for: "the processor is busy") { !ledger.entries.isEmpty }
            try await running(other) {
                let began = service.clock.now
                try await wait(for: "five times T") { service.clock.now - began > .seconds(300) }
                #expect(try await service.checkpoints()[ShardID(0)]?.owner == "a")
                #expect(other.ledger.groupCount == 0)
            }
            ledger.gate.set(())
            try await wait(for: "all is saved") { try await service.isReadOut() }
        }
        #expect(ledger.groupCount == 3)
    }

    @Test func `C29 a smaller T is followed within seconds`() async throws {
        let service = try ScriptedService()
        let lines = Lock<[String]>([])
        let member = try LiveMember("a", of: service, logger: .collecting(into: lines))
        try await running(member) {
            try await waitForShards(4, of: member)
            try await service.client().updateConsumerGroup(
                try ConsumerGroupName(LiveMember.group), of: try LogstoreName("app"), timeoutSeconds: 10)
            let changed = service.clock.now
            try await wait(for: "the lease is shorter") { member.consumer.status.leaseRemaining <= .seconds(8) }
            let looks = service.calls(.listConsumerGroups, by: "a").filter { $0.sent > changed }
            #expect(looks.count <= 2, "by the first look after the change, or the one that was about to leave")
            #expect(member.consumer.status.leaseLossCount == 0)
            let alarms = lines.withLock { $0 }.filter { $0.contains("somebody changed the group's timeout") }
            #expect(alarms.count == 1)
            #expect(alarms.allSatisfy { $0.hasPrefix("error") && $0.contains("10s") })
        }
    }

    @Test func `a deleted group ends the member with that message`() async throws {
        let service = try ScriptedService()
        let member = try await settled(service)
        try await running(member) {
            try await waitForShards(4, of: member)
            try await service.client().deleteConsumerGroup(
                try ConsumerGroupName(LiveMember.group), of: try LogstoreName("app"))
            _ = await member.ended.value(within: .seconds(30))
        }
        guard case .failure(.groupDeleted) = member.ended.current else {
            Issue.record("\(String(describing: member.ended.current))")
            return
        }
    }

    @Test func `odd answers to heartbeats are failures and nothing more`() async throws {
        let service = try ScriptedService()
        let answers: [Fault] = [
            .answer(.json(#"{"shards":[0]}"#)), .answer(.json("")), .answer(.json(#"["0"]"#)),
            .answer(TransportResponse(status: 200, headers: [], body: Array("<html>".utf8))),
            .answer(.json("[1e40]")), .refuse(302, "Moved"), .refuse(418, ""),
        ]
        let count = Lock(0)
        service.follow { call in
            guard call.api == .heartbeat else { return nil }
            let index = count.withLock { count -> Int in
                count += 1
                return count - 1
            }
            return index < answers.count ? answers[index] : nil
        }
        let member = try await settled(service)
        try await running(member) { try await waitForShards(4, of: member) }
        #expect(service.calls(.heartbeat).count == answers.count + 1)
    }

    @Test func `a shard that the group grants but the logstore does not have harms nobody`() async throws {
        let service = try ScriptedService()
        service.follow { call in
            guard call.api == .heartbeat else { return nil }
            return .change { $0.status == 200 ? .json("[-7,0,1,2,3,99]") : $0 }
        }
        try await service.fill(20)
        let member = try await settled(service)
        try await running(member) {
            try await wait(for: "the real shards are read") { member.ledger.groupCount == 20 }
            #expect(try await member.leave().isSettled)
        }
    }
}
