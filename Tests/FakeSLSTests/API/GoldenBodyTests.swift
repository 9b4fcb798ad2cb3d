import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// Bodies byte for byte, where the service's text is known: an SDK's own test asserts it against the real service, or a page
/// of the vendor's prints it.
struct GoldenBodyTests {
    struct Golden: CustomTestStringConvertible, Sendable {
        let request: (method: String, target: String)
        var json = ""
        var host: String?
        let status: Int
        let body: String
        var testDescription: String { "\(request.method) \(request.target) \(json)" }

        init(_ method: String, _ target: String, json: String = "", host: String? = nil, _ status: Int, _ body: String)
        {
            (self.request, self.json, self.host, self.status, self.body) = ((method, target), json, host, status, body)
        }
    }

    private static let cursor = "/logstores/app/shards/0?type=cursor&from="
    /// Texts of protocol.md: 7.2 (the Go SDK's test; two more of its rows), 7.1, 6.2 (twice), 5.5, 5.4, 6.3.
    static let errors = [
        Golden(
            "GET", "/logstores", host: "none.cn-hangzhou.log.aliyuncs.com", 404,
            #"{"errorCode":"ProjectNotExist","errorMessage":"The Project does not exist: none"}"#),
        Golden(
            "GET", "/logstores/none", 404,
            #"{"errorCode":"LogStoreNotExist","errorMessage":"logstore none does not exist"}"#),
        Golden(
            "POST", "/", json: #"{"projectName":"demo","description":""}"#, 400,
            #"{"errorCode":"ProjectAlreadyExist","errorMessage":"Project demo already exist"}"#),
        Golden(
            "POST", "/logstores", json: #"{"logstoreName":"app","ttl":1,"shardCount":1}"#, 400,
            #"{"errorCode":"LogStoreAlreadyExist","errorMessage":"logstore app already exists"}"#),
        Golden(
            "POST", "/logstores",
            json: #"{"logstoreName":"new","ttl":1,"shardCount":1,"autoSplit":true,"maxSplitShard":257}"#, 400,
            #"{"errorCode":"LogStoreInfoInvalid","errorMessage":"maxSplitShard must be within range [1, 256]"}"#),
        Golden(
            "POST", "/logstores/app/shards/1?action=merge", 400,
            #"{"errorCode":"ParameterInvalid","errorMessage":"can not merge the last shard"}"#),
        Golden(
            "GET", cursor + "yesterday", 400,
            #"{"errorCode":"ParameterInvalid","errorMessage":"Parameter From is not valid."}"#),
        Golden(
            "GET", "/logstores/app/index", 400,
            #"{"errorCode":"IndexConfigNotExist","errorMessage":"logstore without index config"}"#),
    ]

    @Test(arguments: errors) func `an error's body is the service's, to the byte`(golden: Golden) throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        let answer = server.send(
            golden.request.method, golden.request.target, ["Content-Type": "application/json"],
            body: Array(golden.json.utf8), host: golden.host)
        #expect(answer.status == golden.status && answer.text == golden.body)
    }

    /// The cursor of protocol.md 2.6, V1-d: the nanoseconds of the moment at which the Python SDK's clock was frozen, in base64.
    @Test func `a shard made at that moment begins with the cursor that the official SDK was seen to send`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        #expect(server.send("GET", Self.cursor + "begin").text == #"{"cursor":"MTcwOTYxODgyODAwMDAwMDAwMA=="}"#)
    }
}
