import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Pulls whose log groups do not fill the positions that they span.
@Suite struct SparseCursorTests {
    /// The answer of a stream in which every fifth position has no log group, from its `limit` first positions.
    private static func thinned(_ answer: TransportResponse, to limit: Int) -> TransportResponse {
        guard let count = answer["x-log-count"].flatMap({ Int($0) }), count > 0,
            let size = answer["x-log-bodyrawsize"].flatMap({ Int($0) }),
            let next = answer["x-log-cursor"].flatMap({ Cursor(encoded: $0) }),
            let raw = try? Compression.decompress(answer.body, as: .lz4, rawByteCount: size),
            let groups = try? LogGroupScanner.groups(inList: raw)
        else { return answer }
        let start = next.number - Int64(count)
        let found = groups.enumerated().prefix(limit).map { (start + Int64($0), raw[$1.bytes]) }
        let kept = found.filter { !Self.isAbsent($0.0) }
        var writer = LogGroupListWriter()
        for (_, group) in kept { writer.append(Array(group)) }
        var answer = answer
        let names = [
            "x-log-count", "x-log-bodyrawsize", "x-log-compresstype", "x-log-cursor", "x-log-read-last-cursor",
            "x-log-end-of-cursor",
        ]
        answer.headers.removeAll { names.contains($0.name.lowercased()) }
        answer.headers += [
            ("x-log-count", "\(kept.count)"), ("x-log-bodyrawsize", "\(writer.bytes.count)"),
            ("x-log-cursor", Cursor(number: start + Int64(found.count)).encoded), ("x-log-end-of-cursor", "0"),
        ]
        if let last = kept.last { answer.headers.append(("x-log-read-last-cursor", "\(last.0)")) }
        answer.body = writer.bytes
        return answer
    }

    private static func isAbsent(_ position: Int64) -> Bool { position % 5 == 2 }

    private static func thin(_ service: ScriptedService, to limit: Int) {
        service.follow { $0.api == .pullLogs ? .change { Self.thinned($0, to: limit) } : nil }
    }

    @Test func `log groups keep their keys and ids in a stream with empty positions, however many a pull brings`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<80)
        for limit in [1_000, 3] {
            Self.thin(service, to: limit)
            let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
            try await running(dispatcher) {
                try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
                #expect(try await dispatcher.leave())
            }
            try await service.rewind(to: .begin)
        }
        service.heal()
        // Every shard has 20, of which every fifth position is empty.
        let stored = try await service.stored("web") + service.stored("audit") + service.stored("clicks")
        #expect(stored.count == 64 && Set(stored).count == 64)
        var ids: [[UInt8]: String] = [:]
        for put in service.calls(.putLogs) {
            let group = try #require(put.rawBody)
            let address = "\(try #require(put.query("key"))) \(try #require(put.query("seqid")))"
            #expect(ids.updateValue(address, forKey: group).map { $0 == address } ?? true)
        }
        #expect(ids.count == 64)
        #expect(service.calls(.putLogs).count >= 128, "all were written twice")
    }

    @Test(arguments: [DeliveryMode.exactlyOnce, .atLeastOnce])
    func `an audit numbers the log groups of such a stream as their tags do, however many a pull brings`(
        mode: DeliveryMode
    ) async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<80)
        Self.thin(service, to: 3)
        let dispatcher = try LiveDispatcher("a", of: service) {
            $0.delivery.mode = mode
            $0.delivery.tagsOrigin = true
        }
        try await running(dispatcher) {
            try await wait(for: "all is covered") { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        // The targets' own streams are whole.
        service.follow { call in
            call.api == .pullLogs && call.request.url.contains("/source/")
                ? .change { Self.thinned($0, to: 1_000) } : nil
        }
        var settings = try LiveDispatcher.settings()
        settings.delivery.mode = mode
        settings.delivery.tagsOrigin = true
        let session = OperatorSession(
            settings, transport: service.line("operator"), wallClock: { [clock = service.clock] in clock.wall },
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        var owed = 0
        for shard in 0..<4 {
            let range = DeliveryAudit.Range(shard: ShardID(shard), from: .position(.begin), to: .position(.end))
            let report = try await DeliveryAudit(session).run(range)
            #expect(report.isClean && report.findings.allSatisfy { $0.foreign == 0 }, "\(report)")
            owed += report.findings.map(\.owed).reduce(0, +)
        }
        #expect(owed == 64)
    }

    @Test func `at least once saves no checkpoint past a log group of such a stream that is not delivered`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<80)
        let client = try service.client()
        let source = try LogstoreName("source")
        service.follow { call in
            switch call.api {
            case .pullLogs: .change { Self.thinned($0, to: 1_000) }
            case .putLogs: .refuse(500, "InternalServerError")
            default: nil
            }
        }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "all shards have sent", within: .seconds(120)) {
                service.calls(.putLogs, by: "a").count > 40
            }
            // A save is due a second after what it saves; heartbeats are further apart.
            let count = service.calls(.heartbeat).count
            try await wait(for: "two heartbeats more", within: .seconds(120)) {
                service.calls(.heartbeat).count >= count + 2
            }
            for checkpoint in try await client.listCheckpoints(of: try ConsumerGroupName("cg"), in: source) {
                let begin = try await client.getCursor(of: ShardID(checkpoint.shard), in: source, from: .begin)
                #expect(Cursor(encoded: checkpoint.checkpoint) == begin)
            }
        }
    }

    @Test func `a shard is held whose log groups have no cursors of their own, and nothing of it is written`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<8)
        service.follow { call in
            guard call.api == .pullLogs else { return nil }
            return .change { answer in
                guard answer["x-log-count"] != "0", let text = answer["x-log-cursor"],
                    let next = Cursor(encoded: text)
                else { return answer }
                var answer = answer
                answer.headers.removeAll {
                    ["x-log-cursor", "x-log-read-last-cursor"].contains($0.name.lowercased())
                }
                answer.headers.append(("x-log-cursor", next.advanced(by: 1).encoded))
                return answer
            }
        }
        let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
        try await running(dispatcher) {
            try await wait(for: "all shards are held", within: .seconds(120)) {
                dispatcher.dispatcher.status.shards.count { $0.state == "held" } == 4
            }
            let reason = try #require(dispatcher.dispatcher.status.shards.first?.reason)
            #expect(reason.contains("--delivery at-least-once") && reason.contains("checkpoints set --new-identity"))
            #expect(try await !dispatcher.leave(), "exit status 2")
        }
        #expect(service.calls(.putLogs).isEmpty)
    }
}
