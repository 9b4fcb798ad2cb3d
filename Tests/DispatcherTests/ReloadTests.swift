import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Changes of the settings while log groups are on their way, on a clock that runs ten times as fast.
@Suite(.serialized) struct ReloadTests {
    private static func settings(
        _ mode: DeliveryMode = .exactlyOnce, _ change: (inout DispatcherSettings) -> Void = { _ in }
    ) throws -> DispatcherSettings {
        var settings = try LiveDispatcher.settings()
        settings.delivery.mode = mode
        // On a busy machine a short lease runs out, which is another story.
        settings.groupTimeout = .seconds(600)
        change(&settings)
        return settings
    }

    private static func place(_ logstore: String) throws -> DispatcherSettings.Place {
        let source = try LiveDispatcher.settings().source
        return DispatcherSettings.Place(
            endpoint: source.endpoint, project: source.project, logstore: try LogstoreName(logstore))
    }

    /// How often each of the numbered log groups is in a logstore.
    private static func copies(_ range: Range<Int>, in logstore: String, of service: ScriptedService) async throws
        -> [Int]
    {
        let stored = try await service.stored(logstore)
        return range.map { number in stored.count { $0 == ScriptedService.group(number) } }
    }

    @Test(arguments: [DeliveryMode.exactlyOnce, .exactlyOnceBatched])
    func `X9 routes that change under load are exact: everything arrives once, by the old routes or by the new`(
        mode: DeliveryMode
    ) async throws {
        let service = try ScriptedService.withTargets(and: ["more": 2])
        let more = try Self.place("more")
        let live = try LiveDispatcher("a", of: service, try Self.settings(mode))
        try await service.fill(0..<120)
        // Every fifth answer is lost, so that what is sent again crosses the change.
        service.follow(.putLogs) { number in number % 5 == 0 ? .loseAnswer : nil }
        try await running(live) {
            try await wait(for: "something is written", within: .seconds(120)) {
                live.dispatcher.status.totals.accepted.reduce(0, +) > 20
            }
            async let change: Void = live.reloadable.reload(
                try Self.settings(mode) {
                    $0.targets.append(more)
                    $0.routes = RouteTable($0.routes.routes + [.init(topic: "ngnix", target: 3)])
                })
            try await service.fill(120..<240)
            try await change
            #expect(live.reloadable.reloadCount == 1)
            try await service.fill(240..<300)
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await live.leave())
        }
        #expect(try await service.copies(0..<300) == (1, 1))
        let added = try await Self.copies(0..<300, in: "more", of: service)
        for (number, copies) in added.enumerated() {
            #expect(number % 3 == 0 ? copies <= 1 : copies == 0)
            if number >= 240, number % 3 == 0 { #expect(copies == 1, "after the change") }
        }
    }

    @Test func `settings that cannot start, or that need a restart, are refused by name and the old ones go on`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        let live = try LiveDispatcher("a", of: service, try Self.settings())
        let missing = try Self.place("missing")
        let other = try ConsumerGroupName("other")
        try await running(live) {
            _ = await live.joined.value(within: .seconds(120))
            await #expect(throws: ReloadableDispatcher.Refusal.self) {
                try await live.reloadable.reload(try Self.settings { $0.targets[1] = missing })
            }
            #expect(live.reloadable.lastRefusal?.description.contains("logstore \"missing\"") == true)
            await #expect(throws: ReloadableDispatcher.Refusal.fixed(["group", "consumer-name"])) {
                try await live.reloadable.reload(
                    try Self.settings {
                        $0.group = other
                        $0.consumerName = "b"
                    })
            }
            try await service.fill(0..<30)
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(live.reloadable.reloadCount == 0)
            #expect(try await live.leave())
        }
        #expect(try await service.copies(0..<30) == (1, 1))
    }

    @Test func `a target that cannot be asked for refuses a change, which can wait`() async throws {
        let service = try ScriptedService.withTargets(and: ["more": 1])
        let live = try LiveDispatcher("a", of: service, try Self.settings())
        let more = try Self.place("more")
        try await running(live) {
            _ = await live.joined.value(within: .seconds(120))
            service.follow { $0.request.url.contains("/logstores/more") ? .refuse(503, "ServerBusy") : nil }
            await #expect(throws: ReloadableDispatcher.Refusal.self) {
                try await live.reloadable.reload(try Self.settings { $0.targets[1] = more })
            }
            #expect(live.reloadable.lastRefusal?.description.contains("GetLogstore of") == true)
            let isSettled = try await live.leave()
            #expect(isSettled)
        }
    }

    @Test func `heartbeats go on while late copies of saves are outwaited, so that the shards stay`() async throws {
        let service = try ScriptedService.withTargets()
        let live = try LiveDispatcher("a", of: service, try Self.settings { $0.delivery.batchWait = .seconds(20) })
        try await service.fill(0..<12)
        try await running(live) {
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            let before = service.calls.count
            try await live.reloadable.reload(
                try Self.settings {
                    $0.delivery.laneCount = 2
                    $0.delivery.batchWait = .seconds(20)
                })
            // The first without shards ends the old membership; behind the wait the checkpoints are read.
            let gap = service.calls.dropFirst(before).drop { $0.api != .heartbeat || $0.body != "[]" }.dropFirst()
                .prefix { $0.api != .listCheckpoints }
            #expect(gap.contains { $0.api == .heartbeat })
            #expect(try await live.leave())
        }
        #expect(try await service.copies(0..<12) == (1, 1))
    }

    /// Runs one whose shards are blocked by a target, so that settings with other keys were refused.
    private static func refusedForItsQueues(
        _ service: ScriptedService, then body: (LiveDispatcher, _ refused: DispatcherSettings) async throws -> Void
    ) async throws {
        let live = try LiveDispatcher("a", of: service, try settings { $0.groupTimeout = .seconds(60) })
        try await service.fill(0..<60)
        service.follow { call in
            call.api == .putLogs && call.request.url.contains("/audit/") ? .refuse(400, "PostBodyInvalid") : nil
        }
        try await running(live) {
            try await wait(for: "a shard is blocked", within: .seconds(120)) {
                live.dispatcher.status.shards.contains { $0.state == "blocked" }
            }
            let lanes = try settings { $0.delivery.laneCount = 2 }
            await #expect(throws: ReloadableDispatcher.Refusal.self) { try await live.reloadable.reload(lanes) }
            try await body(live, lanes)
        }
    }

    @Test func `where the queues cannot be finished, other keys are refused, and the old ones go on`() async throws {
        let service = try ScriptedService.withTargets()
        try await Self.refusedForItsQueues(service) { live, lanes in
            let refusal = try #require(live.reloadable.lastRefusal?.description)
            #expect(refusal.contains("is blocked") && refusal.contains("PostBodyInvalid"), "\(refusal)")
            service.heal()
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            try await live.reloadable.reload(lanes)
            #expect(live.dispatcher.settings.delivery.laneCount == 2 && live.reloadable.lastRefusal == nil)
            #expect(try await live.leave())
        }
        #expect(try await service.copies(0..<60) == (1, 1))
    }

    @Test func `what was sent before a refused change is owed by the next one too, and by a stop`() async throws {
        let service = try ScriptedService.withTargets()
        try await Self.refusedForItsQueues(service) { live, lanes in
            // From here on it is given no shard, and so sends nothing more.
            service.follow { call in
                call.api == .heartbeat || call.api == .putLogs ? .refuse(500, "InternalServerError") : nil
            }
            await #expect(throws: ReloadableDispatcher.Refusal.self) { try await live.reloadable.reload(lanes) }
            let refusal = try #require(live.reloadable.lastRefusal?.description)
            #expect(refusal.contains("not everything that was sent"), "\(refusal)")
            #expect(refusal.contains("was sent up to cursor"), "\(refusal)")
            #expect(live.reloadable.reloadCount == 0)
            #expect(try await !live.leave(), "exit status 2")
        }
        #expect(try await service.copies(0..<60) == (0, 1))
    }

    /// A service where all is written, but nothing of it saved, for the one that wrote it has crashed.
    private static func afterCrash() async throws -> ScriptedService {
        let service = try ScriptedService.withTargets()
        let dead = try LiveDispatcher("a", of: service, try settings())
        try await running(dead) {
            try await wait(for: "all shards have begun") {
                dead.dispatcher.status.shards.count { $0.checkpoint != nil } == 4
            }
            service.follow { $0.api == .saveCheckpoint ? .refuse(500, "InternalServerError") : nil }
            try await service.fill(0..<60)
            try await wait(for: "all is written") { try await service.copies(0..<60).least == 1 }
        }
        service.follow { $0.api == .pullLogs ? .refuse(500, "InternalServerError") : nil }
        return service
    }

    @Test func `other keys directly after a crash wait until what the dead one sent is covered`() async throws {
        let service = try await Self.afterCrash()
        let lines = LineRecorder()
        let live = try LiveDispatcher("a", of: service, try Self.settings(), logger: lines.logger)
        try await running(live) {
            try await wait(for: "all shards are taken over") {
                live.dispatcher.status.shards.count { $0.checkpoint != nil } == 4
            }
            async let change: Void = live.reloadable.reload(try Self.settings { $0.delivery.laneCount = 2 })
            try await wait(for: "the change waits") { lines.all.contains { $0.contains("the change waits") } }
            service.heal()
            try await change
            #expect(live.reloadable.reloadCount == 1)
            try await service.fill(60..<90)
            try await wait(for: "all is covered") { try await service.isCovered() }
            #expect(try await live.leave())
        }
        #expect(try await service.copies(0..<90) == (1, 1))
    }

    @Test func `where that does not come about the change is refused, and names the shards`() async throws {
        let service = try await Self.afterCrash()
        let live = try LiveDispatcher("a", of: service, try Self.settings())
        try await running(live) {
            try await wait(for: "all shards are taken over") {
                live.dispatcher.status.shards.count { $0.checkpoint != nil } == 4
            }
            let lanes = try Self.settings { $0.delivery.laneCount = 2 }
            await #expect(throws: ReloadableDispatcher.Refusal.self) { try await live.reloadable.reload(lanes) }
            let refusal = try #require(live.reloadable.lastRefusal?.description)
            #expect(refusal.contains("of shard 0, 1, 2, 3 it is not known how far it was sent"), "\(refusal)")
            service.heal()
            try await live.reloadable.reload(lanes)
            try await wait(for: "all is covered") { try await service.isCovered() }
            #expect(try await live.leave())
        }
        #expect(try await service.copies(0..<60) == (1, 1))
    }

    @Test(arguments: [APICall.listConsumerGroups, .heartbeat])
    func `settings that cannot join the group are refused, and the old ones go on where they were`(
        forbidden: APICall
    ) async throws {
        let service = try ScriptedService.withTargets()
        let live = try LiveDispatcher("a", of: service, try Self.settings())
        try await service.fill(0..<30)
        service.follow { call in
            call.api == forbidden && call.line.hasPrefix("b") ? .refuse(403, "Unauthorized") : nil
        }
        let other = try #require(DeliveryIdentity("b"))
        try await running(live) {
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            await #expect(throws: ReloadableDispatcher.Refusal.self) {
                try await live.reloadable.reload(try Self.settings { $0.delivery.identity = other })
            }
            #expect(service.calls(forbidden).contains { $0.line.hasPrefix("b") && $0.status == 403 })
            try await service.fill(30..<60)
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(live.reloadable.reloadCount == 0 && live.reloadable.lastRefusal != nil)
            #expect(try await live.leave())
        }
        #expect(try await service.copies(0..<60) == (1, 1))
    }

    @Test func `after a refused change the old settings join again, however often that is refused at first`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        let live = try LiveDispatcher("a", of: service, try Self.settings { $0.groupTimeout = .seconds(60) })
        try await service.fill(0..<60)
        service.follow { call in
            call.api == .putLogs && call.request.url.contains("/audit/") ? .refuse(400, "PostBodyInvalid") : nil
        }
        try await running(live) {
            try await wait(for: "a shard is blocked", within: .seconds(120)) {
                live.dispatcher.status.shards.contains { $0.state == "blocked" }
            }
            let refusals = Lock(0)
            service.follow { call in
                if call.api == .putLogs, call.request.url.contains("/audit/") { return .refuse(400, "PostBodyInvalid") }
                guard call.api == .listConsumerGroups, call.line == "a" else { return nil }
                refusals.withLock { $0 += 1 }
                return .refuse(401, "Unauthorized")
            }
            await #expect(throws: ReloadableDispatcher.Refusal.self) {
                try await live.reloadable.reload(try Self.settings { $0.delivery.laneCount = 2 })
            }
            let before = refusals.withLock { $0 }
            try await wait(for: "it has tried three times", within: .seconds(120)) {
                refusals.withLock { $0 } >= before + 3
            }
            service.heal()
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await live.leave())
        }
        #expect(try await service.copies(0..<60) == (1, 1))
    }

    @Test func `a dead-letter logstore can be given to a shard that is blocked, for the keys stay as they are`()
        async throws
    {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        let dead = try Self.place("dead")
        let live = try LiveDispatcher("a", of: service, try Self.settings { $0.groupTimeout = .seconds(60) })
        try await service.fill(0..<60)
        let spoiled = ScriptedService.group(4)
        service.follow { call in
            call.api == .putLogs && call.request.url.contains("/audit/") && call.rawBody == spoiled
                ? .refuse(400, "PostBodyInvalid") : nil
        }
        try await running(live) {
            try await wait(for: "a shard is blocked", within: .seconds(120)) {
                live.dispatcher.status.shards.contains { $0.state == "blocked" }
            }
            try await live.reloadable.reload(
                try Self.settings {
                    $0.groupTimeout = .seconds(60)
                    $0.delivery.deadLetter = dead
                })
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await live.leave())
        }
        #expect(try await service.stored("dead").count == 1)
        #expect(try await service.copies(0..<60).most == 1)
        #expect(try await service.stored("audit").count == 19)
    }

    @Test func `a stop while a change waits ends the one and refuses the other`() async throws {
        let service = try ScriptedService.withTargets()
        let live = try LiveDispatcher("a", of: service, try Self.settings())
        service.follow { call in call.api == .putLogs ? .hang : nil }
        try await service.fill(0..<12)
        try await running(live) {
            try await wait(for: "something is under way", within: .seconds(120)) { !service.calls(.putLogs).isEmpty }
            async let change: Void = live.reloadable.reload(try Self.settings { $0.delivery.laneCount = 2 })
            try await wait(for: "the barrier was asked for", within: .seconds(120)) {
                live.dispatcher.status.shards.contains { $0.state == "shuttingDown" }
            }
            await #expect(throws: ReloadableDispatcher.Refusal.busy) {
                try await live.reloadable.reload(try Self.settings())
            }
            live.stop.set(())
            service.heal()
            do {
                try await change
                Issue.record("it was changed")
            } catch { #expect(error as? ReloadableDispatcher.Refusal == .stopped) }
            _ = await live.ended.value(within: .seconds(120))
            #expect(live.reloadable.reloadCount == 0)
        }
    }

    @Test func `a stop while a change outwaits late saves ends with that wait, and begins no other`() async throws {
        let service = try ScriptedService.withTargets()
        let settings = try Self.settings { $0.delivery.batchWait = .seconds(60) }
        let live = try LiveDispatcher("a", of: service, settings)
        try await service.fill(0..<12)
        try await running(live) {
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            async let change: Void = live.reloadable.reload(try Self.settings { $0.delivery.laneCount = 2 })
            try await wait(for: "the seat is kept", within: .seconds(120)) {
                service.calls(.heartbeat).contains { $0.body == "[]" && $0.ended != nil }
                    && live.dispatcher.status.shards.isEmpty
            }
            let before = service.calls(.listCheckpoints).count
            live.stop.set(())
            do {
                try await change
                Issue.record("it was changed")
            } catch { #expect(error as? ReloadableDispatcher.Refusal == .stopped) }
            #expect(try await live.leave())
            #expect(service.calls(.listCheckpoints).count == before + 1)
        }
    }

    @Test func `only where other keys or fewer promises follow must everything be finished first`() throws {
        let strict = try Self.settings()
        func differing(_ change: (inout DispatcherSettings) -> Void) throws -> Bool {
            try Self.settings(.exactlyOnce, change).needsBarrier(after: strict)
        }
        let dead = try Self.place("dead")
        #expect(try !differing { _ in })
        #expect(try !differing { $0.credentials.accessKeySecret = "rotated" })
        #expect(try !differing { $0.delivery.deadLetter = dead })
        #expect(try differing { $0.delivery.laneCount = 4 })
        #expect(try differing { $0.delivery.mode = .exactlyOnceBatched })
        #expect(try differing { $0.start = StartSetting(position: .received(Timestamp(seconds: 7)), isFixed: true) })
        let plain = try Self.settings(.atLeastOnce)
        #expect(strict.needsBarrier(after: plain), "what was sent without ids counts for nothing")
        #expect(!plain.needsBarrier(after: strict), "copies are allowed from now on")
    }
}
