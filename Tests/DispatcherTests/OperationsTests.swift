import FakeSLS
import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import TestKit
import Testing

@testable import Dispatcher

/// What operators do by commands, against a service without sockets.
@Suite struct OperationsTests {
    private func session(
        _ service: ScriptedService, _ configure: (inout DispatcherSettings) -> Void = { _ in }
    ) throws -> OperatorSession {
        var settings = try LiveDispatcher.settings()
        settings.delivery.mode = .exactlyOnce
        configure(&settings)
        return OperatorSession(
            settings, transport: service.line("operator"), wallClock: { [clock = service.clock] in clock.wall },
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
    }

    // MARK: Probe

    private func probe(
        _ configure: (inout EmulatorConfiguration) -> Void = { _ in }
    ) throws -> (service: ScriptedService, probe: IdempotenceProbe) {
        let service = try ScriptedService.withTargets(and: ["scratch": 2], speed: 1, configure)
        return (service, IdempotenceProbe(try session(service), scratch: try LogstoreName("scratch")))
    }

    @Test func `the emulator passes the probe, whose last question is asked a day later`() async throws {
        let (service, probe) = try probe()
        let record = try await probe.begin()
        #expect(record.steps.dropLast().allSatisfy { $0.isAsNeeded == true } && record.steps.count == 9)
        #expect(!record.isPassed && !record.isFailed)
        #expect(try await probe.resume(record) == nil)
        service.clock.jump(by: .seconds(86_400))
        let resumed = try #require(try await probe.resume(record))
        #expect(resumed.isPassed)
        #expect(try await service.stored("scratch").count == 5, "two single ones, 2^30, and a batch of two")
    }

    @Test func `an endpoint that forgets ids on a split or with age does not pass`() async throws {
        let (_, splitting) = try probe { $0.writes.forgetsSequenceIDsOnSplit = true }
        let record = try await splitting.begin()
        #expect(record.isFailed && record.steps.count { $0.isAsNeeded == false } == 1)
        let (service, aging) = try probe { $0.writes.sequenceIDLifetime = .seconds(3_600) }
        let early = try await aging.begin()
        #expect(!early.isFailed)
        service.clock.jump(by: .seconds(86_400))
        #expect(try #require(try await aging.resume(early)).isFailed)
    }

    @Test
    func `a record makes exactly once the default only where it is of this endpoint, passed, and the start stands`()
        async throws
    {
        let (service, probe) = try probe()
        let begun = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        let passed = try #require(try await probe.resume(begun))
        let now = service.clock.wall
        func mode(_ record: IdempotenceProbe.Record, _ change: (inout DispatcherSettings) -> Void = { _ in }) throws
            -> (
                DeliveryMode, String
            )
        {
            var settings = try LiveDispatcher.settings()
            change(&settings)
            let notice = settings.adopt(record, now: now)
            return (settings.delivery.mode, notice)
        }
        #expect(try mode(passed).0 == .exactlyOnce)
        #expect(try mode(begun).0 == .atLeastOnce)
        let moving = try mode(passed) { $0.start = StartSetting(position: .end, isFixed: false) }
        #expect(moving.0 == .atLeastOnce && moving.1.contains("SLS_CURSOR_START"))
        let skipping = try mode(passed) { $0.gapPolicy = .latest }
        #expect(skipping.0 == .atLeastOnce && skipping.1.contains("SLS_GAP_POLICY=latest"))
        let doubled = try mode(passed) { $0.delivery.deadLetter = $0.targets[0] }
        #expect(doubled.0 == .atLeastOnce && doubled.1.contains("SLS_DEAD_LETTER"))
        let other = IdempotenceProbe.Record(
            endpoint: "elsewhere.test", project: "demo", logstore: "scratch", key: passed.key, written: 0,
            steps: passed.steps)
        let foreign = try mode(other)
        #expect(foreign.0 == .atLeastOnce && foreign.1.contains("elsewhere.test"))
        #expect(!probe.owns(other) && probe.owns(passed))
    }

    @Test func `an answer that ruled exactly once out stays, however often the probe is run again`() async throws {
        let (service, probe) = try probe { $0.writes.sequenceIDLifetime = .seconds(3_600) }
        let begun = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        let failed = try #require(try await probe.resume(begun))
        #expect(failed.isFailed)
        let stored = try await service.stored("scratch").count
        #expect(try await probe.resume(failed) == nil, "its own question has just made the endpoint remember")
        var early = begun
        early.steps[1].isAsNeeded = false
        #expect(try await probe.resume(early) == nil)
        #expect(try await service.stored("scratch").count == stored, "nothing was written")
    }

    @Test func `a record passes only with every question there is`() async throws {
        let (service, probe) = try probe()
        let begun = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        var record = try #require(try await probe.resume(begun))
        #expect(record.isPassed && record.steps.map(\.question) == IdempotenceProbe.questions)
        record.steps.removeLast()
        #expect(!record.isPassed)
        record.steps = []
        #expect(!record.isPassed && !record.isFailed)
        #expect(try await probe.resume(record) == nil)
    }

    @Test func `a probe that could split nothing has no result`() async throws {
        let (service, probe) = try probe()
        service.follow { call in
            guard call.api == .listShards else { return nil }
            return .change { answer in
                var answer = answer
                answer.body = Array("[]".utf8)
                return answer
            }
        }
        do throws(IdempotenceProbe.Failure) {
            _ = try await probe.begin()
            Issue.record("it passed over the split")
        } catch { #expect("\(error)".contains("no shard to split")) }
    }

    // MARK: Audit

    private func delivered(_ service: ScriptedService, topics: Int = 3) async throws {
        let dispatcher = try LiveDispatcher("a", of: service) {
            $0.delivery.mode = .exactlyOnce
            $0.routes = RouteTable(Array($0.routes.routes.prefix(topics)))
        }
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
        }
    }

    private func audit(_ service: ScriptedService, shard: Int = 0) async throws -> DeliveryAudit.Report {
        let range = DeliveryAudit.Range(shard: ShardID(shard), from: .position(.begin), to: .position(.end))
        return try await DeliveryAudit(try session(service)).run(range)
    }

    @Test func `an audit finds what is lost, what is there twice, and what is foreign, by bytes`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<48)
        try await delivered(service, topics: 2)
        let before = try await audit(service)
        #expect(before.read == 12 && !before.isClean)
        #expect(before.findings[2].owed == 4 && before.findings[2].lost == 4)
        #expect(before.findings[2].lostCursors.count == 4)
        #expect(before.findings[0] == DeliveryAudit.Finding(target: "demo/web", owed: 4))

        let copy = try await service.stored("web")[0]
        let client = try service.client()
        try await client.putLogs(PutLogsBody(compressing: copy), to: try LogstoreName("web"))
        let foreign = LogGroup.make(marker: "foreign").serialized
        try await client.putLogs(PutLogsBody(compressing: foreign), to: try LogstoreName("web"))
        var duplicated = 0
        for shard in 0..<4 {
            let finding = try await audit(service, shard: shard).findings[0]
            duplicated += finding.duplicated
            #expect(finding.foreign == 1 && finding.lost == 0)
        }
        #expect(duplicated == 1, "its own shard alone")
    }

    @Test func `an audit finds what came hours late, and says what need not be there yet`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<24)
        let early = try await audit(service)
        #expect(early.checkpoint == nil && early.undue == 6)
        service.clock.jump(by: .seconds(3 * 3_600))
        try await delivered(service)
        let late = try await audit(service)
        #expect(late.isClean && late.checkpoint == late.to && late.undue == 0)
        #expect(late.findings.map(\.owed).reduce(0, +) == 6 && late.findings.allSatisfy { $0.foreign == 0 })
    }

    @Test func `an audit counts the same bytes over one stretch of time`() async throws {
        let service = try ScriptedService.withTargets()
        let same = ScriptedService.group(0)
        try await service.fill(Array(repeating: same, count: 4))
        try await delivered(service)
        // Outside of the margin, inside of twice the margin.
        service.clock.jump(by: .seconds(5_400))
        try await service.fill(Array(repeating: same, count: 4))
        try await delivered(service)
        let begin = try await audit(service).from
        let range = DeliveryAudit.Range(
            shard: ShardID(0), from: .cursor(begin.advanced(by: 1)), to: .position(.end))
        let report = try await DeliveryAudit(try session(service)).run(range)
        #expect(report.read == 1 && report.isClean, "\(report)")
        #expect(report.findings[0].foreign == 0)
    }

    @Test func `an audit tells what is in the dead letters from what is lost`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        try await service.fill(0..<24)
        let spoiled = ScriptedService.group(4)
        service.follow { call in
            call.api == .putLogs && call.request.url.contains("/audit/") && call.rawBody == spoiled
                ? .refuse(400, "PostBodyInvalid") : nil
        }
        let source = try LiveDispatcher.settings().source
        var settings = DeliverySettings()
        settings.mode = .exactlyOnce
        settings.deadLetter = DispatcherSettings.Place(
            endpoint: source.endpoint, project: source.project, logstore: try LogstoreName("dead"))
        let delivery = settings
        let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery = delivery }
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
        }
        var findings: [DeliveryAudit.Finding] = []
        for shard in 0..<4 {
            let range = DeliveryAudit.Range(shard: ShardID(shard), from: .position(.begin), to: .position(.end))
            let report = try await DeliveryAudit(try session(service) { $0.delivery = delivery }).run(range)
            #expect(report.isClean)
            findings += report.findings
        }
        #expect(findings.map(\.deadLettered).reduce(0, +) == 1)
        #expect(findings.filter { $0.deadLettered == 1 }.map(\.target) == ["demo/audit"])
    }

    @Test func `an audit over what has expired says from where it could be done`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<8)
        let client = try service.client()
        let source = try LogstoreName("source")
        let from = try await client.getCursor(of: ShardID(0), in: source, from: .begin)
        service.clock.jump(by: .seconds(40 * 86_400))
        try await service.fill(8..<16)
        let range = DeliveryAudit.Range(shard: ShardID(0), from: .cursor(from), to: .position(.end))
        do {
            _ = try await DeliveryAudit(try session(service)).run(range)
            Issue.record("it was done")
        } catch {
            #expect("\(error)".contains("expired") && "\(error)".contains("Audit from"))
        }
    }

    // MARK: Checkpoints

    @Test func `a checkpoint may go back, but forward only where nothing rests on ids or a new identity comes with it`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        try await delivered(service)
        let book = CheckpointBook(try session(service))
        #expect(try await book.rows().map(\.behind) == [0, 0, 0, 0])
        _ = try await book.set(ShardID(1), to: .position(.begin), skipping: .refused)
        #expect(try await book.rows().map(\.behind) == [0, 10, 0, 0])
        do {
            _ = try await book.set(ShardID(1), to: .position(.end), skipping: .refused)
            Issue.record("it went forward")
        } catch {
            #expect("\(error)".contains("skip 10 log groups") && "\(error)".contains("SLS_IDENTITY"))
        }
        #expect(try await book.rows().map(\.behind) == [0, 10, 0, 0])
        _ = try await book.set(ShardID(1), to: .position(.end), skipping: .newIdentity)
        _ = try await book.set(ShardID(1), to: .position(.begin), skipping: .refused)
        let lax = CheckpointBook(try session(service) { $0.delivery.mode = .atLeastOnce })
        do {
            _ = try await lax.set(ShardID(1), to: .position(.end), skipping: .refused)
            Issue.record("it went forward although the processes may have been told otherwise")
        } catch { #expect("\(error)".contains("--delivery at-least-once")) }
        _ = try await lax.set(ShardID(1), to: .position(.end), skipping: .atLeastOnce)
        #expect(try await book.rows().map(\.behind) == [0, 0, 0, 0])
        do {
            _ = try await book.set(ShardID(1), to: .cursor(Cursor(number: 5)), skipping: .refused)
            Issue.record("it went outside")
        } catch { #expect("\(error)".contains("outside")) }
    }

    @Test func `a held shard's checkpoint may be moved up to the configured start, not further`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        service.clock.jump(by: .seconds(600))
        let start = service.clock.wall
        try await service.fill(40..<80)
        let settings = try session(service) { $0.start = StartSetting(position: .received(start), isFixed: true) }
        let book = CheckpointBook(settings)
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .begin)
        let (before, now) = try await book.set(ShardID(1), to: .position(.received(start)), skipping: .refused)
        #expect(before.checkpoint == before.begin && now == before.begin.advanced(by: 10))
        do {
            _ = try await book.set(ShardID(1), to: .cursor(now.advanced(by: 1)), skipping: .refused)
            Issue.record("it skipped what is owed")
        } catch { #expect("\(error)".contains("skip 1 log groups")) }
    }

    @Test func `an expired checkpoint may be moved up to what is kept, not further`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .begin)
        service.clock.jump(by: .seconds(40 * 86_400))
        try await service.fill(40..<80)
        let book = CheckpointBook(try session(service) { $0.gapPolicy = .fail })
        let (before, now) = try await book.set(ShardID(1), to: .position(.begin), skipping: .refused)
        #expect(try #require(before.checkpoint) < before.begin && now == before.begin)
        do {
            _ = try await book.set(ShardID(1), to: .position(.end), skipping: .refused)
            Issue.record("it skipped what is owed")
        } catch { #expect("\(error)".contains("skip 10 log groups")) }
    }

    @Test(arguments: [
        ("begin", CheckpointBook.Destination.position(.begin)), ("end", .position(.end)),
        ("1729070618428044655", .cursor(Cursor(number: 1_729_070_618_428_044_655))),
        ("MTcyOTA3MDYxODQyODA0NDY1NQ==", .cursor(Cursor(number: 1_729_070_618_428_044_655))),
        ("1709618828", .position(.received(Timestamp(seconds: 1_709_618_828)))),
        ("2024-03-05T06:07:08Z", .position(.received(Timestamp(seconds: 1_709_618_828)))),
    ]) func `a place in a shard is a cursor, a time, begin or end`(text: String, expected: CheckpointBook.Destination) {
        #expect(CheckpointBook.Destination(text, now: Timestamp(seconds: 1_709_618_828)) == expected)
    }
}
