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
        return try await DeliveryAudit(try service.operatorSession()).run(range)
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

    @Test func `an audit knows log groups behind the tags that their target, or their source, has appended`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        for name in ["source", "web", "audit"] {
            var logstore = LogstoreDescription(logstoreName: name, ttl: 30)
            logstore.appendMeta = true
            try await service.client().updateLogstore(try LogstoreName(name), to: logstore)
        }
        try await service.fill(0..<48)
        try await delivered(service)
        for shard in 0..<4 {
            let report = try await audit(service, shard: shard)
            #expect(report.isClean && report.read == 12, "\(report)")
            #expect(report.findings.allSatisfy { $0.owed == 4 && $0.foreign == 0 && $0.duplicated == 0 })
        }
    }

    @Test func `an audit finds what came hours late, and says what need not be there yet`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<24)
        let early = try await audit(service)
        #expect(early.checkpoint == nil && early.isClean)
        #expect(early.notes == ["the group cg does not exist: nothing was owed yet"])
        #expect(early.findings.map(\.notYet).reduce(0, +) == 6 && early.findings.allSatisfy { $0.lost == 0 })
        service.clock.jump(by: .seconds(3 * 3_600))
        try await delivered(service)
        let late = try await audit(service)
        #expect(late.isClean && late.checkpoint == late.to)
        #expect(late.findings.allSatisfy { $0.notYet == 0 })
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
        let report = try await DeliveryAudit(try service.operatorSession()).run(range)
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
            let report = try await DeliveryAudit(try service.operatorSession { $0.delivery = delivery }).run(range)
            #expect(report.isClean)
            findings += report.findings
        }
        #expect(findings.map(\.deadLettered).reduce(0, +) == 1)
        #expect(findings.filter { $0.deadLettered == 1 }.map(\.target) == ["demo/audit"])
    }

    /// Makes the emulator keep what is in these logstores for a day only.
    private func keepADay(_ logstores: Set<String>, _ configuration: inout EmulatorConfiguration) {
        for index in configuration.stores[0].logstores.indices
        where logstores.contains(configuration.stores[0].logstores[index].name.value) {
            configuration.stores[0].logstores[index].ttlDays = 1
        }
    }

    @Test func `an audit calls undecided, not lost, what may have expired in a target`() async throws {
        let service = try ScriptedService.withTargets { keepADay(["web", "audit", "clicks"], &$0) }
        try await service.fill(0..<24)
        try await delivered(service)
        service.clock.jump(by: .seconds(2 * 86_400))
        let report = try await audit(service)
        #expect(report.read == 6 && report.findings.map(\.lost) == [0, 0, 0])
        #expect(report.findings.map(\.undecided).reduce(0, +) == 6 && !report.isClean)
        #expect(report.notes.count == 3 && report.notes[0].contains("demo/web"), "\(report.notes)")
        // What came within the retention is judged as ever.
        try await service.fill(24..<48)
        try await service.rewind(to: .end)
        let later = try await audit(service)
        #expect(later.findings.map(\.lost).reduce(0, +) == 6)
        #expect(later.findings.map(\.undecided).reduce(0, +) == 6)
    }

    @Test func `an audit calls nothing foreign that may have come from what has expired in the source`() async throws {
        let service = try ScriptedService.withTargets { keepADay(["source"], &$0) }
        try await service.fill(0..<24)
        try await delivered(service)
        service.clock.jump(by: .seconds(1_800))
        try await service.fill(24..<48)
        try await delivered(service)
        service.clock.jump(by: .seconds(86_400 - 1_200))
        let report = try await audit(service)
        #expect(report.read == 6 && report.isClean, "\(report)")
        #expect(report.findings.allSatisfy { $0.foreign == 0 })
        #expect(
            report.notes.count == 3 && report.notes[0].contains("8 log groups that may have come"), "\(report.notes)")
        try await service.client().putLogs(
            PutLogsBody(compressing: LogGroup.make(marker: "foreign").serialized), to: try LogstoreName("web"))
        #expect(try await audit(service).findings.map(\.foreign) == [1, 0, 0])
    }

    @Test func `an audit calls nothing lost for a twin that is not delivered yet`() async throws {
        let service = try ScriptedService.withTargets()
        let same = ScriptedService.group(0)
        try await service.fill(Array(repeating: same, count: 4))
        try await delivered(service)
        try await service.fill(Array(repeating: same, count: 4))
        let begin = try await audit(service).from
        let range = DeliveryAudit.Range(
            shard: ShardID(0), from: .cursor(begin), to: .cursor(begin.advanced(by: 1)))
        let running = try await DeliveryAudit(try service.operatorSession()).run(range).findings[0]
        #expect(running.lost == 0 && running.undecided == 1, "\(running)")
        // Covered, they are owed.
        try await service.rewind(to: .end)
        let over = try await DeliveryAudit(try service.operatorSession()).run(range).findings[0]
        #expect(over.lost == 1 && over.undecided == 0, "\(over)")
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
            _ = try await DeliveryAudit(try service.operatorSession()).run(range)
            Issue.record("it was done")
        } catch {
            #expect("\(error)".contains("expired") && "\(error)".contains("Audit from"))
        }
    }

    // MARK: Checkpoints

    @Test func `several checkpoints are moved only where each may`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        try await delivered(service)
        let book = CheckpointBook(try service.operatorSession())
        try await book.perform(
            try #require(try await book.moves(of: [ShardID(2)], to: .position(.begin), by: .newIdentity).first))
        // Of shard 2 it would skip something.
        do {
            _ = try await book.moves(of: nil, to: .position(.end))
            Issue.record("it was allowed")
        } catch { #expect("\(error)".hasPrefix("shard 2: from ") && "\(error)".contains("skip 10 log groups")) }
        let all = try await book.moves(of: nil, to: .position(.end), by: .newIdentity)
        #expect(all.map(\.skipped) == [0, 0, 10, 0])
        for move in all { try await book.perform(move) }
        #expect(try await book.rows().map(\.behind) == [0, 0, 0, 0])
    }

    @Test func `a checkpoint is not set to a time that is still to come`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        try await delivered(service)
        let book = CheckpointBook(try service.operatorSession())
        do {
            _ = try await book.moves(
                of: nil, to: .position(.received(service.clock.wall + 3_600)), by: .newIdentity)
            Issue.record("it was set to the end")
        } catch { #expect("\(error)".contains("still to come for the service")) }
    }

    @Test func `a checkpoint moves only where nothing rests on ids, a new identity comes with it, or a person vouches`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        try await delivered(service)
        let book = CheckpointBook(try service.operatorSession())
        #expect(try await book.rows().map(\.behind) == [0, 0, 0, 0])
        do {
            _ = try await book.set(ShardID(1), to: .position(.begin))
            Issue.record("it went back")
        } catch {
            #expect("\(error)".contains("go back by 10 log groups") && "\(error)".contains("SLS_IDENTITY"))
        }
        #expect(try await book.rows().map(\.behind) == [0, 0, 0, 0])
        _ = try await book.set(ShardID(1), to: .position(.begin), by: .sameIdentity)
        #expect(try await book.rows().map(\.behind) == [0, 10, 0, 0])
        for permission in [CheckpointBook.Permission.none, .sameIdentity] {
            do {
                _ = try await book.set(ShardID(1), to: .position(.end), by: permission)
                Issue.record("it went forward")
            } catch {
                #expect("\(error)".contains("skip 10 log groups") && "\(error)".contains("SLS_IDENTITY"))
            }
        }
        #expect(try await book.rows().map(\.behind) == [0, 10, 0, 0])
        _ = try await book.set(ShardID(1), to: .position(.end), by: .newIdentity)
        _ = try await book.set(ShardID(1), to: .position(.begin), by: .newIdentity)
        let lax = CheckpointBook(try service.operatorSession { $0.delivery.mode = .atLeastOnce })
        do {
            _ = try await lax.set(ShardID(1), to: .position(.end))
            Issue.record("it went forward although the processes may have been told otherwise")
        } catch { #expect("\(error)".contains("--delivery at-least-once")) }
        _ = try await lax.set(ShardID(1), to: .position(.end), by: .atLeastOnce)
        #expect(try await book.rows().map(\.behind) == [0, 0, 0, 0])
        do {
            _ = try await book.set(ShardID(1), to: .cursor(Cursor(number: 5)))
            Issue.record("it went outside")
        } catch { #expect("\(error)".contains("outside")) }
    }

    @Test func `a held shard's checkpoint may be moved up to the start that a person vouches for, not further`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        service.clock.jump(by: .seconds(600))
        let start = service.clock.wall
        try await service.fill(40..<80)
        let setting = StartSetting(position: .received(start), isFixed: true)
        let book = CheckpointBook(try service.operatorSession { $0.start = setting })
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .begin)
        do {
            _ = try await book.set(ShardID(1), to: .position(.received(start)))
            Issue.record("the command's own start opened it")
        } catch { #expect("\(error)".contains("skip 10 log groups") && "\(error)".contains("--cursor-start")) }
        let (before, now) = try await book.set(
            ShardID(1), to: .position(.received(start)), by: .exactlyOnce(from: setting))
        #expect(before.checkpoint == before.begin && now == before.begin.advanced(by: 10))
        do {
            _ = try await book.set(ShardID(1), to: .cursor(now.advanced(by: 1)), by: .exactlyOnce(from: setting))
            Issue.record("it skipped what is owed")
        } catch { #expect("\(error)".contains("skip 1 log groups")) }
    }

    @Test(arguments: ["2099-01-01T00:00:00Z", "-1s"])
    func `a start that moves allows no move forward`(start: String) async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        service.clock.jump(by: .seconds(600))
        let moving = try #require(StartSetting(start, now: service.clock.wall))
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .begin)
        let book = CheckpointBook(try service.operatorSession())
        do {
            _ = try await book.set(ShardID(1), to: .position(.end), by: .exactlyOnce(from: moving))
            Issue.record("it skipped what is owed")
        } catch { #expect("\(error)".contains("skip 10 log groups")) }
    }

    @Test func `a start that is still to come for the service allows no move forward`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .begin)
        // As a host sees it whose clock is five minutes ahead.
        let ahead = StartSetting(position: .received(service.clock.wall + 300), isFixed: true)
        let book = CheckpointBook(try service.operatorSession())
        do {
            _ = try await book.set(ShardID(1), to: .position(.end), by: .exactlyOnce(from: ahead))
            Issue.record("it skipped what is owed")
        } catch { #expect("\(error)".contains("skip 10 log groups")) }
    }

    @Test func `a start in the host's zone allows no move forward`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        service.clock.jump(by: .seconds(600))
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .begin)
        let start = StartSetting(position: .received(service.clock.wall), isFixed: true, isOfHostZone: true)
        let book = CheckpointBook(try service.operatorSession())
        do {
            _ = try await book.set(ShardID(1), to: .position(.end), by: .exactlyOnce(from: start))
            Issue.record("it skipped what is owed")
        } catch { #expect("\(error)".contains("skip 10 log groups")) }
    }

    @Test func `an expired checkpoint may be moved up to what is kept, not further`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .begin)
        service.clock.jump(by: .seconds(40 * 86_400))
        try await service.fill(40..<80)
        let book = CheckpointBook(try service.operatorSession { $0.gapPolicy = .fail })
        let (before, now) = try await book.set(ShardID(1), to: .position(.begin))
        #expect(try #require(before.checkpoint) < before.begin && now == before.begin)
        do {
            _ = try await book.set(ShardID(1), to: .position(.end))
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

extension CheckpointBook {
    /// Sets one shard's.
    fileprivate func set(
        _ shard: ShardID, to destination: Destination, by permission: Permission = .none
    ) async throws -> (before: Row, now: Cursor) {
        let move = try #require(try await moves(of: [shard], to: destination, by: permission).first)
        try await perform(move)
        return (move.before, move.cursor)
    }
}
