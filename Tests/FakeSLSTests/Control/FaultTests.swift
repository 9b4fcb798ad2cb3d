import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// What each fault does to the store and to the client.
struct FaultTests {
    private func server() throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        server.makeGroup()
        return server
    }

    private func reply(to request: HTTPRequest, _ server: InProcessEmulator) -> HTTPReply {
        server.emulator.respond(to: [request])[0]
    }

    @Test func `a refusal changes nothing and is counted down`() throws {
        let server = try server()
        server.emulator.control.failNext(.putLogs, with: .writeQuotaExceed, times: 2)
        let answers = server.turn([server.put(), server.request("GET", "/logstores/app"), server.put(), server.put()])
        #expect(answers.map(\.status) == [403, 200, 403, 200])
        #expect(answers[0].errorCode == "WriteQuotaExceed")
        #expect(try server.groups().count == 1)
    }

    @Test func `a request that is dropped is not applied, and the client sees a reset`() throws {
        let server = try server()
        try server.emulator.control.inject(FaultRule(.dropRequest, on: .putLogs))
        #expect(reply(to: server.put(), server) == .reset)
        #expect(try server.groups().isEmpty)
    }

    @Test func `a hanging request is not applied, and not answered`() throws {
        let server = try server()
        try server.emulator.control.inject(FaultRule(.hang, on: .putLogs))
        #expect(reply(to: server.put(), server) == .silence)
        #expect(try server.groups().isEmpty)
    }

    @Test func `a dropped answer is one to a request that was applied and committed`() throws {
        let server = try server()
        try server.emulator.control.inject(FaultRule(.dropAnswer, on: .putLogs))
        #expect(reply(to: server.put(path: "/shards/route?key=00&seqid=7"), server) == .reset)
        #expect(try server.groups().count == 1)
        // The sequence id too: what the client sends again is refused as a repeat.
        let again = server.turn([server.put(path: "/shards/route?key=00&seqid=7")])[0]
        #expect(again.errorCode == "InvalidSequenceId")
        #expect(try server.groups().count == 1)
    }

    @Test func `a delayed answer is one to a request that was applied at once`() throws {
        let server = try server()
        try server.emulator.control.inject(FaultRule(.delayAnswer(.seconds(3)), on: .putLogs))
        let late = reply(to: server.put(), server)
        guard case .answerLater(let response, .seconds(3)) = late else {
            Issue.record("\(late)")
            return
        }
        #expect(response.status == 200)
        #expect(try server.groups().count == 1)
    }

    @Test func `a delayed request is applied when it comes again, and struck no more`() throws {
        let server = try server()
        try server.emulator.control.inject(FaultRule(.delayRequest(.seconds(3)), on: .putLogs, extent: .untilCleared))
        var request = server.put()
        #expect(reply(to: request, server) == .handOutLater(after: .seconds(3)))
        #expect(try server.groups().isEmpty)
        request.handOutCount = 1
        #expect(reply(to: request, server).response?.status == 200)
        #expect(try server.groups().count == 1)
    }

    @Test func `a repeated request is applied twice, and the answer is the first one`() throws {
        let server = try server()
        try server.emulator.control.inject(FaultRule(.repeatRequest, on: .putLogs, extent: .next(2)))
        #expect(reply(to: server.put(), server).response?.status == 200)
        #expect(try server.groups().count == 2)
        // Under a sequence id the second copy is refused by itself, and undoes nothing of the first.
        #expect(reply(to: server.put(path: "/shards/route?key=00&seqid=7"), server).response?.status == 200)
        #expect(try server.groups().count == 3)
    }

    @Test func `a fault may be about one shard or one consumer alone`() throws {
        let server = try server()
        server.makeLogstore("two", shards: 2)
        var rule = FaultRule(.refuse(APIError(.serverBusy, "busy")), extent: .untilCleared)
        rule.shard = 1
        try server.emulator.control.inject(rule)
        rule.shard = nil
        rule.consumer = "b"
        try server.emulator.control.inject(rule)
        func status(_ target: String) -> Int { server.send("GET", target).status }
        #expect(status("/logstores/two/shards/0?type=cursor&from=end") == 200)
        #expect(status("/logstores/two/shards/1?type=cursor&from=end") == 503)
        #expect(server.heartbeat("a") == [0])
        #expect(server.heartbeat("b") == nil)
        let checkpoint = server.send(
            "POST", "/logstores/two/consumergroups/cg?type=checkpoint&forceSuccess=true",
            json: #"{"shard":1,"checkpoint":"MTIz"}"#)
        #expect(checkpoint.status == 503)
    }

    @Test func `own pages and requests that are refused before they are known are never struck`() throws {
        let server = try server()
        try server.emulator.control.inject(FaultRule(.dropRequest, extent: .untilCleared))
        #expect(server.send("GET", "/_fake/healthz").status == 200)
        #expect(server.send("GET", "/no/such/call").status == 404)
        #expect(server.emulator.control.faults.map(\.firedCount) == [0])
    }

    @Test func `a rule about an unknown call is refused`() throws {
        let server = try server()
        let refused = #expect(throws: APIError.self) {
            try server.emulator.control.inject(FaultRule(.hang, on: "PutLog"))
        }
        #expect(refused?.message == "\"call\": there is no call \"PutLog\"")
    }
}
