import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Pulls whose log groups do not fill the positions that they span.
@Suite struct SparseCursorTests {
    /// The answer without the first of its log groups, as a service that leaves some out would give it.
    private static func withoutFirst(_ answer: TransportResponse) -> TransportResponse {
        guard let count = answer["x-log-count"].flatMap({ Int($0) }), count > 1,
            let size = answer["x-log-bodyrawsize"].flatMap({ Int($0) }),
            let raw = try? Compression.decompress(answer.body, as: .lz4, rawByteCount: size),
            let groups = try? LogGroupScanner.groups(inList: raw)
        else { return answer }
        var writer = LogGroupListWriter()
        for group in groups.dropFirst() { writer.append(Array(raw[group.bytes])) }
        var answer = answer
        let names = ["x-log-count", "x-log-bodyrawsize", "x-log-compresstype"]
        answer.headers.removeAll { names.contains($0.name.lowercased()) }
        answer.headers += [("x-log-count", "\(count - 1)"), ("x-log-bodyrawsize", "\(writer.bytes.count)")]
        answer.body = writer.bytes
        return answer
    }

    @Test func `log groups are counted back from the last one, and so keep their keys and ids`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<80)
        service.follow { $0.api == .pullLogs ? .change(Self.withoutFirst) : nil }
        for _ in 0..<2 {
            let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.mode = .exactlyOnce }
            try await running(dispatcher) {
                try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
                #expect(try await dispatcher.leave())
            }
            // Whoever is answered in full writes the same log groups under the same ids.
            service.heal()
            try await service.rewind(to: .begin)
        }
        let copies = try await service.copies(0..<80)
        #expect(copies.most == 1)
        var ids: [[UInt8]: String] = [:]
        for put in service.calls(.putLogs) {
            let group = try #require(put.rawBody)
            let address = "\(try #require(put.query("key"))) \(try #require(put.query("seqid")))"
            #expect(ids.updateValue(address, forKey: group).map { $0 == address } ?? true)
        }
        #expect(ids.count == 80 && service.calls(.putLogs).count > 80, "all were written, most of them twice")
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
