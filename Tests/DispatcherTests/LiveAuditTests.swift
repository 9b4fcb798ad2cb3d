import FakeSLS
import Logging
import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Audits beside traffic that goes on, and of what is not as it should be.
@Suite struct LiveAuditTests {
    /// A transport that does something before the first request of some kind.
    private struct Interrupted: Transport {
        let next: any Transport
        let isMoment: @Sendable (TransportRequest) -> Bool
        let isOver = Lock(false)
        let act: @Sendable () async throws -> Void

        func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
            let isNow =
                isMoment(request)
                && !isOver.withLock { isOver in
                    defer { isOver = true }
                    return isOver
                }
            if isNow {
                do { try await act() } catch { Issue.record(error) }
            }
            return try await next.send(request)
        }
    }

    /// All delivered, of the first so many numbers; the source ends there.
    private func delivered(_ numbers: Range<Int>) async throws -> ScriptedService {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        try await service.fill(numbers)
        let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
        }
        return service
    }

    /// Audits all of a shard, with something that happens before the first request of some kind; nil for none.
    private func audit(
        _ service: ScriptedService, shard: Int = 0, _ change: (inout DispatcherSettings) -> Void = { _ in },
        before isMoment: @escaping @Sendable (TransportRequest) -> Bool = { _ in false },
        _ act: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> DeliveryAudit.Report {
        var settings = try LiveDispatcher.settings()
        settings.delivery.mode = .exactlyOnce
        change(&settings)
        let session = OperatorSession(
            settings, transport: Interrupted(next: service.line("operator"), isMoment: isMoment, act: act),
            wallClock: { [clock = service.clock] in clock.wall },
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        let range = DeliveryAudit.Range(shard: ShardID(shard), from: .position(.begin), to: .position(.end))
        return try await DeliveryAudit(session).run(range)
    }

    /// Writes to the source, and to `web` at once, as a dispatcher does.
    private static func pass(_ groups: [[UInt8]], _ service: ScriptedService) async throws {
        try await service.fill(groups)
        for group in groups {
            try await service.client().putLogs(PutLogsBody(compressing: group), to: try LogstoreName("web"))
        }
    }

    private static let newcomers = [30, 33, 36].map { ScriptedService.group($0) }

    @Test(arguments: ["/logstores/web/", "/logstores/source/shards/0"])
    func `what comes and is delivered during an audit is neither foreign nor twice there`(path: String) async throws {
        let service = try await delivered(0..<24)
        let twins = [0, 3, 6, 9, 12, 15, 18, 21].map { ScriptedService.group($0) }
        let report = try await audit(service, before: { $0.url.contains(path) && $0.call != .getCursor }) {
            try await Self.pass(twins + Self.newcomers, service)
        }
        #expect(report.findings[0].foreign == 0 && report.findings[0].duplicated == 0, "\(report)")
        #expect(report.isClean)
    }

    @Test func `audits beside a dispatcher at work find nothing amiss`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
        let isOver = Lock(false)
        try await running(dispatcher) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for start in stride(from: 0, to: 4_000, by: 4) where !isOver.withLock({ $0 }) {
                        try await service.fill(start..<start + 4)
                        await Task.yield()
                    }
                }
                try await wait(for: "something is covered") {
                    try await self.audit(service).findings.contains { $0.owed > $0.notYet }
                }
                for round in 0..<8 {
                    let report = try await audit(service, shard: round % 4)
                    #expect(report.isClean && report.findings.allSatisfy { $0.foreign == 0 }, "\(report)")
                }
                isOver.withLock { $0 = true }
                try await group.waitForAll()
            }
        }
    }

    @Test func `nothing that came after its end was taken is read of a target`() async throws {
        let service = try await delivered(0..<24)
        let stranger = LogGroup.make(marker: "foreign").serialized
        let report = try await audit(
            service, before: { $0.call == .pullLogs && $0.url.contains("/logstores/web/") }
        ) { try await service.client().putLogs(PutLogsBody(compressing: stranger), to: try LogstoreName("web")) }
        #expect(report.isClean && report.findings[0].foreign == 0, "\(report)")
    }

    @Test func `a loss is not made good by the same bytes that come during an audit`() async throws {
        let service = try ScriptedService.withTargets()
        let same = ScriptedService.group(0)
        try await service.fill(Array(repeating: same, count: 4))
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        // Covered, and nothing is in the target.
        try await service.rewind(to: .end)
        let report = try await audit(service, before: { $0.url.contains("/logstores/web/") }) {
            try await Self.pass(Array(repeating: same, count: 4), service)
        }
        #expect(!report.isClean && report.findings[0].undecided + report.findings[0].lost == 1, "\(report)")
    }

    @Test func `what lies above the checkpoint is not yet there, and no loss`() async throws {
        let service = try await delivered(0..<24)
        try await service.fill(24..<48)
        let report = try await audit(service)
        #expect(report.read == 12 && report.isClean)
        #expect(report.findings.map(\.notYet).reduce(0, +) == 6 && report.findings.allSatisfy { $0.lost == 0 })
        // Of the same bytes below and above it, one that is missing is the one above only if the other is there.
        try await service.rewind(to: .end)
        let over = try await audit(service)
        #expect(over.findings.map(\.lost).reduce(0, +) == 6 && over.findings.allSatisfy { $0.notYet == 0 })
    }

    @Test func `copies among the dead letters are copies`() async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        try await service.fill(0..<4)
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .end)
        let place = try LiveDispatcher.settings().targets[0]
        let dead = DispatcherSettings.Place(
            endpoint: place.endpoint, project: place.project, logstore: try LogstoreName("dead"))
        let letter = ScriptedService.group(0) + DeadLetterTag(try LiveDispatcher.settings()).fields[0]
        func finding() async throws -> DeliveryAudit.Finding {
            try await service.client().putLogs(PutLogsBody(compressing: letter), to: dead.logstore)
            return try await audit(service) { $0.delivery.deadLetter = dead }.findings[0]
        }
        let one = try await finding()
        #expect(one.deadLettered == 1 && one.lost == 0 && one.duplicated == 0, "\(one)")
        let two = try await finding()
        #expect(two.deadLettered == 1 && two.lost == 0 && two.duplicated == 1, "\(two)")
    }

    @Test func `an audit that does not expect the tag says that foreign log groups carry it`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<24)
        let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.tagsOrigin = true }
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
        }
        let wrong = try await audit(service)
        #expect(wrong.findings[0].foreign == 8 && wrong.findings[0].tagged == 8)
        #expect(wrong.notes.first?.contains("--dispatch-tag on") == true, "\(wrong.notes)")
        let right = try await audit(service) { $0.delivery.tagsOrigin = true }
        #expect(right.isClean && right.findings[0].foreign == 0 && right.notes.isEmpty)
    }

    @Test func `a stretch from or to a time that may have expired is not compared`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<8)
        let old = service.clock.wall + -60
        service.clock.jump(by: .seconds(32 * 86_400))
        try await service.fill(8..<16)
        let audit = DeliveryAudit(try service.operatorSession())
        let stretches: [(CursorPosition, CursorPosition)] = [
            (.received(old), .end), (.received(old), .received(old + 30)), (.begin, .received(old)),
        ]
        for (from, to) in stretches {
            do {
                let report = try await audit.run(
                    DeliveryAudit.Range(shard: ShardID(0), from: .position(from), to: .position(to)))
                Issue.record("it was done: \(report)")
            } catch { #expect("\(error)".contains("may have expired"), "\(error)") }
        }
        let kept = try await audit.run(
            DeliveryAudit.Range(shard: ShardID(0), from: .position(.begin), to: .position(.end)))
        #expect(kept.read == 2, "begin is what is kept")
    }

    @Test func `a shard that answers nothing below its end ends the audit`() async throws {
        let service = try await delivered(0..<24)
        let count = Lock(0)
        service.follow { call in
            guard call.api == .pullLogs, call.request.url.contains("/logstores/web/"),
                let cursor = call.query("cursor")
            else { return nil }
            // Twice at first, then for good.
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number == 3 ? nil : .answer(Self.empty(at: cursor))
        }
        do {
            let report = try await audit(service)
            Issue.record("it was done: \(report)")
        } catch { #expect("\(error)".contains("answers nothing from cursor"), "\(error)") }
        #expect(count.withLock { $0 } == 3 + ShardPages.tryCount)
    }

    /// A pull's answer with nothing in it that leads nowhere.
    static func empty(at cursor: String) -> TransportResponse {
        let cursor = cursor.replacing("%3D", with: "=")
        return TransportResponse(
            status: 200,
            headers: [
                ("x-log-requestid", "TEST"), ("Content-Type", "application/x-protobuf"), ("x-log-count", "0"),
                ("x-log-bodyrawsize", "0"), ("x-log-cursor", cursor),
            ], body: [])
    }
}
