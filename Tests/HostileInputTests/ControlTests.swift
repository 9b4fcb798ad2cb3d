import EventHTTP
import FakeSLS
import TestKit
import Testing

/// Requests that are nearly right, to the pages that make things go wrong, and calls of the service among them.
struct ControlTests {
    private static let inputCount = 1_000

    /// Fixed seeds and fresh ones; `SLS_HOSTILE_SEED` replays one of either.
    private static let seeds: [UInt64] = Batch.replayed.map { [$0] } ?? Batch.all.map(\.seed).filter { $0 % 16 == 0 }

    @Test(arguments: seeds)
    func `whatever is to go wrong, the pages answer, and without rules all is as before`(seed: UInt64) throws {
        var chance = Chance(seed: seed)
        let server = try InProcessEmulator { $0.servesControl = true }
        let calls = try SampleCalls()
        calls.restore(server)
        var faults: [String] = []
        var ruleCount = 0
        for _ in 0..<Self.inputCount {
            if chance.oneIn(4) {
                _ = server.turn([calls.any(&chance).request])
                continue
            }
            var request = Self.sample(&chance)
            if !chance.oneIn(5) { request = chance.hostile(request) }
            if Batch.replayed != nil { print(request) }
            let answer = server.turn([request])[0]
            // Changed so far that it is meant for the service, it may be struck like any other.
            if request.target.hasPrefix("/_fake/"), let fault = AnswerJudge.fault(answer) {
                faults.append("\(fault) as the answer to \(request)")
            }
            // In this very thread a held commit would wait for its time to run out.
            for entry in server.emulator.control.faults where entry.rule.fault.kind == .holdCommit {
                server.emulator.control.clearFault(entry.id)
            }
            ruleCount = max(ruleCount, server.emulator.control.faults.count)
        }
        #expect(faults.prefix(5).isEmpty, "replay: SLS_HOSTILE_SEED=\(seed); \(faults.count) in all")
        #expect((1...FaultPlan.ruleLimit).contains(ruleCount), "some rules were taken in, and never too many")
        #expect(server.send("DELETE", "/_fake/faults").status == 200)
        #expect(server.send("GET", "/_fake/faults").text == #"{"faults":[]}"#)
        #expect(try Aftermath(server).faults() == [])
    }

    /// A request for one of the pages, well-formed.
    private static func sample(_ chance: inout Chance) -> HTTPRequest {
        let group = #""project":"demo","logstore":"app","consumerGroup":"cg","consumer":"c""#
        return switch chance.number(in: 0..<9) {
        case 0: request("GET", "/_fake/faults")
        case 1: request("DELETE", "/_fake/faults/\(chance.length(upTo: 200))")
        case 2: request("GET", "/_fake/groups?project=demo&logstore=app&group=cg")
        case 3: request("POST", "/_fake/clock", chance.pick([#"{"advanceSeconds":1}"#, #"{"jumpWallSeconds":-60}"#]))
        case 4: request("POST", "/_fake/consumers/expire", "{\(group)}")
        case 5: request(chance.pick(["POST", "DELETE"]), "/_fake/rules", #"{"misspells-codes":true}"#)
        default: request("POST", "/_fake/faults", rule(&chance))
        }
    }

    private static func rule(_ chance: inout Chance) -> String {
        let kind = chance.pick(Fault.Kind.allCases)
        var members = [#""fault":"\#(kind.rawValue)""#]
        switch kind {
        case .delayRequest, .delayAnswer: members.append(#""seconds":\#(chance.length(upTo: 600))"#)
        case .refuse:
            members += [#""status":\#(chance.pick([400, 403, 500, 599]))"#, #""code":"Odd","message":"odd""#]
        default: break
        }
        if chance.oneIn(2) { members.append(#""call":"\#(chance.pick(["PutLogs", "PullLogs", "HeartBeat"]))""#) }
        if chance.oneIn(4) { members.append(#""project":"demo","logstore":"app","shard":0,"consumer":"c""#) }
        if chance.oneIn(2) {
            members.append(
                chance.pick([#""next":3"#, #""fraction":0.5,"seed":7"#, #""fraction":1"#, #""untilCleared":true"#]))
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func request(_ method: String, _ target: String, _ json: String = "") -> HTTPRequest {
        var request = HTTPRequest(method: method, target: target, headers: ["Host": "127.0.0.1"])
        request.body = Array(json.utf8)
        return request
    }
}
