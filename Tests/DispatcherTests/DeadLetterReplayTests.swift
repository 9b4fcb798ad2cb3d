import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

@Suite(.serialized) struct DeadLetterReplayTests {
    /// Numbers of log groups that their target refuses at first: two of `web`, three of `audit`.
    private static let spoiled = [3, 4, 6, 7, 10]

    private static func delivery() throws -> DeliverySettings {
        let source = try LiveDispatcher.settings().source
        var delivery = DeliverySettings()
        delivery.mode = .exactlyOnce
        delivery.deadLetter = DispatcherSettings.Place(
            endpoint: source.endpoint, project: source.project, logstore: try LogstoreName("dead"))
        return delivery
    }

    private static func session(
        _ service: ScriptedService, _ change: (inout DispatcherSettings) -> Void = { _ in }
    ) throws -> OperatorSession {
        var settings = try LiveDispatcher.settings()
        settings.delivery = try delivery()
        change(&settings)
        return OperatorSession(
            settings, transport: service.line("operator"), wallClock: { [clock = service.clock] in clock.wall },
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func replay(
        _ service: ScriptedService, word: String = "first", byteLimit: Int = DeadLetterReplay.readAheadByteCount,
        patience: Duration = DeadLetterReplay.patience, passingOver letters: Set<DeadLetterReplay.Letter> = [],
        _ change: (inout DispatcherSettings) -> Void = { _ in }
    ) throws -> DeadLetterReplay {
        let word = try #require(DeliveryIdentity(word))
        var order = DeadLetterReplay.Order(word: word)
        order.passedOver = letters
        return try DeadLetterReplay(
            try session(service, change), order, clock: service.clock.consumerClock, byteLimit: byteLimit,
            patience: patience)
    }

    /// A service whose dead letters are those of `spoiled`; everything else was delivered.
    private static func withDeadLetters() async throws -> ScriptedService {
        let service = try ScriptedService.withTargets(and: ["dead": 2])
        try await service.fill(0..<24)
        let bodies = Set(spoiled.map { ScriptedService.group($0) })
        service.follow { call in
            guard call.api == .putLogs, !call.request.url.contains("/dead/"), let raw = call.rawBody else { return nil }
            return bodies.contains(raw) ? .refuse(400, "PostBodyInvalid") : nil
        }
        let delivery = try delivery()
        let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery = delivery }
        try await running(dispatcher) {
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        service.heal()
        return service
    }

    private static func audit(_ service: ScriptedService) async throws -> (lost: Int, duplicated: Int, dead: Int) {
        var sums = (lost: 0, duplicated: 0, dead: 0)
        for shard in 0..<4 {
            let range = DeliveryAudit.Range(shard: ShardID(shard), from: .position(.begin), to: .position(.end))
            for finding in try await DeliveryAudit(try session(service)).run(range).findings {
                sums.lost += finding.lost
                sums.duplicated += finding.duplicated
                sums.dead += finding.deadLettered
                #expect(finding.foreign == 0)
            }
        }
        return sums
    }

    @Test func `dead letters go to the targets that refused them, each once, however often it is asked for`()
        async throws
    {
        let service = try await Self.withDeadLetters()
        #expect(try await service.stored("dead").count == 5)
        #expect(try await Self.audit(service) == (lost: 0, duplicated: 0, dead: 5))
        let first = try await Self.replay(service).run()
        #expect(first.isComplete && first.read == 5 && first.total == 5 && first.leftOut == 0)
        #expect(first.written == [2, 3, 0] && first.stored == [0, 0, 0])
        #expect(try await service.copies(0..<24) == (1, 1))
        #expect(try await Self.audit(service) == (lost: 0, duplicated: 0, dead: 0))
        let again = try await Self.replay(service).run()
        #expect(again.written == [0, 0, 0] && again.stored == [2, 3, 0])
        #expect(try await service.copies(0..<24) == (1, 1))
        let anew = try await Self.replay(service, word: "second").run()
        #expect(anew.written == [2, 3, 0], "another word writes everything again")
    }

    @Test func `a replay that broke off goes on where it was`() async throws {
        let service = try await Self.withDeadLetters()
        let count = service.follow(.putLogs) { number in
            // The first is stored without an answer, then nothing gets through.
            number == 1 ? .loseAnswer : .drop
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await Self.replay(service).run() }
            // What the test waits for here fails it by itself.
            try? await wait(for: "some tries", within: .seconds(120)) { count.withLock { $0 } > 4 }
            group.cancelAll()
        }
        service.heal()
        let report = try await Self.replay(service).run()
        #expect(report.isComplete)
        #expect(zip(report.written, report.stored).map(+) == [2, 3, 0])
        #expect(report.stored.reduce(0, +) == 1)
        #expect(try await service.copies(0..<24) == (1, 1))
    }

    @Test func `what is refused again ends its shard and is said, and a later run writes the rest`() async throws {
        let service = try await Self.withDeadLetters()
        let refused = ScriptedService.group(7)
        service.follow { call in
            call.api == .putLogs && call.rawBody == refused ? .refuse(400, "PostBodyInvalid") : nil
        }
        let first = try await Self.replay(service).run()
        #expect(
            !first.isComplete && first.refusals.allSatisfy { $0.contains("demo/audit refuses the dead letter ") })
        #expect(first.refusals.first?.contains("PostBodyInvalid") == true)
        let stored = try await service.stored("web") + service.stored("audit") + service.stored("clicks")
        #expect(stored.count == 24 - first.refusals.count - first.untried)
        service.heal()
        let second = try await Self.replay(service).run()
        #expect(second.isComplete)
        #expect(try await service.copies(0..<24) == (1, 1))
    }

    @Test func `one that is refused for ever is passed over where a person says so, and the rest is written`()
        async throws
    {
        let service = try await Self.withDeadLetters()
        let refused = ScriptedService.group(7)
        service.follow { call in
            call.api == .putLogs && call.rawBody == refused ? .refuse(400, "PostBodyInvalid") : nil
        }
        let stuck = try await Self.replay(service).run()
        let refusal = try #require(stuck.refusals.first)
        let named = try #require(refusal.split(separator: "--leave-out ").last?.split(separator: " ").first)
        let letter = try #require(DeadLetterReplay.Letter(String(named)))
        let report = try await Self.replay(service, passingOver: [letter]).run()
        #expect(report.isComplete && report.passedOver == [letter] && report.refusals.isEmpty, "\(report)")
        #expect(zip(report.written, report.stored).map(+) == [2, 2, 0])
        let others = (0..<24).filter { $0 != 7 }
        var counts: [[UInt8]: Int] = [:]
        for logstore in ["web", "audit", "clicks"] {
            for group in try await service.stored(logstore) { counts[group, default: 0] += 1 }
        }
        #expect(others.allSatisfy { counts[ScriptedService.group($0)] == 1 } && counts[refused] == nil)
        // Nothing is told of a letter that is not there.
        let nowhere = DeadLetterReplay.Letter(ShardID(0), Cursor(number: 1))
        #expect(try await Self.replay(service, word: "b", passingOver: [letter, nowhere]).run().passedOver == [letter])
    }

    @Test(arguments: [
        ("0:1729070618428044655", true), ("7:MTcyOTA3MDYxODQyODA0NDY1NQ==", true), ("0", false),
        ("-1:1729070618428044655", false), ("a:1729070618428044655", false), ("0:begin", false), ("0:", false),
    ])
    func `a dead letter is named by its shard and cursor`(text: String, isOne: Bool) {
        let letter = DeadLetterReplay.Letter(text)
        #expect((letter != nil) == isOne)
        if let letter { #expect(letter.cursor == Cursor(number: 1_729_070_618_428_044_655)) }
    }

    @Test(arguments: [Fault.refuse(500, "InternalServerError"), .refuse(403, "WriteQuotaExceed"), .drop])
    func `a target that takes nothing is told of, and after a while the replay ends`(fault: Fault) async throws {
        let service = try await Self.withDeadLetters()
        service.follow { call in call.api == .putLogs ? fault : nil }
        let notices = Lock<[String]>([])
        let report = try await Self.replay(service, patience: .seconds(20))
            .run(notice: { notice in notices.withLock { $0.append(notice) } })
        #expect(!report.isComplete && !report.failures.isEmpty, "\(report)")
        #expect(report.failures.allSatisfy { $0.contains("for 20 s no target has taken anything") }, "\(report)")
        let told = notices.withLock { $0 }
        #expect(!told.isEmpty && told.allSatisfy { $0.hasPrefix("demo/") && $0.hasSuffix("; tried again") }, "\(told)")
        #expect(told.count < service.calls(.putLogs, by: "operator").count, "now and then, not each time")
        service.heal()
        #expect(try await Self.replay(service).run().isComplete)
        #expect(try await service.copies(0..<24) == (1, 1))
    }

    @Test func `what was refused is told, though another target of its shard is down`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        let tags = DeadLetterTag(try LiveDispatcher.settings()).fields
        for number in 0..<2 {
            try await service.client().putLogs(
                PutLogsBody(compressing: ScriptedService.group(number) + tags[number]), to: try LogstoreName("dead"))
        }
        service.follow { call in
            guard call.api == .putLogs else { return nil }
            return call.request.url.contains("/web/") ? .refuse(400, "PostBodyInvalid") : .refuse(503, "ServerBusy")
        }
        let report = try await Self.replay(service, patience: .seconds(20)).run()
        #expect(report.refusals.count == 1 && report.refusals[0].contains("--leave-out 0:"), "\(report)")
        #expect(report.failures.count == 1 && report.untried == 1, "\(report)")
    }

    @Test func `a refusal that is not about the dead letter offers no way to leave it out`() async throws {
        let service = try await Self.withDeadLetters()
        service.follow { call in call.api == .putLogs ? .refuse(401, "Unauthorized") : nil }
        let notices = Lock<[String]>([])
        let report = try await Self.replay(service).run(notice: { notice in notices.withLock { $0.append(notice) } })
        #expect(!report.refusals.isEmpty && report.failures.isEmpty)
        #expect(report.refusals.allSatisfy { $0.contains("run the same command again") && !$0.contains("--leave-out") })
        #expect(notices.withLock { $0 }.isEmpty, "nothing is tried again")
    }

    @Test func `a sealed dead letter counts by what it holds, not by what was pulled`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        let tag = DeadLetterTag(try LiveDispatcher.settings()).fields[0]
        var large: [[UInt8]] = []
        for number in 0..<6 {
            let text = String(repeating: "x", count: 300_000) + "\(number)"
            let group = LogGroup(logs: [.init(time: 1_709_618_828, contents: [.init("text", text)])]).serialized
            let letter = try SealedLetter.seal(group, at: service.clock.wall) + tag + DeadLetterTag.seal
            try await service.client().putLogs(PutLogsBody(compressing: letter), to: try LogstoreName("dead"))
            large.append(group)
        }
        service.follow { call in call.api == .putLogs ? .refuse(500, "InternalServerError") : nil }
        _ = try await Self.replay(service, byteLimit: 500_000, patience: .seconds(20)).run()
        #expect(Set(service.calls(.putLogs, by: "operator").map(\.body)).count <= 2, "the second reaches the bound")
        service.heal()
        #expect(try await Self.replay(service, byteLimit: 500_000).run().isComplete)
        #expect(Set(try await service.stored("web")) == Set(large))
    }

    @Test func `a letter of somebody else is left out, whatever is passed over`() async throws {
        let service = try await Self.withDeadLetters()
        let stranger = LogGroup.make(topic: "click", logs: 1, marker: "by hand").serialized
        try await service.client().putLogs(PutLogsBody(compressing: stranger), to: try LogstoreName("dead"))
        var all: Set<DeadLetterReplay.Letter> = []
        for shard in 0..<2 {
            let begin = try await service.client().getCursor(
                of: ShardID(shard), in: try LogstoreName("dead"), from: .begin)
            for offset in 0..<6 { all.insert(.init(ShardID(shard), begin.advanced(by: offset))) }
        }
        let report = try await Self.replay(service, passingOver: all).run()
        #expect(report.leftOut == 1 && report.passedOver.count == 5 && !report.isComplete, "\(report)")
    }

    @Test func `a shard that answers nothing below its end is not taken for read`() async throws {
        let service = try await Self.withDeadLetters()
        service.follow { call in
            call.api == .pullLogs && call.line == "operator"
                ? .answer(LiveAuditTests.empty(at: call.query("cursor") ?? "")) : nil
        }
        let report = try await Self.replay(service).run()
        #expect(!report.isComplete && !report.failures.isEmpty, "\(report)")
        #expect(report.failures.allSatisfy { $0.contains("answers nothing from cursor") }, "\(report)")
        #expect(service.calls(.pullLogs, by: "operator").count == report.failures.count * ShardPages.tryCount)
    }

    @Test func `over another name of the region the same letters are met under the same keys`() async throws {
        let service = try await Self.withDeadLetters()
        let intranet = try Endpoint(parsing: "cn-hangzhou-intranet.log.aliyuncs.com")
        func moved(_ place: DispatcherSettings.Place) -> DispatcherSettings.Place {
            DispatcherSettings.Place(endpoint: intranet, project: place.project, logstore: place.logstore)
        }
        func inside(_ settings: inout DispatcherSettings) {
            settings.source = moved(settings.source)
            settings.targets = settings.targets.map(moved)
            settings.delivery.deadLetter = settings.delivery.deadLetter.map(moved)
        }
        let first = try await Self.replay(service, inside).run()
        #expect(first.isComplete && first.written == [2, 3, 0], "\(first)")
        #expect(try await Self.replay(service).run().stored == [2, 3, 0], "the public name changes no key")
        #expect(try await service.copies(0..<24) == (1, 1))
    }

    @Test func `no more is read ahead than the bound, however long the target takes`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        let tag = DeadLetterTag(try LiveDispatcher.settings()).fields[0]
        let dead = try LogstoreName("dead")
        for number in 0..<(DeadLetterReplay.readAhead / 500 + 2) {
            let packages = (0..<500).map { index in
                let letter = ScriptedService.group(number * 500 + index) + tag
                return LogPackage(data: letter, rawByteCount: letter.count, compressionNumber: 0)
            }
            try await service.client().putLogs(PutLogsBody(packages: packages), to: dead)
        }
        service.follow { call in call.api == .putLogs ? .refuse(500, "InternalServerError") : nil }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await Self.replay(service).run() }
            // What the test waits for here fails it by itself.
            try? await wait(for: "tries again and again", within: .seconds(120)) { service.calls(.putLogs).count > 16 }
            group.cancelAll()
        }
        let read = service.calls(.pullLogs, by: "operator").count
        #expect(service.calls(.putLogs).count > 16)
        #expect(read == DeadLetterReplay.readAhead / 1_000, "each pull brings 1,000, and one more would pass the bound")
    }

    @Test func `what no target of these settings has refused is left out`() async throws {
        let service = try await Self.withDeadLetters()
        let stranger = LogGroup.make(topic: "click", logs: 1, marker: "by hand").serialized
        try await service.client().putLogs(PutLogsBody(compressing: stranger), to: try LogstoreName("dead"))
        let report = try await Self.replay(service).run()
        #expect(report.read == 6 && report.leftOut == 1 && report.refusals.isEmpty && !report.isComplete)
        #expect(report.strangers == ["without the tags of a dead letter"])
    }

    @Test func `a group that shares the dead-letter logstore leaves the letters of the other to it`() async throws {
        let service = try await Self.withDeadLetters()
        let other = try ConsumerGroupName("other")
        let report = try await Self.replay(service) { $0.group = other }.run()
        #expect(report.read == 5 && report.leftOut == 5 && report.written == [0, 0, 0])
        let host = "cn-hangzhou.log.aliyuncs.com"
        #expect(
            report.strangers.sorted()
                == ["audit", "web"].map {
                    "refused by \(host)/demo/\($0), read by \(host)/demo/source/cg"
                })
        #expect(try await Self.replay(service).run().isComplete)
        #expect(try await service.copies(0..<24) == (1, 1))
    }

    @Test func `two sources with one group name and one dead-letter logstore keep their letters apart`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        let other = DispatcherSettings.Place(
            endpoint: try LiveDispatcher.settings().source.endpoint, project: try ProjectName("demo"),
            logstore: try LogstoreName("source-2"))
        var settings = try LiveDispatcher.settings()
        let mine = DeadLetterTag(settings).fields[0]
        settings.source = other
        let theirs = DeadLetterTag(settings).fields[0]
        // In turn, so that on every lane the last of one source stands behind most of the other's.
        for number in 0..<40 {
            let letter = ScriptedService.group(number) + (number % 2 == 0 ? theirs : mine)
            try await service.client().putLogs(PutLogsBody(compressing: letter), to: try LogstoreName("dead"))
        }
        let first = try await Self.replay(service).run()
        #expect(first.written == [20, 0, 0] && first.stored == [0, 0, 0] && first.leftOut == 20)
        let second = try await Self.replay(service) { $0.source = other }.run()
        #expect(second.written == [20, 0, 0] && second.stored == [0, 0, 0] && second.leftOut == 20)
        #expect(Set(try await service.stored("web")).count == 40)
    }

    @Test func `routes, start and tag change nothing of a replay's keys, lanes and identity do`() throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        func keys(_ change: (inout DispatcherSettings) -> Void = { _ in }) throws -> LaneKeys.Origin {
            try Self.replay(service, change).keys.origin
        }
        let plain = try keys()
        let identity = try #require(DeliveryIdentity("b"))
        #expect(try plain == keys { $0.routes = RouteTable(Array($0.routes.routes.dropLast())) })
        #expect(
            try plain == keys { $0.start = StartSetting(position: .received(Timestamp(seconds: 7)), isFixed: true) })
        #expect(try plain == keys { $0.delivery.tagsOrigin = true })
        #expect(try plain != keys { $0.delivery.laneCount = 3 })
        let purpose = try Self.replay(service).keys.purpose
        #expect(
            purpose == .replay(id: "2/first/begin/cn-hangzhou.log.aliyuncs.com/demo/source"),
            "whoever reads letters that others left out writes under keys of its own")
        #expect(try plain != keys { $0.delivery.identity = identity })
    }

    @Test func `reading ahead is bounded by bytes too`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        let tag = DeadLetterTag(try LiveDispatcher.settings()).fields[0]
        for number in 0..<3 {
            let packages = (0..<400).map { index in
                let letter = ScriptedService.group(number * 400 + index) + tag
                return LogPackage(data: letter, rawByteCount: letter.count, compressionNumber: 0)
            }
            try await service.client().putLogs(PutLogsBody(packages: packages), to: try LogstoreName("dead"))
        }
        service.follow { call in call.api == .putLogs ? .refuse(500, "InternalServerError") : nil }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await Self.replay(service, byteLimit: 1_000).run() }
            // What the test waits for here fails it by itself.
            try? await wait(for: "tries again", within: .seconds(120)) { service.calls(.putLogs).count > 12 }
            group.cancelAll()
        }
        #expect(service.calls(.putLogs).count > 12)
        #expect(service.calls(.pullLogs, by: "operator").count == 1, "1,000 of 1,200, which are more than 1,000 bytes")
    }

    @Test func `without a dead-letter logstore, or from a start that moves, nothing is replayed`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        var order = DeadLetterReplay.Order(word: try #require(DeliveryIdentity("a")))
        let bare = OperatorSession(
            try LiveDispatcher.settings(), transport: service.line("operator"), wallClock: { Timestamp(seconds: 0) },
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        #expect(throws: DeadLetterReplay.Failure.self) { try DeadLetterReplay(bare, order) }
        order.start = try #require(StartSetting("-2h", now: service.clock.wall))
        let session = try Self.session(service)
        #expect(throws: DeadLetterReplay.Failure.self) { try DeadLetterReplay(session, order) }
    }
}
