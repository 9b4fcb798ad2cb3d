import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

extension LoopTests.JoiningTests {
    private var group: ConsumerGroupName { get throws { try ConsumerGroupName(LiveMember.group) } }
    private var app: LogstoreName { get throws { try LogstoreName("app") } }

    @Test func `C1 a group that is not there is made with T, and everything is read and saved`() async throws {
        let service = try ScriptedService()
        try await service.fill(40)
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "all is saved") { try await service.isReadOut() }
            #expect(try await member.leave().isSettled)
        }
        #expect(try await service.client().listConsumerGroups(of: try app).map(\.timeout) == [30])
        #expect(member.ledger.groupCount == 40)
        #expect(member.consumer.status.heldByteCount == 0)
        #expect(service.calls(.heartbeat).allSatisfy { $0.line == "a-heart" }, "heartbeats have their own transport")
        #expect(service.calls(.saveCheckpoint).allSatisfy { $0.query("forceSuccess") == "false" })
    }

    @Test func `C1 a group with another T is adopted and never changed`() async throws {
        let service = try ScriptedService()
        try await service.client().createConsumerGroup(try group, of: try app, timeoutSeconds: 60)
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "the member has joined") { member.joined.current != nil }
            #expect(try await member.leave().isSettled)
        }
        #expect(service.calls(.updateConsumerGroup).isEmpty && service.calls(.createConsumerGroup).isEmpty)
        #expect(try await service.client().listConsumerGroups(of: try app).map(\.timeout) == [60])
    }

    @Test func `a T below 6 s ends the start with what to do`() async throws {
        let service = try ScriptedService()
        try await service.client().createConsumerGroup(try group, of: try app, timeoutSeconds: 5)
        let member = try LiveMember("a", of: service)
        try await running(member) { _ = await member.ended.value(within: .seconds(30)) }
        guard case .failure(.timeoutTooShort) = member.ended.current else {
            Issue.record("\(String(describing: member.ended.current))")
            return
        }
    }

    @Test func `C2 an eleventh group ends the start with one message and no heartbeat`() async throws {
        let service = try ScriptedService()
        for number in 0..<10 {
            try await service.client().createConsumerGroup(
                try ConsumerGroupName("other-\(number)"), of: try app, timeoutSeconds: 30)
        }
        let member = try LiveMember("a", of: service)
        try await running(member) { _ = await member.ended.value(within: .seconds(30)) }
        guard case .failure(let error) = member.ended.current else {
            Issue.record("it started")
            return
        }
        for word in ["ConsumerGroupQuotaExceed", "app", "10", "other-0", "other-9", "Delete one"] {
            #expect("\(error)".contains(word), "\(error)")
        }
        #expect(service.calls(.heartbeat).isEmpty)
    }

    @Test func `C3 a restart under the same name has its shards back at the first heartbeat`() async throws {
        let service = try ScriptedService()
        try await service.fill(8)
        let first = try LiveMember("a", of: service)
        try await running(first) { try await wait(for: "all is saved") { try await service.isReadOut() } }
        let second = try LiveMember("a", of: service)
        let restarted = service.calls.count
        try await running(second) { try await wait(for: "4 shards") { second.consumer.status.shards.count == 4 } }
        let heartbeats = service.calls.dropFirst(restarted).filter { $0.api == .heartbeat }.map(\.body)
        #expect(heartbeats.prefix(2) == ["[]", "[0,1,2,3]"] || heartbeats == ["[]"])
        #expect(second.ledger.groupCount == 0, "nothing is read twice: all was saved")
    }

    @Test func `a second run of one consumer is refused, and the first goes on`() async throws {
        let service = try ScriptedService()
        try await service.fill(4)
        let member = try LiveMember("a", of: service, handling: (.retryForever, { _ in }))
        try await running(member) {
            try await wait(for: "the member has joined") { member.joined.current != nil }
            let refusal = await #expect(throws: ConsumerError.self) {
                try await member.consumer.run { _ in Issue.record("a batch for the second run") }
            }
            #expect("\(try #require(refusal))".contains("was run before"))
            try await wait(for: "all is saved") { try await service.isReadOut() }
            #expect(try await member.leave().isSettled)
            await #expect(throws: ConsumerError.self, "nor after its end") { try await member.consumer.run { _ in } }
        }
        #expect(service.calls(.heartbeat).filter { $0.body == "[]" }.count == 2, "the first and the last")
    }

    @Test func `inside the package a consumer may run again once it has stopped, but not beside itself`() async throws {
        let service = try ScriptedService()
        let member = try LiveMember("a", of: service)
        for round in 1...2 {
            try await service.fill(4)
            let stop = Eventually<Void>()
            let joined = Eventually<Void>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let outcome = try await member.consumer.run(
                        until: stop, joined: { joined.set(()) }, process: member.ledger.take)
                    #expect(outcome.isSettled)
                }
                try await wait(for: "it has joined") { joined.current != nil }
                await #expect(throws: ConsumerError.self) {
                    try await member.consumer.run(until: stop, process: member.ledger.take)
                }
                try await wait(for: "all is saved") { try await service.isReadOut() }
                stop.set(())
                try await group.waitForAll()
            }
            #expect(member.ledger.groupCount == 4 * round)
        }
    }

    @Test func `settings outside their ranges are refused before anything is sent, each with what to do`() async throws
    {
        let service = try ScriptedService()
        let refusal = #expect(throws: ConsumerError.self) {
            _ = try LiveMember("a", of: service) {
                $0.timeout = .seconds(5.5)
                $0.pullCount = 1_001
                $0.saveInterval = .zero
                $0.runAhead = 1
                $0.byteBudget = 0
                $0.byteBudgetPerShard = -1
            }
        }
        let text = "\(try #require(refusal))"
        for (setting, value, limit) in [
            ("timeout", "5.5 seconds", "6 seconds"), ("pullCount", "1001", "1 to 1,000"),
            ("saveInterval", "0.0 seconds", "more than 0"), ("runAhead", "1", "2 log groups"),
            ("byteBudget", "0", "256,000,000"), ("byteBudgetPerShard", "-1", "32,000,000"),
        ] {
            #expect(text.contains("\(setting) is \(value), but must be ") && text.contains(limit), "\(text)")
        }
        let member = try LiveMember("a", of: service, handling: (.stopShard(afterTries: 0), { _ in }))
        await member.run()
        guard case .failure(.invalidConfiguration(let mistakes)) = member.ended.current else {
            Issue.record("\(String(describing: member.ended.current))")
            return
        }
        #expect(mistakes.map(\.setting) == ["afterTries"])
        #expect(service.calls.isEmpty)
    }

    @Test func `a stop while the start still waits is obeyed at once`() async throws {
        let service = try ScriptedService()
        service.follow { _ in .hang }
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "a call hangs") { !service.calls.isEmpty }
            let began = service.clock.now
            #expect(try await member.leave().isSettled)
            #expect(service.clock.now - began < .seconds(8))
        }
    }

    @Test func `a run that is cancelled does not claim that all is saved`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(5)
        let member = try LiveMember("a", of: service, ledger: Ledger(isOpen: false))
        try await running(member) {
            try await wait(for: "something is handed over") { member.ledger.groupCount > 0 }
        }
        #expect(try #require(member.ended.current).get().isSettled == false)
    }

    @Test func `a start that meets passing failures goes on when they pass`() async throws {
        let service = try ScriptedService()
        let failures = Lock(0)
        service.follow { call in
            guard call.line == "a" else { return nil }
            let count = failures.withLock { count -> Int in
                count += 1
                return count
            }
            let faults = [
                Fault.drop, .refuse(500, "InternalServerError"), .answer(.json("garbage")), .refuse(503, "ServerBusy"),
            ]
            return count <= faults.count ? faults[count - 1] : nil
        }
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "the member has joined") { member.joined.current != nil }
        }
        #expect(service.calls(.createConsumerGroup).count == 1)
    }
}

extension LoopTests.InitialPositionTests {
    @Test func `C17 with end the maker saves every shard, highest first, before its first heartbeat`() async throws {
        let service = try ScriptedService()
        try await service.fill(20)
        let member = try LiveMember("a", of: service) { $0.start = .end }
        try await running(member) {
            try await wait(for: "4 shards") { member.consumer.status.shards.values.count { $0.confirmed != nil } == 4 }
            try await service.fill(5)
            try await wait(for: "what came later is read") { member.ledger.groupCount == 5 }
        }
        let relevant = service.calls.map(\.api).filter { $0 == .saveCheckpoint || $0 == .heartbeat }
        #expect(relevant.prefix(5) == [.saveCheckpoint, .saveCheckpoint, .saveCheckpoint, .saveCheckpoint, .heartbeat])
        let saved = service.calls(.saveCheckpoint).prefix(4).map(\.body)
        for (text, shard) in zip(saved, [3, 2, 1, 0]) { #expect(text.contains(#""shard":\#(shard)"#)) }
        #expect(service.calls(.saveCheckpoint).prefix(4).allSatisfy { $0.query("forceSuccess") == "true" })
    }

    @Test func `C17 with end a shard born of a split is read from its beginning`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(5)
        let member = try LiveMember("a", of: service) { $0.start = .end }
        try await running(member) {
            try await wait(for: "joined") { member.consumer.status.shards.count == 1 }
            let half = try #require(HashKey(hex: "80"))
            _ = try await service.client().splitShard(ShardID(0), of: try LogstoreName("app"), at: half)
            try await service.fill(7)
            try await wait(for: "all of the children is read") { member.ledger.groupCount == 7 }
        }
    }

    @Test func `C17 with end, two members and shards that have split before, no shard starts at its beginning`()
        async throws
    {
        let service = try ScriptedService(["app": 2])
        let app = try LogstoreName("app")
        let half = try #require(HashKey(hex: "40"))
        _ = try await service.client().splitShard(ShardID(0), of: app, at: half)
        try await service.fill(30)
        let members = try ["a", "b"].map { name in
            try LiveMember(name, of: service) { $0.start = .end }
        }
        try await running(members[0], members[1]) {
            try await wait(for: "every shard that can be held is") {
                members.map { $0.consumer.status.shards.count { $0.value.confirmed != nil } }.reduce(0, +) >= 3
            }
            try await service.fill(20)
            try await wait(for: "what came later is read") {
                members.map(\.ledger.groupCount).reduce(0, +) == 20
            }
        }
        #expect(members.map(\.ledger.groupCount).reduce(0, +) == 20, "nothing old")
    }

    @Test func `C18 with end, a crash before the first batch goes on from the cursor that was saved first`()
        async throws
    {
        let service = try ScriptedService(["app": 2])
        try await service.fill(10)
        let first = try LiveMember("a", of: service) { $0.start = .end }
        service.follow { $0.api == .pullLogs ? .hang : nil }
        try await running(first) {
            try await wait(for: "it has begun") {
                first.consumer.status.shards.count { $0.value.confirmed != nil } == 2
            }
            try await service.fill(7)
        }
        #expect(first.ledger.groupCount == 0)
        service.heal()
        let second = try LiveMember("a", of: service) { $0.start = .end }
        try await running(second) {
            try await wait(for: "what lay between is read") { second.ledger.groupCount == 7 }
        }
    }

    @Test(arguments: [Fault.loseAnswer, .drop])
    func `with end, the maker that hears no answer still saves every shard before its first heartbeat`(fault: Fault)
        async throws
    {
        let service = try ScriptedService()
        try await service.fill(20)
        let once = Eventually<Void>()
        service.follow { call in
            guard call.api == .createConsumerGroup else { return nil }
            return once.set(()) ? fault : nil
        }
        let member = try LiveMember("a", of: service) { $0.start = .end }
        try await running(member) {
            try await wait(for: "4 shards") { member.consumer.status.shards.values.count { $0.confirmed != nil } == 4 }
            try await service.fill(5)
            try await wait(for: "what came later is read") { member.ledger.groupCount == 5 }
        }
        #expect(service.calls(.createConsumerGroup).count == 2)
        let relevant = service.calls.map(\.api).filter { $0 == .saveCheckpoint || $0 == .heartbeat }
        #expect(relevant.prefix(5) == [.saveCheckpoint, .saveCheckpoint, .saveCheckpoint, .saveCheckpoint, .heartbeat])
    }

    @Test func `with end in a group made by hand a shard waits 10 s and then begins at the end`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.client().createConsumerGroup(
            try ConsumerGroupName(LiveMember.group), of: try LogstoreName("app"), timeoutSeconds: 30)
        try await service.fill(5)
        let member = try LiveMember("a", of: service) { $0.start = .end }
        try await running(member) {
            try await wait(for: "it begins") {
                member.consumer.status.shards.values.contains { $0.confirmed != nil }
            }
            try await service.fill(3)
            try await wait(for: "what came later is read") { member.ledger.groupCount == 3 }
        }
        let save = try #require(service.calls(.saveCheckpoint).first)
        let heartbeat = try #require(service.calls(.heartbeat).first)
        #expect(save.sent - heartbeat.sent >= .seconds(10))
    }

    @Test(arguments: [GapPolicy.earliest, .latest])
    func `C16 an expired checkpoint is a gap that is counted`(policy: GapPolicy) async throws {
        let service = try ScriptedService(["app": 2])
        try await service.fill(10)
        let expired = Cursor(number: 5)
        let group = try ConsumerGroupName(LiveMember.group)
        let app = try LogstoreName("app")
        let client = try service.client()
        try await client.createConsumerGroup(group, of: app, timeoutSeconds: 30)
        try await client.saveCheckpoint(expired, of: ShardID(0), in: group, of: app, as: .forced())
        let begin = try await client.getCursor(of: ShardID(0), in: app, from: .begin)
        let end = try await client.getCursor(of: ShardID(0), in: app, from: .end)
        let member = try LiveMember("a", of: service) { $0.gapPolicy = policy }
        try await running(member) { try await wait(for: "all is saved") { try await service.isReadOut() } }
        #expect(member.consumer.status.gapCount == 1)
        let read = member.ledger.entries.filter { $0.shard == ShardID(0) }.reduce(0) { $0 + $1.count }
        #expect(read == (policy == .earliest ? Int(end.number - begin.number) : 0))
    }

    @Test func `C16 a gap that a person must decide about stops that shard alone, until the checkpoint is set`()
        async throws
    {
        let service = try ScriptedService(["app": 2], clock: ScaledClock(speed: 40))
        try await service.fill(10)
        let group = try ConsumerGroupName(LiveMember.group)
        let app = try LogstoreName("app")
        let client = try service.client()
        try await client.createConsumerGroup(group, of: app, timeoutSeconds: 60)
        try await client.saveCheckpoint(Cursor(number: 5), of: ShardID(0), in: group, of: app, as: .forced())
        let member = try LiveMember("a", of: service) { $0.gapPolicy = .fail }
        try await running(member) {
            try await wait(for: "the other shard is read out") {
                try await service.checkpoints()[ShardID(1)]?.cursor == service.ends()[ShardID(1)]
            }
            try await wait(for: "an expired pull") {
                service.calls(.pullLogs).contains { $0.status == 400 }
            }
            #expect(!member.ledger.entries.contains { $0.shard == ShardID(0) })
            let begin = try await client.getCursor(of: ShardID(0), in: app, from: .begin)
            try await client.saveCheckpoint(begin, of: ShardID(0), in: group, of: app, as: .forced())
            try await wait(for: "all is saved") { try await service.isReadOut() }
        }
        #expect(service.calls(.pullLogs).count { $0.status == 400 } <= 3)
    }
}
