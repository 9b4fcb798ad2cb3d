import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

extension LoopTests.HandOverTests {
    @Test func `C7 a revoked shard is reported until its processor is done, then let go at once`() async throws {
        let service = try ScriptedService()
        try await service.fill(40)
        let ledger = Ledger(isOpen: false)
        let old = try LiveMember("a", of: service, ledger: ledger)
        let new = try LiveMember("b", of: service)
        try await running(old) {
            try await wait(for: "log groups are handed over") { ledger.groupCount == 40 }
            try await running(new) {
                try await wait(for: "two shards drain") {
                    old.consumer.status.shards.values.count { $0.state == .shuttingDown } == 2
                }
                try await wait(for: "more heartbeats") {
                    service.calls(.heartbeat, by: "a-heart").count { $0.body == "[0,1,2,3]" } >= 4
                }
                #expect(new.consumer.status.shards.isEmpty)
                let opened = service.clock.now
                ledger.gate.set(())
                try await wait(for: "the new owner has its two") { new.consumer.status.shards.count == 2 }
                let release = try #require(
                    service.calls(.heartbeat, by: "a-heart").first { $0.sent > opened && $0.body == "[0,1]" })
                #expect(release.sent - opened < .seconds(4), "not with the next heartbeat, 5 s later")
                let save = try #require(
                    service.calls(.saveCheckpoint, by: "a").last { $0.body.contains(#""shard":3"#) })
                #expect(save.sent < release.sent)
                try await wait(for: "all is saved") { try await service.isReadOut() }
            }
        }
        #expect(ledger.groupCount + new.ledger.groupCount == 40, "handed over where the checkpoint stood")
        #expect(old.consumer.status.heldByteCount == 0)
    }

    @Test func `C26 a shard that comes back while it drains is worked on by one processor, from its checkpoint`()
        async throws
    {
        let service = try ScriptedService()
        try await service.fill(40)
        let ledger = Ledger(isOpen: false)
        let old = try LiveMember("a", of: service, ledger: ledger)
        let new = try LiveMember("b", of: service)
        try await running(old) {
            try await wait(for: "log groups are handed over") { ledger.groupCount == 40 }
            try await running(new) {
                try await wait(for: "two shards drain") {
                    old.consumer.status.shards.values.count { $0.state == .shuttingDown } == 2
                }
            }
            // The new member is gone: after T its shards come back to the old one, which still drains them.
            try await wait(for: "they are granted again") {
                let owners = try await service.checkpoints()
                return service.calls(.heartbeat, by: "a-heart").last?.ended != nil
                    && owners.values.allSatisfy { $0.owner == "a" }
                    && service.clock.now - (service.calls(.heartbeat, by: "b-heart").last?.sent ?? .distant)
                        > .seconds(36)
            }
            ledger.gate.set(())
            try await wait(for: "all is saved") { try await service.isReadOut() }
            try await wait(for: "nothing drains") {
                old.consumer.status.shards.count == 4
                    && !old.consumer.status.shards.values.contains { $0.state == .shuttingDown }
            }
        }
        #expect(ledger.mostRunning == 1)
        #expect(ledger.groupCount == 40, "the batch that was under way was finished and saved")
    }

    @Test func `C5 a stop under load finishes what is in flight, saves, and heartbeats last of all`() async throws {
        let service = try ScriptedService()
        try await service.fill(200)
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "it works") { member.ledger.groupCount > 0 }
            let began = service.clock.now
            #expect(try await member.leave().isSettled)
            #expect(service.clock.now - began < .seconds(15))
        }
        let lastSave = try #require(service.calls(.saveCheckpoint).last)
        let lastBeat = try #require(service.calls(.heartbeat).last)
        #expect(try #require(lastSave.ended) <= lastBeat.sent)
        #expect(lastBeat.body == "[]")
        #expect(service.calls.allSatisfy { $0.sent <= lastBeat.sent || $0.api == .listConsumerGroups })
    }

    @Test func `a stop ends in time although nothing answers, and says what is owed`() async throws {
        let service = try ScriptedService()
        try await service.fill(40)
        let ledger = Ledger(isOpen: false)
        let member = try LiveMember("a", of: service, ledger: ledger)
        try await running(member) {
            try await wait(for: "log groups are handed over") { ledger.groupCount == 40 }
            service.follow { _ in .hang }
            let began = service.clock.now
            #expect(try await !member.leave().isSettled)
            // Half of T, the last save, the last heartbeat, the last question.
            #expect(service.clock.now - began < .seconds(15 + 9.5 + 4 + 6))
        }
    }

    @Test func `what was sent before a lost lease is owed until a checkpoint covers it`() async throws {
        let service = try ScriptedService()
        try await service.fill(40)
        let ledger = Ledger(isOpen: false)
        let member = try LiveMember("a", of: service, ledger: ledger)
        try await running(member) {
            try await wait(for: "log groups are handed over") { ledger.groupCount == 40 }
            service.follow { call in
                call.api == .heartbeat && call.body != "[]" ? .refuse(400, "NotExistConsumerWithBody") : nil
            }
            try await wait(for: "the lease is lost") { member.consumer.status.leaseLossCount > 0 }
            service.follow { $0.api == .pullLogs ? .hang : nil }
            try await wait(for: "it holds its shards again") { member.consumer.status.shards.count == 4 }
            #expect(try await !member.leave().isSettled, "the new tasks sent nothing, the old ones did")
        }
    }

    @Test func `what another member has covered meanwhile is not owed`() async throws {
        let service = try ScriptedService()
        try await service.fill(40)
        let ledger = Ledger(isOpen: false)
        let member = try LiveMember("a", of: service, ledger: ledger)
        let heir = try LiveMember("b", of: service)
        try await running(member) {
            try await wait(for: "log groups are handed over") { ledger.groupCount == 40 }
            service.follow { $0.line.hasPrefix("a") ? .hang : nil }
            try await running(heir) {
                try await wait(for: "the other has read all") { try await service.isReadOut() }
            }
            service.heal()
            #expect(try await member.leave().isSettled)
        }
    }
}

extension Instant {
    fileprivate static let distant = Instant(nanoseconds: .max / 2)
}
