import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

private struct Refused: Error {}

/// What a handler was given, and when.
private final class Diary: Sendable {
    /// Where a batch was; the batch itself would hold its bytes of the budget.
    struct Place: Sendable {
        let shard: ShardID
        let first: Cursor
        let next: Cursor
    }

    struct Entry: Sendable {
        let batch: Place
        let time: Instant
    }

    private let clock: ScaledClock
    private let lines = Lock<[Entry]>([])

    init(_ service: ScriptedService) { clock = service.clock }

    var entries: [Entry] { lines.withLock { $0 } }

    func entries(of shard: Int) -> [Entry] { entries.filter { $0.batch.shard == ShardID(shard) } }

    func note(_ batch: Batch) {
        let place = Place(shard: batch.shard, first: batch.first, next: batch.next)
        lines.withLock { $0.append(Entry(batch: place, time: clock.now)) }
    }
}

extension LoopTests.HandlerTests {
    private func isReadOut(_ shard: Int, _ service: ScriptedService) async throws -> Bool {
        try await service.checkpoints()[ShardID(shard)]?.cursor == service.ends()[ShardID(shard)]
    }

    @Test func `C13 a batch that fails three times comes again in order, later each time, and nothing is skipped`()
        async throws
    {
        let service = try ScriptedService(["app": 1])
        try await service.fill(6)
        let diary = Diary(service)
        let member = try LiveMember(
            "a", of: service,
            handling: (
                .retryForever,
                { batch in
                    diary.note(batch)
                    if diary.entries.count <= 3 { throw Refused() }
                }
            )
        ) { $0.pullCount = 2 }
        try await running(member) { try await wait(for: "all is saved") { try await service.isReadOut() } }
        let begin = try await service.client().getCursor(of: ShardID(0), in: LogstoreName("app"), from: .begin)
        #expect(diary.entries.map { Int($0.batch.first.number - begin.number) } == [0, 0, 0, 0, 2, 4])
        let times = diary.entries.map(\.time)
        #expect(times[1] - times[0] >= .milliseconds(150))
        #expect(times[2] - times[1] >= .milliseconds(300))
        #expect(times[3] - times[2] >= .milliseconds(600))
        #expect(member.consumer.status.shards.isEmpty)
    }

    @Test func `C14 with a dead letter a poison batch is recorded, the position advances, and others never notice`()
        async throws
    {
        let service = try ScriptedService(["app": 2])
        try await service.fill(20)
        let diary = Diary(service)
        let dead = Diary(service)
        let member = try LiveMember(
            "a", of: service,
            handling: (
                .deadLetter(
                    afterTries: 3,
                    { batch, error in
                        #expect(error is Refused)
                        dead.note(batch)
                        // The dead letter's own first failure is an outage, not the end of the batch.
                        if dead.entries.count == 1 { throw Refused() }
                    }),
                { batch in
                    diary.note(batch)
                    if batch.shard == ShardID(0), diary.entries(of: 0)[0].batch.first == batch.first { throw Refused() }
                }
            )
        ) { $0.pullCount = 2 }
        try await running(member) { try await wait(for: "all is saved") { try await service.isReadOut() } }
        let poison = try #require(diary.entries(of: 0).first).batch.first
        #expect(diary.entries.count { $0.batch.first == poison && $0.batch.shard == ShardID(0) } == 4)
        #expect(dead.entries.map(\.batch.first) == [poison, poison])
        let others = diary.entries(of: 1).map(\.batch.first)
        #expect(others == others.sorted() && Set(others).count == others.count)
    }

    @Test func `C15 one shard that fails for ever leaves the others their throughput`() async throws {
        let service = try ScriptedService(["app": 4])
        try await service.fill(200)
        let diary = Diary(service)
        let member = try LiveMember(
            "a", of: service,
            handling: (
                .retryForever,
                { batch in
                    diary.note(batch)
                    if batch.shard == ShardID(0) { throw Refused() }
                }
            )
        ) {
            $0.pullCount = 5
            // What the failing shard holds for ever leaves it no room for another pull.
            $0.byteBudgetPerShard = 600
            $0.byteBudget = 3_000
        }
        let began = service.clock.now
        try await running(member) {
            for shard in 1...3 {
                try await wait(for: "shard \(shard) is read out") { try await isReadOut(shard, service) }
            }
            #expect(service.clock.now - began < .seconds(30))
            await service.clock.sleep(for: .seconds(5))
            // All have given their bytes back: nothing but a new pull can bring anything on.
            try await service.fill(40)
            for shard in 1...3 {
                try await wait(for: "shard \(shard) is read on") { try await isReadOut(shard, service) }
            }
            #expect(member.consumer.status.shards[ShardID(0)]?.state == .waiting(.byteBudget))
            #expect(Set(diary.entries(of: 0).map(\.batch.first)).count == 1, "nothing behind it before it succeeds")
            #expect(try #require(member.consumer.status.shards[ShardID(0)]).retryCount > 0)
        }
    }

    @Test func `a shard that is stopped by its policy is held, the rest goes on, and the stop says so`() async throws {
        let service = try ScriptedService(["app": 2], clock: ScaledClock(speed: 20))
        try await service.fill(20)
        let diary = Diary(service)
        let member = try LiveMember(
            "a", of: service,
            handling: (
                .stopShard(afterTries: 2),
                { batch in
                    diary.note(batch)
                    if batch.shard == ShardID(0), diary.entries(of: 0).count > 1 { throw Refused() }
                }
            )
        ) { $0.pullCount = 2 }
        try await running(member) {
            try await wait(for: "it is held") { member.consumer.status.shards[ShardID(0)]?.state.word == "held" }
            try await wait(for: "the other is read out") { try await isReadOut(1, service) }
            let tries = diary.entries(of: 0)
            #expect(tries.count == 3)
            let shown = try #require(member.consumer.status.shards[ShardID(0)])
            #expect(try #require(shown.state.reason).contains("failed 2 times"))
            try await wait(for: "what came before is saved") {
                try await service.checkpoints()[ShardID(0)]?.cursor == tries[1].batch.first
            }
            #expect(member.consumer.status.leaseLossCount == 0)
            #expect(try await !member.leave().isSettled)
        }
    }

    @Test func `a held shard goes on from where a person sets its checkpoint`() async throws {
        let service = try ScriptedService(["app": 1], clock: ScaledClock(speed: 40))
        try await service.fill(10)
        let diary = Diary(service)
        let member = try LiveMember(
            "a", of: service,
            handling: (
                .stopShard(afterTries: 1),
                { batch in
                    diary.note(batch)
                    if diary.entries.count == 1 { throw Refused() }
                }
            )
        ) {
            $0.pullCount = 2
            $0.timeout = .seconds(60)
        }
        try await running(member) {
            try await wait(for: "it is held") { member.consumer.status.shards[ShardID(0)]?.state.word == "held" }
            let behind = try #require(diary.entries.first).batch.next
            try await service.client().saveCheckpoint(
                behind, of: ShardID(0), in: ConsumerGroupName(LiveMember.group), of: LogstoreName("app"), as: .forced())
            try await wait(for: "all is saved") { try await service.isReadOut() }
            #expect(diary.entries[1].batch.first == behind)
        }
    }

    @Test func `C22 a thousand seeks back and forth return the byte budget whole`() async throws {
        let service = try ScriptedService(["app": 1], clock: ScaledClock(speed: 100))
        try await service.fill(40)
        let begin = try await service.client().getCursor(of: ShardID(0), in: LogstoreName("app"), from: .begin)
        let count = Lock(0)
        let member = try LiveMember(
            "a", of: service,
            handling: (
                .retryForever,
                { batch in
                    let number = count.withLock { count in
                        count += 1
                        return count
                    }
                    if number <= 500 { throw Seek(to: number % 2 == 0 ? begin : batch.next) }
                }
            )
        ) {
            $0.pullCount = 3
            $0.timeout = .seconds(3_000)
            $0.byteBudgetPerShard = 1_000
            $0.byteBudget = 1_000
        }
        try await running(member) {
            try await wait(for: "the handler has turned 500 times", within: .seconds(60)) {
                count.withLock { $0 } > 500
            }
            for number in 0..<500 {
                #expect(await member.consumer.seek(ShardID(0), to: begin.advanced(by: number % 40)))
            }
            try await wait(for: "all is saved") { try await service.isReadOut() }
            try await wait(for: "nothing is held") { member.consumer.status.heldByteCount == 0 }
        }
        #expect(await !member.consumer.seek(ShardID(0), to: begin), "the shard is not ours any more")
    }

    @Test func `a seek that the end of its member overtakes is answered with no`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(10)
        let begin = try await service.client().getCursor(of: ShardID(0), in: LogstoreName("app"), from: .begin)
        let goal = begin.advanced(by: 4)
        service.follow { $0.api == .saveCheckpoint && $0.body.contains(goal.encoded) ? .hang : nil }
        let member = try LiveMember("a", of: service)
        let answer = Eventually<Bool>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await running(member) {
                    try await wait(for: "the position's save is under way") {
                        service.calls(.saveCheckpoint).contains { $0.body.contains(goal.encoded) }
                    }
                }
            }
            group.addTask {
                try await wait(for: "all is saved") { try await service.isReadOut() }
                answer.set(await member.consumer.seek(ShardID(0), to: goal))
            }
            try await group.waitForAll()
        }
        #expect(answer.current == false)
    }

    @Test func `a seek that meets a hand-over is answered, and the shard goes to its next owner`() async throws {
        let service = try ScriptedService(["app": 2])
        try await service.fill(10)
        let begin = try await service.client().getCursor(of: ShardID(1), in: LogstoreName("app"), from: .begin)
        let ledger = Ledger(isOpen: false)
        let old = try LiveMember("a", of: service, ledger: ledger)
        let new = try LiveMember("b", of: service)
        let answers = Lock<[Bool]>([])
        try await running(old) {
            try await wait(for: "log groups are handed over") { ledger.groupCount == 10 }
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The processor is busy, so that the shard turns until it ends.
                group.addTask {
                    let isSaved = await old.consumer.seek(ShardID(1), to: begin.advanced(by: 1))
                    answers.withLock { $0.append(isSaved) }
                }
                try await running(new) {
                    try await wait(for: "the shard is let go") {
                        old.consumer.status.shards[ShardID(1)]?.state == .shuttingDown
                    }
                    #expect(await !old.consumer.seek(ShardID(1), to: begin), "it is on its way to somebody else")
                    ledger.gate.set(())
                    try await wait(for: "the next owner has it") { new.consumer.status.shards[ShardID(1)] != nil }
                    try await group.waitForAll()
                    try await wait(for: "all is saved") { try await service.isReadOut() }
                }
            }
        }
        #expect(answers.withLock { $0 } == [false])
    }

    @Test func `a batch decodes its log groups on demand, each with its cursor`() async throws {
        let service = try ScriptedService(["app": 1])
        try await service.fill(3)
        let found = Lock<[(cursor: Cursor, logGroup: LogGroup)]>([])
        let member = try LiveMember(
            "a", of: service,
            handling: (
                .retryForever,
                { batch in
                    let groups = try batch.logGroups()
                    found.withLock { $0 += groups }
                }
            ))
        try await running(member) { try await wait(for: "all is saved") { try await service.isReadOut() } }
        let groups = found.withLock { $0 }
        let begin = try await service.client().getCursor(of: ShardID(0), in: LogstoreName("app"), from: .begin)
        #expect(groups.map(\.cursor) == (0..<3).map { begin.advanced(by: $0) })
        #expect(groups.allSatisfy { $0.logGroup.topic == "t" && $0.logGroup.logs.count == 1 })
    }

    @Test func `changes of what is held are told in order`() async throws {
        let service = try ScriptedService(["app": 1])
        let told = Lock<[Rebalance]>([])
        let member = try LiveMember("a", of: service) {
            $0.rebalanced = { change in told.withLock { $0.append(change) } }
        }
        try await running(member) {
            try await wait(for: "it has begun") { told.withLock { $0.count } == 2 }
            _ = try await member.leave()
        }
        let begin = try await service.client().getCursor(of: ShardID(0), in: LogstoreName("app"), from: .begin)
        let shard = ShardID(0)
        #expect(told.withLock { $0 } == [.gained(shard), .started(shard, at: begin), .released(shard)])
    }
}
