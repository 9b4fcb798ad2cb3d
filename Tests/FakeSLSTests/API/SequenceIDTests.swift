import EventHTTP
import Foundation
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// Exactly-once writes: `key` and `seqid` on `/shards/route`.
struct SequenceIDTests {
    private static let key = "0f677ee7f5bff48e1ad4444305cda9bc"

    private func server(shards: Int = 1, _ configure: (inout WriteRules) -> Void = { _ in }) throws -> InProcessEmulator
    {
        var rules = WriteRules()
        configure(&rules)
        let server = try InProcessEmulator { [rules] in $0.writes = rules }
        server.makeLogstore(shards: shards)
        return server
    }

    private func code(
        _ server: InProcessEmulator, _ id: Int64, key: String = Self.key, logstore: String = "app"
    ) -> String? {
        let answer = server.turn([server.put(logstore: logstore, path: "/shards/route?key=\(key)&seqid=\(id)")])[0]
        #expect(answer.status == (answer.errorCode == nil ? 200 : 400))
        return answer.errorCode
    }

    @Test func `an id must be above the last one of its key, gaps are allowed`() throws {
        let server = try server()
        for (id, expected) in [
            (1, nil), (1, "InvalidSequenceId"), (2, nil), (7, nil), (6, "InvalidSequenceId"), (7, "InvalidSequenceId"),
            (8, nil), (1 << 30, nil), (.max, nil), (.max, "InvalidSequenceId"),
        ] as [(Int64, String?)] { #expect(code(server, id) == expected, "id \(id)") }
        #expect(try server.groups().count == 6)
    }

    @Test func `the status of a refusal can be another`() throws {
        let server = try server { $0.refusedSequenceIDStatus = 409 }
        let put = server.put(path: "/shards/route?key=\(Self.key)&seqid=1")
        let answers = server.turn([put, put])
        #expect(answers.map(\.status) == [200, 409])
        #expect(answers[1].errorCode == "InvalidSequenceId")
    }

    @Test func `each key and each logstore counts for itself, in whatever spelling`() throws {
        let server = try server()
        server.makeLogstore("other", shards: 1)
        #expect(code(server, 5) == nil)
        #expect(code(server, 5, key: "a") == nil)
        #expect(code(server, 5, logstore: "other") == nil)
        #expect(code(server, 5, key: Self.key.uppercased()) == "InvalidSequenceId")
        #expect(code(server, 5, key: "a0") == "InvalidSequenceId")
    }

    @Test func `the id is judged before the data, and a refused write leaves it as it was`() throws {
        let server = try server()
        let path = "/shards/route?key=\(Self.key)&seqid=3"
        let bad = server.put(raw: [0x0B], path: path)
        #expect(server.turn([bad])[0].errorCode == "PostBodyInvalid")
        #expect(code(server, 3) == nil)
        #expect(server.turn([bad])[0].errorCode == "InvalidSequenceId")
    }

    @Test func `two writes of one id in one turn are one`() throws {
        let server = try server()
        let put = server.put(path: "/shards/route?key=\(Self.key)&seqid=1")
        #expect(server.turn([put, put]).map(\.errorCode) == [nil, "InvalidSequenceId"])
        #expect(try server.groups().count == 1)
    }

    @Test(arguments: [false, true])
    func `ids outlive split and merge, unless the switch forgets those of the split shard`(forgets: Bool) throws {
        let server = try server(shards: 2) { $0.forgetsSequenceIDsOnSplit = forgets }
        let last = String(repeating: "f", count: 32)
        for key in [Self.key, last] { #expect(code(server, 1, key: key) == nil) }
        #expect(server.send("POST", "/logstores/app/shards/1?action=split").status == 200)
        #expect(code(server, 1) == "InvalidSequenceId")
        #expect(code(server, 1, key: last) == (forgets ? nil : "InvalidSequenceId"))
        #expect(server.send("POST", "/logstores/app/shards/0?action=merge").status == 200)
        #expect(code(server, 1) == "InvalidSequenceId")
    }

    @Test func `ids are kept for ever, unless a lifetime is set`() throws {
        let forever = try server()
        let mortal = try server { $0.sequenceIDLifetime = .seconds(60) }
        for server in [forever, mortal] {
            #expect(code(server, 1) == nil)
            server.clock.advance(by: .seconds(59))
            #expect(code(server, 1) == "InvalidSequenceId")
            server.clock.advance(by: .seconds(1))
        }
        #expect(code(forever, 1) == "InvalidSequenceId")
        #expect(code(mortal, 1) == nil)
        #expect(code(mortal, 1) == "InvalidSequenceId")
    }

    @Test func `a logstore made anew knows no ids`() throws {
        let server = try server()
        #expect(code(server, 1) == nil)
        server.send("DELETE", "/logstores/app")
        server.makeLogstore(shards: 1)
        #expect(code(server, 1) == nil)
    }

    @Test func `ids survive a restart`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fake-sls-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // A folder left behind harms nobody.
        for expected in [nil, "InvalidSequenceId"] {
            let server = try InProcessEmulator { $0.dataFolder = folder }
            if expected == nil { server.makeLogstore(shards: 1) }
            #expect(code(server, 4) == expected)
            #expect(try server.groups().count == 1)
        }
    }
}
