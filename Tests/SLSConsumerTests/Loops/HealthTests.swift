import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

extension LoopTests.HealthTests {
    private func isAllHeld(_ member: LiveMember, _ count: Int) -> Bool {
        let shards = member.consumer.status.shards.values
        return shards.count == count && shards.allSatisfy { $0.confirmed != nil }
    }

    @Test func `C27 expired credentials are a health error, and rotation brings everything back without a restart`()
        async throws
    {
        let service = try ScriptedService(["app": 2])
        let current = Lock(Credentials(accessKeyID: "old-id", accessKeySecret: "old", securityToken: "t1"))
        let member = try LiveMember("a", of: service, asking: .init(credentials: { current.withLock { $0 } }))
        try await running(member) {
            try await wait(for: "both shards are held") { isAllHeld(member, 2) }
            service.follow { call in
                let isOld = call.request.headers.contains { $0.0 == "Authorization" && $0.1.contains("old-id") }
                return isOld ? .refuse(401, "SecurityTokenExpired") : nil
            }
            try await service.fill(10)
            try await wait(for: "the health error") { member.consumer.status.isUnauthorized }
            #expect(try #require(member.consumer.status.healthError).contains("SecurityTokenExpired"))
            let began = service.clock.now
            await service.clock.sleep(for: .seconds(40))
            let tries = service.calls(.heartbeat).filter { $0.sent > began }.count
            #expect((10...80).contains(tries), "one in 0.5 to 1 s, whoever is refused: \(tries)")
            current.withLock { $0 = ScriptedService.credentials }
            try await wait(for: "all is read and saved") { try await service.isReadOut() }
            #expect(member.consumer.status.healthError == nil)
            #expect(!member.consumer.status.isUnauthorized)
        }
    }

    @Test(arguments: [-1_200, 1_200])
    func `C28 a wall clock that is 20 min off is corrected by the first refusal`(offset: Int) async throws {
        let service = try ScriptedService(["app": 2], isStrict: true)
        try await service.fill(10)
        let member = try LiveMember(
            "a", of: service, asking: .init(wallClock: { [clock = service.clock] in clock.wall + offset }))
        try await running(member) { try await wait(for: "all is saved") { try await service.isReadOut() } }
        #expect(service.calls.filter { $0.status.map { $0 >= 400 } ?? false }.count <= 4)
        #expect(member.consumer.status.healthError == nil)
    }

    @Test func `C28 while every request's time is refused there is a health error and no spin, and then recovery`()
        async throws
    {
        let service = try ScriptedService(["app": 2])
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "both shards are held") { isAllHeld(member, 2) }
            service.follow { _ in .refuse(400, "RequestTimeExpired") }
            try await wait(for: "the health error") {
                member.consumer.status.healthError?.contains("RequestTimeExpired") ?? false
            }
            let began = service.clock.now
            await service.clock.sleep(for: .seconds(60))
            let tries = service.calls.filter { $0.sent > began }.count
            #expect(tries <= 180, "3 a second at most, heartbeats and shards together: \(tries)")
            service.heal()
            try await service.fill(10)
            try await wait(for: "all is read and saved") { try await service.isReadOut() }
            #expect(member.consumer.status.healthError == nil)
        }
    }

    @Test func `a deleted group is made anew where that is wanted, and everything comes again`() async throws {
        let service = try ScriptedService(["app": 2])
        let app = try LogstoreName("app")
        let group = try ConsumerGroupName(LiveMember.group)
        try await service.fill(10)
        let member = try LiveMember("a", of: service) { $0.missingGroupPolicy = .recreate }
        try await running(member) {
            try await wait(for: "all is saved") { try await service.isReadOut() }
            try await service.client().deleteConsumerGroup(group, of: app)
            try await wait(for: "all has come again") { member.ledger.groupCount == 20 }
            try await wait(for: "all is saved again") { try await service.isReadOut() }
        }
        #expect(member.ledger.mostRunning == 1)
    }

    @Test func `while heartbeats find no group the rounds of making it anew wait longer each time`() async throws {
        let service = try ScriptedService(["app": 1])
        let joinCount = Lock(0)
        service.follow { $0.api == .heartbeat ? .refuse(404, "ConsumerGroupNotExist") : nil }
        let member = try LiveMember("a", of: service) { $0.missingGroupPolicy = .recreate }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await member.consumer.run(
                    joined: { joinCount.withLock { $0 += 1 } }, process: member.ledger.take)
            }
            try await wait(for: "six rounds") { service.calls(.heartbeat).count >= 6 }
            let times = service.calls(.heartbeat).map(\.sent)
            #expect(times[5] - times[4] >= .seconds(1), "0.2 s doubling, a part of it by chance")
            service.heal()
            try await wait(for: "it has joined") { joinCount.withLock { $0 } == 1 }
            try await service.client().deleteConsumerGroup(
                ConsumerGroupName(LiveMember.group), of: LogstoreName("app"))
            try await service.fill(3)
            try await wait(for: "it works in the third group") { try await service.isReadOut() }
            member.consumer.stop()
            try await group.waitForAll()
        }
        #expect(joinCount.withLock { $0 } == 1, "once a run, in however many groups")
    }

    @Test func `a group made anew with the start end skips what lay between, and says so`() async throws {
        let service = try ScriptedService(["app": 1])
        let member = try LiveMember("a", of: service) {
            $0.missingGroupPolicy = .recreate
            $0.start = .end
        }
        try await running(member) {
            try await wait(for: "it is held") { isAllHeld(member, 1) }
            service.follow { $0.api == .pullLogs ? .refuse(500, "InternalServerError") : nil }
            try await service.fill(7)
            try await service.client().deleteConsumerGroup(
                ConsumerGroupName(LiveMember.group), of: LogstoreName("app"))
            try await wait(for: "the gap is counted") { member.consumer.status.gapCount == 1 }
            service.heal()
            try await service.fill(3)
            try await wait(for: "what came later is read") { member.ledger.groupCount == 3 }
        }
    }

    @Test func `a shard that another member has begun in a group made anew with a fixed start is no gap`() async throws
    {
        let service = try ScriptedService(["app": 2])
        try await service.fill(10)
        let members = try ["a", "b"].map { name in
            try LiveMember(name, of: service) { $0.missingGroupPolicy = .recreate }
        }
        try await running(members[0], members[1]) {
            try await wait(for: "each has its shard") { members.allSatisfy { isAllHeld($0, 1) } }
            try await wait(for: "all is saved") { try await service.isReadOut() }
            // The other one learns of the end later, when the first has made the group anew and read all of it.
            service.follow { $0.line == "b-heart" ? .hang : nil }
            try await service.client().deleteConsumerGroup(
                ConsumerGroupName(LiveMember.group), of: LogstoreName("app"))
            try await service.fill(10)
            try await wait(for: "the first has read both shards anew") {
                try await service.isReadOut() && members[0].ledger.groupCount >= 20
            }
            let once = Eventually<Void>()
            service.follow { call in
                guard call.line == "b-heart" else { return nil }
                return once.set(()) ? .refuse(404, "ConsumerGroupNotExist") : nil
            }
            try await wait(for: "the other has a shard again") { isAllHeld(members[1], 1) && isAllHeld(members[0], 1) }
        }
        #expect(members.map(\.consumer.status.gapCount) == [0, 0])
    }

    @Test func `a shard that comes back in a group made anew is no gap`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(5)
        let member = try LiveMember("a", of: service) { $0.missingGroupPolicy = .recreate }
        try await running(member) {
            try await wait(for: "all is saved") { try await service.isReadOut() }
            try await service.client().deleteConsumerGroup(
                ConsumerGroupName(LiveMember.group), of: LogstoreName("app"))
            try await wait(for: "all has come again") { member.ledger.groupCount == 10 }
            try await service.fill(5)
            try await wait(for: "it is further than it was") { try await service.isReadOut() }
            service.follow { $0.api == .heartbeat ? .refuse(500, "InternalServerError") : nil }
            try await wait(for: "the lease is lost") { member.consumer.status.leaseLossCount > 0 }
            service.heal()
            try await wait(for: "it is held again") { isAllHeld(member, 1) }
            #expect(member.consumer.status.gapCount == 0)
        }
    }

    @Test func `a T set below 6 s under a live member drains it and ends it with what to do`() async throws {
        // With T = 10 s a heartbeat every 2 s: what is left of the lease of 4 s is enough to let go in order.
        let service = try ScriptedService(["app": 2], clock: ScaledClock(speed: 4))
        try await service.fill(10)
        let member = try LiveMember("a", of: service) { $0.timeout = .seconds(10) }
        try await running(member) {
            try await wait(for: "all is saved") { try await service.isReadOut() }
            try await service.client().updateConsumerGroup(
                ConsumerGroupName(LiveMember.group), of: LogstoreName("app"), timeoutSeconds: 5)
            guard case .failure(.timeoutTooShort(_, let timeout)) = await member.ended.value(within: .seconds(30))
            else {
                Issue.record("it did not end for that reason")
                return
            }
            #expect(timeout == .seconds(5))
        }
        #expect(service.calls(.heartbeat).last?.body == "[]", "others need not wait for its shards")
    }

    @Test func `many shards that are behind are measured in turn, thirty at a time`() async throws {
        let service = try ScriptedService(["app": 40])
        try await service.fill(400)
        let member = try LiveMember("a", of: service, ledger: Ledger(isOpen: false))
        try await running(member) {
            try await wait(for: "each is known") {
                let shards = member.consumer.status.shards.values
                return shards.count == 40 && shards.allSatisfy { $0.lagSeconds != nil }
            }
        }
        let asked = service.calls(.getCursorTime)
        let first = try #require(asked.first).sent
        #expect(asked.count { $0.sent - first < .seconds(9) } == 30)
    }

    @Test func `lag, commits and round trips are shown`() async throws {
        let service = try ScriptedService(["app": 1])
        let ledger = Ledger(isOpen: false)
        let member = try LiveMember("a", of: service, ledger: ledger)
        try await running(member) {
            try await wait(for: "it is caught up") { member.consumer.status.shards[ShardID(0)]?.lagSeconds == 0 }
            try await service.fill(3)
            try await wait(for: "it is behind, and by how much") {
                member.consumer.status.shards[ShardID(0)]?.lagSeconds.map { $0 >= 10 } ?? false
            }
            ledger.gate.set(())
            try await wait(for: "it has caught up") { member.consumer.status.shards[ShardID(0)]?.lagSeconds == 0 }
            let status = member.consumer.status
            let shard = try #require(status.shards[ShardID(0)])
            #expect(shard.batchCount >= 1)
            #expect(shard.lastCommit != nil)
            #expect(status.heartbeatRoundTrip != nil)
            #expect(status.rebalanceCount == 1)
        }
    }
}
