import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// The pages below `/_fake/` that change what clients see, and the one that shows groups.
struct ControlPageTests {
    private func server(isOn: Bool = true) throws -> InProcessEmulator {
        let server = try InProcessEmulator { $0.servesControl = isOn }
        server.makeLogstore(shards: 4)
        server.makeGroup(timeout: 10)
        return server
    }

    private struct Faults: Decodable {
        struct Fault: Decodable {
            let id: Int
            let call: String?
            let fault: String
            let fired: Int
            let spent: Bool
        }
        let faults: [Fault]
    }

    private struct Groups: Decodable { let groups: [GroupStatus] }

    private func groups(_ server: InProcessEmulator, _ query: String = "") throws -> [GroupStatus] {
        try server.send("GET", "/_fake/groups?project=demo&logstore=app\(query)").decoded(Groups.self).groups
    }

    // MARK: Faults

    @Test func `a fault is added, strikes, is shown, and is taken back`() throws {
        let server = try server()
        let added = server.send(
            "POST", "/_fake/faults",
            json: #"{"call":"PutLogs","fault":"refuse","status":403,"code":"WriteQuotaExceed","next":2}"#)
        #expect(added.text == #"{"id":1}"#)
        let refused = server.turn([server.put()])[0]
        #expect(refused.status == 403)
        #expect(refused.errorCode == "WriteQuotaExceed")
        let shown = try server.send("GET", "/_fake/faults").decoded(Faults.self).faults
        #expect(shown.map(\.fired) == [1])
        #expect(shown.map(\.spent) == [false])
        #expect(shown.map(\.call) == ["PutLogs"])
        #expect(server.send("DELETE", "/_fake/faults/1").status == 200)
        #expect(server.send("DELETE", "/_fake/faults/1").status == 404)
        #expect(server.turn([server.put()])[0].status == 200)
    }

    @Test(arguments: [
        (#"{"fault":"refuse"}"#, HTTPReply?.none), (#"{"fault":"drop-request"}"#, .reset),
        (#"{"fault":"drop-answer","untilCleared":true}"#, .reset),
        (#"{"fault":"hang","fraction":1,"seed":3}"#, .silence),
        (#"{"fault":"delay-request","seconds":2.5}"#, .handOutLater(after: .milliseconds(2_500))),
    ])
    func `each kind can be asked for`(json: String, expected: HTTPReply?) throws {
        let server = try server()
        #expect(server.send("POST", "/_fake/faults", json: json).status == 200)
        let reply = server.emulator.respond(to: [server.put()])[0]
        if let expected { #expect(reply == expected) } else { #expect(reply.response?.status == 500) }
    }

    @Test func `all faults are taken back at once`() throws {
        let server = try server()
        for _ in 0..<3 { server.send("POST", "/_fake/faults", json: #"{"fault":"hang","untilCleared":true}"#) }
        #expect(server.send("DELETE", "/_fake/faults").status == 200)
        #expect(try server.send("GET", "/_fake/faults").decoded(Faults.self).faults.isEmpty)
    }

    @Test(arguments: [
        ("", "the body is not a JSON object"), ("[]", "the body is not a JSON object"), ("{}", "\"fault\""),
        (#"{"fault":"explode"}"#, "\"fault\""), (#"{"fault":5}"#, "\"fault\""),
        (#"{"fault":"hang","cal":"PutLogs"}"#, "\"cal\""), (#"{"fault":"hang","call":"PutLog"}"#, "\"call\""),
        (#"{"fault":"hang","shard":-1}"#, "\"shard\""), (#"{"fault":"hang","shard":"0"}"#, "\"shard\""),
        (#"{"fault":"hang","next":0}"#, "\"next\""), (#"{"fault":"hang","fraction":2}"#, "\"fraction\""),
        (#"{"fault":"hang","seed":2}"#, "\"seed\""), (#"{"fault":"hang","next":1,"fraction":0.5}"#, "\"next\""),
        (#"{"fault":"hang","untilCleared":1}"#, "\"untilCleared\""), (#"{"fault":"hang","seconds":1}"#, "\"seconds\""),
        (#"{"fault":"delay-answer"}"#, "\"seconds\""), (#"{"fault":"delay-answer","seconds":601}"#, "\"seconds\""),
        (#"{"fault":"refuse","status":200}"#, "\"status\""), (#"{"fault":"hang","status":500}"#, "\"status\""),
        (#"{"fault":"hang","consumer":7}"#, "\"consumer\""),
    ])
    func `a fault that cannot be is 400 and names what is wrong`(json: String, name: String) throws {
        let server = try server()
        let refused = server.send("POST", "/_fake/faults", json: json)
        #expect(refused.status == 400)
        #expect(refused.errorCode == "ParameterInvalid")
        #expect(try refused.decoded(ErrorBody.self).errorMessage.hasPrefix(name), "\(refused.text)")
        #expect(server.turn([server.put()])[0].status == 200)
    }

    @Test(arguments: [
        ("GET", "/_fake/faults"), ("POST", "/_fake/faults"), ("DELETE", "/_fake/faults"), ("DELETE", "/_fake/faults/1"),
        ("GET", "/_fake/rules"), ("POST", "/_fake/rules"), ("DELETE", "/_fake/rules"),
        ("GET", "/_fake/clock"), ("POST", "/_fake/clock"), ("POST", "/_fake/consumers/expire"),
    ])
    func `nothing that changes what clients see answers unless it was asked for`(
        method: String, target: String
    ) throws {
        let server = try server(isOn: false)
        let refused = server.send(method, target, json: #"{"advanceSeconds":1000,"fault":"hang"}"#)
        #expect(refused.status == 403)
        #expect(refused.errorCode == "ControlOff")
        #expect(server.turn([server.put()])[0].status == 200)
        #expect(server.emulator.control.clockOffset == ClockOffset())
    }

    // MARK: The clock

    @Test func `time that is let pass expires consumers`() throws {
        let server = try server()
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
        #expect(server.send("POST", "/_fake/clock", json: #"{"advanceSeconds":10}"#).status == 200)
        #expect(try groups(server)[0].consumers.map(\.secondsSinceHeartbeat) == [10])
        let moved = server.send("POST", "/_fake/clock", json: #"{"advanceSeconds":0.000000001}"#)
        #expect(moved.text.contains(#""advancedSeconds":10.00000000"#), "\(moved.text)")
        #expect(try groups(server)[0].consumers.isEmpty)
    }

    @Test func `S30: a wall clock that jumps an hour forwards or back expires nobody`() throws {
        let server = try server()
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
        for seconds in [3_600, -7_200, 3_600] {
            let moved = server.send("POST", "/_fake/clock", json: #"{"jumpWallSeconds":\#(seconds)}"#)
            #expect(moved.status == 200)
            #expect(server.heartbeat("a", [0, 1, 2, 3]) == [0, 1, 2, 3])
            #expect(try groups(server)[0].consumers.map(\.name) == ["a"])
        }
        #expect(server.emulator.control.clockOffset == ClockOffset())
    }

    @Test(arguments: [
        ("{}", "\"advanceSeconds\""), (#"{"advanceSeconds":-1}"#, "\"advanceSeconds\""),
        (#"{"advanceSeconds":"1s"}"#, "\"advanceSeconds\""), (#"{"jumpWallSeconds":1e10}"#, "\"jumpWallSeconds\""),
        (#"{"advance":1}"#, "\"advance\""),
    ])
    func `a clock that cannot be moved so is 400`(json: String, name: String) throws {
        let server = try server()
        let refused = server.send("POST", "/_fake/clock", json: json)
        #expect(refused.status == 400)
        #expect(try refused.decoded(ErrorBody.self).errorMessage.hasPrefix(name), "\(refused.text)")
    }

    @Test func `many moves of the clock end at ten years`() throws {
        let server = try server()
        let year = #"{"advanceSeconds":31536000}"#
        for _ in 0..<10 { #expect(server.send("POST", "/_fake/clock", json: year).status == 200) }
        #expect(server.send("POST", "/_fake/clock", json: year).status == 400)
    }

    // MARK: Groups

    @Test func `a consumer can be expired at once`() throws {
        let server = try server()
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
        let who = #"{"project":"demo","logstore":"app","consumerGroup":"cg","consumer":"a"}"#
        #expect(server.send("POST", "/_fake/consumers/expire", json: who).status == 200)
        #expect(server.heartbeat("a", [0, 1, 2, 3]) == nil)
        let again = server.send("POST", "/_fake/consumers/expire", json: who)
        #expect(again.status == 404)
        #expect(again.errorCode == "ConsumerNotExist")
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
    }

    @Test func `a group shows its shards, who holds them, and how far behind they are`() throws {
        let server = try server(isOn: false)
        for _ in 0..<3 { _ = server.turn([server.put(path: "/shards/route?key=\(String(repeating: "0", count: 32))")]) }
        server.clock.advance(by: .seconds(5))
        _ = server.heartbeat("a")
        _ = server.heartbeat("b")
        let begin = server.cursor("begin")
        let second = try #require(Cursor(encoded: begin)).advanced(by: 1).encoded
        let saved = server.send(
            "POST", "/logstores/app/consumergroups/cg?type=checkpoint&consumer=a&forceSuccess=false",
            json: #"{"shard":0,"checkpoint":"\#(second)"}"#)
        #expect(saved.status == 200)
        let group = try groups(server)[0]
        #expect(group.consumerGroup == "cg")
        #expect(group.timeoutSeconds == 10)
        #expect(group.shards.map(\.state) == ["ALLOC", "ALLOC", "TRANSFER", "TRANSFER"])
        #expect(group.shards.map(\.holder) == ["a", "a", "a", "a"])
        #expect(group.shards.map(\.next) == [nil, nil, "b", "b"])
        #expect(group.shards[0].checkpoint == second)
        #expect(group.shards[0].savedBy == "a")
        #expect(group.shards[0].updateTimeMicroseconds == Int64(server.clock.now.seconds) * 1_000_000)
        #expect(group.shards.map(\.lagLogGroups) == [2, 0, 0, 0])
        #expect(group.shards.map(\.lagSeconds) == [5, 0, 0, 0])
        #expect(group.shards[0].endCursor == server.cursor("end"))
        #expect(group.consumers.map(\.name) == ["a", "b"])
        #expect(group.consumers.map(\.shards) == [[0, 1, 2, 3], []])
        server.send("POST", "/logstores/app/shards/3?action=split")
        let split = try groups(server, "&group=cg")[0]
        #expect(split.shards.map(\.isReadOnly) == [false, false, false, true, false, false])
        #expect(split.shards.map(\.state).suffix(2) == ["NOT_ALLOC", "NOT_ALLOC"])
    }

    @Test func `a group that is not there, and a question without a logstore, are refused`() throws {
        let server = try server(isOn: false)
        #expect(server.send("GET", "/_fake/groups?project=demo&logstore=app&group=none").status == 404)
        #expect(server.send("GET", "/_fake/groups?project=demo&logstore=none").status == 404)
        #expect(server.send("GET", "/_fake/groups?project=demo").errorCode == "MissingParameter")
        #expect(server.send("GET", "/_fake/groups").errorCode == "MissingParameter")
    }
}
