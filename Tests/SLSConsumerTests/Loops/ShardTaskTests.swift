import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

extension LoopTests.ShardTaskTests {
    /// Whether the call is made by the task of that shard: a pull, a save, a question for a checkpoint or a cursor.
    private func isAbout(_ call: ScriptedService.Call, shard: Int) -> Bool {
        let url = call.request.url
        return url.contains("shard=\(shard)") || url.contains("/shards/\(shard)?")
            || (call.api == .saveCheckpoint && call.body.contains(#""shard":\(shard)"#))
    }

    @Test(arguments: [(400, "ConsumerNotMatch"), (404, "ConsumerNotExsit"), (404, "consumernotexist")])
    func `C25 a save that says the shard is another's drops it at once`(status: Int, code: String) async throws {
        let service = try ScriptedService(["app": 2])
        try await service.fill(20)
        let told = Lock<[Rebalance]>([])
        let member = try LiveMember("a", of: service) {
            $0.rebalanced = { change in told.withLock { $0.append(change) } }
        }
        let saveCount = Lock(0)
        service.follow { call in
            guard call.api == .saveCheckpoint, call.body.contains(#""shard":0"#) else { return nil }
            let number = saveCount.withLock { count in
                count += 1
                return count
            }
            // The first one is of the start position; this is of what the processor has acknowledged.
            return number == 2 ? .refuse(status, code) : nil
        }
        try await running(member) {
            // The service still says that the shard is ours, so the next heartbeat brings it back.
            try await wait(for: "all is saved") { try await service.isReadOut() }
        }
        let saves = service.calls(.saveCheckpoint).filter { $0.body.contains(#""shard":0"#) }
        #expect(saves.map(\.status).prefix(3) == [200, status, 200])
        let refusal = try #require(saves.first { $0.status == status })
        // A little behind the answer: it takes its way to the task, too.
        let known = try #require(refusal.ended) + .milliseconds(100)
        let next = try #require(service.calls.first { $0.sent > known && isAbout($0, shard: 0) })
        #expect(next.api == .listCheckpoints, "it began anew: no save and no pull in between")
        let begin = try await service.client().getCursor(of: ShardID(0), in: LogstoreName("app"), from: .begin)
        let changes = told.withLock { $0 }.filter { $0 != .gained(ShardID(1)) && $0 != .gained(ShardID(0)) }
        #expect(changes.count { $0 == .lost(ShardID(0)) } == 1, "dropped, not let go in order")
        #expect(changes.count { $0 == .started(ShardID(0), at: begin) } == 2, "from the checkpoint, as it stands")
        let entries = member.ledger.entries.filter { $0.shard == ShardID(0) }
        #expect(entries.count { $0.first == begin } == 2, "what was not saved comes again")
        #expect(!changes.contains(.released(ShardID(0))))
        #expect(member.ledger.mostRunning == 1)
    }

    @Test func `C24 saves that fail for 30 s stop nothing, and the newest position is saved afterwards`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(5)
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "the first are saved") { try await service.isReadOut() }
            let began = service.clock.now
            service.follow { call in
                call.api == .saveCheckpoint && call.sent - began < .seconds(30)
                    ? .refuse(500, "InternalServerError") : nil
            }
            for round in 1...5 {
                try await service.fill(5)
                try await wait(for: "round \(round) is processed") { member.ledger.groupCount == 5 + round * 5 }
            }
            try await wait(for: "all is saved") { try await service.isReadOut() }
        }
        let failed = service.calls(.saveCheckpoint).count { $0.status == 500 }
        #expect((4...20).contains(failed), "with a back-off, not in a loop: \(failed)")
        #expect(member.ledger.groupCount == 30, "nothing was read twice")
    }

    @Test func `a hung save is given up and repeated`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(5)
        let member = try LiveMember("a", of: service)
        let hung = Eventually<Void>()
        service.follow { call in
            guard call.api == .saveCheckpoint else { return nil }
            return hung.set(()) ? .hang : nil
        }
        try await running(member) { try await wait(for: "all is saved") { try await service.isReadOut() } }
        let saves = service.calls(.saveCheckpoint)
        #expect(try #require(saves.first?.ended) - saves[0].sent < .seconds(6))
    }

    @Test func `C23 a read-only shard is saved at its end and its children start`() async throws {
        let service = try ScriptedService(["app": 1])
        let app = try LogstoreName("app")
        try await service.client().createConsumerGroup(
            try ConsumerGroupName(LiveMember.group), of: app, timeoutSeconds: 30, isOrdered: true)
        try await service.fill(5)
        let half = try #require(HashKey(hex: "80"))
        _ = try await service.client().splitShard(ShardID(0), of: app, at: half)
        let told = Lock<[Rebalance]>([])
        let member = try LiveMember("a", of: service) {
            $0.rebalanced = { change in told.withLock { $0.append(change) } }
        }
        try await running(member) {
            try await wait(for: "the children are ours and the parent is not") {
                Set(member.consumer.status.shards.keys) == [ShardID(1), ShardID(2)]
            }
            try await service.fill(5)
            try await wait(for: "the children are read") { member.ledger.groupCount == 10 }
        }
        let pulled = try #require(service.calls(.pullLogs).first)
        let end = Cursor(
            number: try #require(service.calls(.pullLogs).last { $0.request.url.contains("/shards/0?") }).number)
        let save = try #require(service.calls(.saveCheckpoint).first { $0.body.contains(end.encoded) })
        #expect(save.sent - pulled.sent < .seconds(4), "not with the next look at the shards, 60 s later")
        let changes = told.withLock { $0 }
        // A machine that stands still for longer than the lease loses the shard for that.
        let isLeaseLost = member.consumer.status.leaseLossCount > 0
        #expect(changes.contains(.released(ShardID(0))) || isLeaseLost, "\(changes)")
        #expect(!changes.contains(.lost(ShardID(0))) || isLeaseLost, "\(changes)")
    }

    @Test func `an empty read-only shard without a checkpoint does not hold up its children`() async throws {
        let service = try ScriptedService(["app": 1])
        let app = try LogstoreName("app")
        try await service.client().createConsumerGroup(
            try ConsumerGroupName(LiveMember.group), of: app, timeoutSeconds: 30, isOrdered: true)
        let half = try #require(HashKey(hex: "80"))
        _ = try await service.client().splitShard(ShardID(0), of: app, at: half)
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "the children are ours") {
                Set(member.consumer.status.shards.keys) == [ShardID(1), ShardID(2)]
            }
        }
    }

    @Test func `C21 a quota on one shard slows that shard alone`() async throws {
        let service = try ScriptedService(["app": 2])
        try await service.fill(20)
        let member = try LiveMember("a", of: service)
        service.follow { call in
            call.api == .pullLogs && call.request.url.contains("/shards/0?")
                ? .refuse(403, "ShardReadQuotaExceed") : nil
        }
        try await running(member) {
            let ends = try await service.ends()
            try await wait(for: "the other is read out") {
                try await service.checkpoints()[ShardID(1)]?.cursor == ends[ShardID(1)]
            }
            let began = service.clock.now
            try await wait(for: "a while") { service.clock.now - began > .seconds(20) }
            let refused = service.calls(.pullLogs).count { $0.status == 403 }
            #expect((4...12).contains(refused), "\(refused) tries")
            service.heal()
            try await wait(for: "all is saved") { try await service.isReadOut() }
        }
    }

    @Test func `answers to pulls that make no sense are failures and nothing more`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(10)
        func pull(_ headers: [String: String], _ body: [UInt8] = []) -> Fault {
            let base = ["x-log-requestid": "TEST", "x-log-count": "0", "x-log-bodyrawsize": "0", "x-log-cursor": ""]
            let all = base.merging(headers) { $1 }
            return .answer(
                TransportResponse(
                    status: 200, headers: all.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) },
                    body: body))
        }
        let far = Cursor(number: .max).encoded
        let answers: [Fault] = [
            pull(["x-log-count": "5"]), pull(["x-log-count": "-1"]), pull(["x-log-count": "99999999999999999999"]),
            pull(["x-log-bodyrawsize": "9000000000"]), pull(["x-log-cursor": "!!"]), pull(["x-log-cursor": "MA=="]),
            pull(["x-log-count": "1", "x-log-bodyrawsize": "3", "x-log-cursor": far], [1, 2]),
            pull(["x-log-count": "1", "x-log-bodyrawsize": "300", "x-log-compresstype": "lz4"], [255, 255]),
            .answer(TransportResponse(status: 200, headers: [], body: [])), .refuse(400, "ParameterInvalid"),
        ]
        let count = Lock(0)
        service.follow { call in
            guard call.api == .pullLogs else { return nil }
            let index = count.withLock { count -> Int in
                count += 1
                return count - 1
            }
            return index < answers.count ? answers[index] : nil
        }
        let member = try LiveMember("a", of: service)
        let ends = try await service.ends()
        try await running(member) {
            try await wait(for: "all is read", within: .seconds(40)) { member.ledger.groupCount == 10 }
            try await wait(for: "all is saved") {
                try await service.checkpoints()[ShardID(0)]?.cursor == ends[ShardID(0)]
            }
        }
        #expect(member.consumer.status.heldByteCount == 0)
    }

    @Test func `a position that leaps ahead without log groups costs nothing`() async throws {
        let service = try ScriptedService(["app": 1])
        let far = Cursor(number: 8_000_000_000_000_000_000)
        service.follow { call in
            guard call.api == .pullLogs, call.query("cursor") != far.encoded.replacingPadding else { return nil }
            return .answer(
                TransportResponse(
                    status: 200,
                    headers: [
                        ("x-log-requestid", "TEST"), ("x-log-count", "0"), ("x-log-bodyrawsize", "0"),
                        ("x-log-cursor", far.encoded),
                    ], body: []))
        }
        let member = try LiveMember("a", of: service)
        try await running(member) {
            try await wait(for: "it is saved") { try await service.checkpoints()[ShardID(0)]?.cursor == far }
        }
    }

    @Test func `whatever comes and goes, the byte budget is given back whole`() async throws {
        let service = try ScriptedService(["app": 4])
        try await service.fill(400)
        let ledger = Ledger(isOpen: false)
        let members = try ["a", "b", "c"].map { try LiveMember($0, of: service, ledger: ledger) }
        try await running(members[0], members[1]) {
            try await wait(for: "log groups are handed over") { ledger.groupCount > 300 }
            try await running(members[2]) {
                try await wait(for: "something drains") {
                    members.contains { $0.consumer.status.shards.values.contains { $0.state == .shuttingDown } }
                }
            }
            service.follow { $0.line.hasPrefix("a") ? .hang : nil }
            try await wait(for: "a lease is lost") { members[0].consumer.status.leaseLossCount > 0 }
            service.heal()
            ledger.gate.set(())
            try await wait(for: "all is saved") { try await service.isReadOut() }
            try await wait(for: "nothing is held") {
                members.allSatisfy { $0.consumer.status.heldByteCount == 0 }
            }
        }
    }

    @Test func `a budget smaller than any pull still lets every shard move`() async throws {
        let service = try ScriptedService(["app": 4])
        try await service.fill(100)
        let member = try LiveMember("a", of: service) {
            $0.byteBudget = 10
            $0.byteBudgetPerShard = 10
        }
        try await running(member) { try await wait(for: "all is saved") { try await service.isReadOut() } }
        #expect(member.ledger.groupCount == 100)
    }
}

extension ScriptedService.Call {
    /// The cursor that a pull began at.
    fileprivate var number: Int64 {
        query("cursor").flatMap { Cursor(encoded: String($0.prefix { $0 != "%" })) }?.number ?? 0
    }
}

extension String {
    /// As it travels in a query.
    fileprivate var replacingPadding: String {
        split(separator: "=").joined() + String(repeating: "%3D", count: count { $0 == "=" })
    }
}
