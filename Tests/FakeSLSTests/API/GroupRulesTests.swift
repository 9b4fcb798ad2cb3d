import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// The switches for what nobody has published.
struct GroupRulesTests {
    private let group = "/logstores/app/consumergroups/cg"

    private func server(_ configure: (inout GroupRules) -> Void) throws -> InProcessEmulator {
        let server = try InProcessEmulator { configure(&$0.groups) }
        server.makeLogstore(shards: 1)
        server.makeGroup()
        return server
    }

    private func save(_ server: InProcessEmulator, _ query: String, shard: Int = 0, at cursor: String) -> HTTPResponse {
        server.send(
            "POST", "\(group)?type=checkpoint&\(query)", json: #"{"shard":\#(shard),"checkpoint":"\#(cursor)"}"#)
    }

    @Test(arguments: [false, true])
    func `a shard that was at its end before it was split is over at once, or after one more save`(
        onSaveOnly: Bool
    ) throws {
        let server = try server { $0.judgesEndsOnSaveOnly = onSaveOnly }
        #expect(server.heartbeat("a") == [0])
        #expect(save(server, "consumer=a", at: server.cursor("end")).status == 200)
        server.send("POST", "/logstores/app/shards/0?action=split")
        #expect(server.heartbeat("a", [0]) == (onSaveOnly ? [0, 1, 2] : [1, 2]))
        #expect(save(server, "forceSuccess=true", at: server.cursor("end")).status == 200)
        #expect(server.heartbeat("a", [0, 1, 2]) == [1, 2])
    }

    @Test(arguments: [(false, "ConsumerNotExist", "ShardNotExist"), (true, "ConsumerNotExsit", "ShardNotExsit")])
    func `codes are spelled as documented, or as the Go library expects them`(
        misspells: Bool, consumer: String, shard: String
    ) throws {
        let server = try server { $0.misspellsCodes = misspells }
        let (unknown, missing) = (
            save(server, "consumer=nobody", at: "MTIz"), save(server, "forceSuccess=true", shard: 9, at: "MTIz")
        )
        #expect([unknown.errorCode, missing.errorCode] == [consumer, shard])
        #expect([unknown.status, missing.status] == [404, 404])
    }

    @Test(arguments: [(false, "b"), (true, "a")])
    func `a checkpoint names its shard's holder, or who saved it`(showsLastSaver: Bool, name: String) throws {
        let server = try server { $0.showsLastSaver = showsLastSaver }
        #expect(server.heartbeat("a") == [0])
        #expect(save(server, "consumer=a", at: "MTIz").status == 200)
        server.clock.advance(by: .seconds(61))
        #expect(server.heartbeat("b") == [0])
        let read = try server.send("GET", group).decoded([CheckpointDescription].self)
        #expect(read.map(\.consumer) == [name])
    }

    @Test func `statuses that no page tells can be others`() throws {
        let server = try server {
            $0.consumerNotMatchStatus = 403
            $0.groupQuotaStatus = 409
        }
        #expect(server.heartbeat("a") == [0])
        #expect(server.heartbeat("b") == [])
        let refused = save(server, "consumer=b", at: "MTIz")
        #expect(refused.status == 403)
        #expect(refused.errorCode == "ConsumerNotMatch")
        for number in 2...10 { server.makeGroup("cg\(number)") }
        let eleventh = server.send(
            "POST", "/logstores/app/consumergroups", json: #"{"consumerGroup":"cg11","timeout":60}"#)
        #expect(eleventh.status == 409)
        #expect(eleventh.errorCode == "ConsumerGroupQuotaExceed")
    }

    @Test func `a timeout outside the bounds is refused, when a group is made and when it is changed`() throws {
        let server = try server { $0.timeoutSeconds = 6...300 }
        for (timeout, status) in [(5, 400), (6, 200), (300, 200), (301, 400)] {
            #expect(server.send("PUT", group, json: #"{"timeout":\#(timeout)}"#).status == status)
        }
        let created = server.send(
            "POST", "/logstores/app/consumergroups", json: #"{"consumerGroup":"short","timeout":5}"#)
        #expect(created.errorCode == "JsonInfoInvalid")
    }
}
