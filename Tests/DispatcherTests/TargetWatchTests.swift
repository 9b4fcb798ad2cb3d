import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

@Suite struct TargetWatchTests {
    @Test func `when a target's shards change, nothing new goes there before what was sent is saved`() async throws {
        let service = try ScriptedService.withTargets(speed: 20)
        let recorder = LineRecorder()
        let dispatcher = try LiveDispatcher("a", of: service, logger: recorder.logger) {
            $0.delivery.mode = .exactlyOnce
            $0.groupTimeout = .seconds(3_600)  // On a busy machine a short lease runs out, and its windows with it.
        }
        try await service.fill(0..<60)
        let hasWritten = Lock(false)
        service.follow { call in
            if call.api == .putLogs { hasWritten.withLock { $0 = true } }
            // The first positions are saved; behind what is written no checkpoint comes.
            return call.api == .saveCheckpoint && hasWritten.withLock { $0 }
                ? .refuse(500, "InternalServerError") : nil
        }
        try await running(dispatcher) {
            try await wait(for: "all is written", within: .seconds(120)) { try await service.copies(0..<60) == (1, 1) }
            try await wait(for: "the shards are known", within: .seconds(120)) {
                service.calls(.listShards, by: "a").contains { $0.isOf("web") && $0.ended != nil }
            }
            let before = service.calls(.listShards, by: "a").count
            try await service.splitFirstShard(of: "web")
            try await wait(for: "the split is seen", within: .seconds(120)) {
                recorder.all.contains { $0.contains("the shards of a target have changed") }
            }
            let seen = try #require(
                service.calls(.listShards, by: "a").dropFirst(before).first { $0.isOf("web") }?.ended)
            let written = service.calls(.putLogs).count
            try await service.fill(60..<120)
            try await wait(for: "all is written", within: .seconds(120)) { try await service.copies(0..<120) == (1, 1) }
            let puts = service.calls(.putLogs).dropFirst(written)
            let first = try #require(puts.first { $0.isOf("web") })
            #expect(first.sent >= seen + ExactWindow<LogGroupSlice>.settlingLimit)
            service.heal()
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
    }
}

extension TargetWatchTests {
    /// What a watch tells of three targets and the dead letters, until `body` has seen enough.
    private func watching(
        _ service: ScriptedService, _ body: (Lock<[Int]>, LineRecorder) async throws -> Void
    ) async throws {
        let places = try ["web", "audit", "clicks", "dead"].map {
            DispatcherSettings.Place(
                endpoint: try Endpoint(parsing: "cn-hangzhou.log.aliyuncs.com"), project: try ProjectName("demo"),
                logstore: try LogstoreName($0))
        }
        let clock = service.clock.consumerClock
        let client = try service.client(by: service.line("watch"))
        let targets = places.map {
            ShardDelivery.Target(
                place: $0, client: client, transport: service.line("watch"),
                share: ConnectionShare(limit: 1, clock: clock))
        }
        let (told, recorder, changes) = (Lock<[Int]>([]), LineRecorder(), TargetChanges())
        _ = changes.listen { target in told.withLock { $0.append(target) } }
        let watch = TargetWatch(
            targets: Array(targets.prefix(3)), deadLetter: targets[3], changes: changes, clock: clock,
            logger: recorder.logger, troubles: ThrottledLogger(recorder.logger, clock: clock))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watch.run() }
            try await wait(for: "all are known", within: .seconds(120)) {
                service.calls(.listShards, by: "watch").count { $0.ended != nil } >= 4
            }
            try await body(told, recorder)
            group.cancelAll()
        }
    }

    @Test func `a split of the dead letters concerns every target, one of a target that target`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1], speed: 100)
        try await watching(service) { told, _ in
            try await service.splitFirstShard(of: "audit")
            try await wait(for: "it is told", within: .seconds(120)) { told.withLock { $0 } == [1] }
            try await service.splitFirstShard(of: "dead")
            try await wait(for: "it is told to all", within: .seconds(120)) { told.withLock { $0 } == [1, 0, 1, 2] }
        }
    }

    @Test func `a target that hangs holds up no look at the others`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1], speed: 10)
        try await watching(service) { _, _ in
            service.follow { call in call.api == .listShards && call.isOf("web") ? .hang : nil }
            func asked(_ logstore: String) -> [Instant] {
                service.calls(.listShards, by: "watch").filter { $0.isOf(logstore) }.map(\.sent)
            }
            try await wait(for: "the others are asked again", within: .seconds(120)) {
                asked("web").count > 1 && asked("audit").count > 1 && asked("dead").count > 1
            }
            // One after the other the first would take five seconds before the next is asked.
            for logstore in ["audit", "clicks", "dead"] {
                #expect(asked(logstore)[1] - asked("web")[1] < .seconds(5), "\(logstore)")
            }
        }
    }

    @Test func `who may not list the shards of a target is told, and asks again ten minutes later`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1], speed: 400)
        service.follow { call in
            call.api == .listShards && call.isOf("web") ? .refuse(403, "Unauthorized") : nil
        }
        try await watching(service) { told, recorder in
            try await wait(for: "it is asked for again", within: .seconds(120)) {
                service.calls(.listShards, by: "watch").count { $0.isOf("web") } == 2
            }
            let asked = service.calls(.listShards, by: "watch").filter { $0.isOf("web") }.map(\.sent)
            #expect(asked[1] - asked[0] >= TargetWatch.forbiddenInterval)
            #expect(recorder.all.contains { $0.contains("not allowed to list the shards") })
            // Keys that may ask again see the next split.
            service.heal()
            try await wait(for: "it is answered", within: .seconds(120)) {
                service.calls(.listShards, by: "watch").count { $0.isOf("web") && $0.ended != nil } >= 4
            }
            #expect(told.withLock { $0.isEmpty })
            try await service.splitFirstShard(of: "web")
            try await wait(for: "it is told", within: .seconds(120)) { told.withLock { $0 } == [0] }
        }
    }
}

extension ScriptedService.Call {
    fileprivate func isOf(_ logstore: String) -> Bool { request.url.contains("/logstores/\(logstore)/") }
}
