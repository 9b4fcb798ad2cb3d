import EventHTTP
import FoundationEssentials
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// `/_fake/rules`: the rules for what is unpublished, changed while the emulator runs.
struct RulesPageTests {
    private func server(
        _ configure: @escaping (inout EmulatorConfiguration) -> Void = { _ in }
    ) throws -> InProcessEmulator {
        let server = try InProcessEmulator {
            $0.servesControl = true
            configure(&$0)
        }
        server.makeLogstore(shards: 1)
        server.makeGroup()
        return server
    }

    private func change(_ server: InProcessEmulator, _ json: String) -> HTTPResponse {
        server.send("POST", "/_fake/rules", json: json)
    }

    private func shown(_ server: InProcessEmulator) -> String { server.send("GET", "/_fake/rules").text }

    private func unknownConsumer(_ server: InProcessEmulator) -> String? {
        server.send(
            "POST", "/logstores/app/consumergroups/cg?type=checkpoint&consumer=nobody",
            json: #"{"shard":0,"checkpoint":"MTIz"}"#
        ).errorCode
    }

    private static let defaults =
        #"{"checks-log-contents":false,"checks-log-times":false,"consumer-not-match-status":400,"#
        + #""forgets-sequence-ids-on-split":false,"group-quota-status":400,"judges-ends-on-save-only":false,"#
        + #""longest-timeout-seconds":2147483647,"misspells-codes":false,"refused-sequence-id-status":400,"#
        + #""sequence-id-lifetime-seconds":null,"shortest-timeout-seconds":1,"shows-last-saver":false}"#

    @Test func `the page shows every rule`() throws { #expect(shown(try server()) == Self.defaults) }

    @Test func `a change holds for groups and writes that are there, and ends with a reset`() throws {
        let server = try server()
        #expect(unknownConsumer(server) == "ConsumerNotExist")
        let answer = change(server, #"{"misspells-codes":true,"checks-log-times":true}"#)
        #expect(answer.text == shown(server) && answer.text.contains(#""misspells-codes":true"#))
        #expect(unknownConsumer(server) == "ConsumerNotExsit")
        let old = LogGroup.make(logs: 1, time: 1).serialized
        #expect(server.turn([server.put(raw: old)])[0].errorCode == "PostBodyInvalid")
        // A group that is made now goes by them too.
        server.send(
            "POST", "/logstores/app/consumergroups", json: #"{"consumerGroup":"new","timeout":60,"order":false}"#)
        let other = server.send(
            "POST", "/logstores/app/consumergroups/new?type=checkpoint&consumer=nobody",
            json: #"{"shard":0,"checkpoint":"MTIz"}"#)
        #expect(other.errorCode == "ConsumerNotExsit")
        #expect(server.send("DELETE", "/_fake/rules").text == Self.defaults)
        #expect(unknownConsumer(server) == "ConsumerNotExist")
        #expect(server.turn([server.put(raw: old)])[0].status == 200)
    }

    @Test func `a reset goes back to the rules of the start, and what is not named stays`() throws {
        let server = try server { $0.groups.misspellsCodes = true }
        #expect(change(server, #"{"group-quota-status":403}"#).text.contains(#""misspells-codes":true"#))
        #expect(change(server, #"{"misspells-codes":false}"#).text.contains(#""group-quota-status":403"#))
        #expect(unknownConsumer(server) == "ConsumerNotExist")
        server.send("DELETE", "/_fake/rules")
        #expect(unknownConsumer(server) == "ConsumerNotExsit")
        #expect(shown(server).contains(#""group-quota-status":400"#))
    }

    @Test func `sequence ids are forgotten from the change on`() throws {
        let server = try server()
        func write(_ id: Int) -> String {
            server.turn([server.put(path: "/shards/route?key=00&seqid=\(id)")])[0].errorCode ?? "OK"
        }
        #expect([write(5), write(5)] == ["OK", "InvalidSequenceId"])
        #expect(change(server, #"{"sequence-id-lifetime-seconds":10}"#).status == 200)
        server.clock.advance(by: .seconds(11))
        #expect([write(5), write(5)] == ["OK", "InvalidSequenceId"])
    }

    @Test func `a change in a turn that is lost has not been made`() throws {
        let server = try server { $0.storePageLimit = 60 }
        let answers = server.turn([
            server.request("POST", "/_fake/rules", body: Array(#"{"misspells-codes":true}"#.utf8)),
            server.put(raw: LogGroup.bytes(count: 5_000_000)),
        ])
        #expect(answers.map(\.status) == [500, 500])
        #expect(shown(server) == Self.defaults && unknownConsumer(server) == "ConsumerNotExist")
    }

    @Test(arguments: [
        #"{"misspells":true}"#, #"{"misspells-codes":1}"#, #"{"group-quota-status":503}"#, "[]",
        #"{"shortest-timeout-seconds":10,"longest-timeout-seconds":9}"#,
        #"{"misspells-codes":true,"shortest-timeout-seconds":0}"#,
    ])
    func `what is wrong is refused whole`(json: String) throws {
        let server = try server()
        let answer = change(server, json)
        #expect(answer.status == 400 && answer.errorCode == "ParameterInvalid")
        #expect(shown(server) == Self.defaults)
    }
}
