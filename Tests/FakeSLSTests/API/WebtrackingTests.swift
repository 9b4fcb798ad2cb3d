import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct WebtrackingTests {
    private static let now: UInt32 = 1_709_618_828

    private func server(isEnabled: Bool = true) throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        let body = #"{"logstoreName":"app","ttl":30,"shardCount":1,"enable_tracking":\#(isEnabled)}"#
        server.send("POST", "/logstores", json: body)
        return server
    }

    private func group(_ contents: [(String, String)], topic: String? = nil, source: String? = nil) -> [UInt8] {
        let log = LogGroup.Log(time: Self.now, contents: contents.map { LogGroup.Pair($0.0, $0.1) })
        return LogGroup(logs: [log], topic: topic, source: source).serialized
    }

    @Test(arguments: [CompressionType?.none, .lz4, .deflate])
    func `a POST writes its logs with the time of receipt`(type: CompressionType?) throws {
        let server = try server()
        let json = """
            {"__topic__":"t","__source__":"s","__tags__":{"a":"b"},"__logs__":[{"k":"v","__time__":"5"},{"k":"w"}]}
            """
        var headers: HTTPHeaders = ["x-log-bodyrawsize": "\(json.utf8.count)"]
        if let type { headers.append("x-log-compresstype", type.rawValue) }
        let body = try type.map { try Compression.compress(Array(json.utf8), as: $0) } ?? Array(json.utf8)
        let answer = server.send("POST", "/logstores/app/track", headers, body: body)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.body.isEmpty)
        let logs = ["v", "w"].map { LogGroup.Log(time: Self.now, contents: [LogGroup.Pair("k", $0)]) }
        let expected = LogGroup(logs: logs, topic: "t", source: "s", tags: [LogGroup.Pair("a", "b")])
        #expect(try server.groups() == [expected.serialized])
    }

    @Test func `a GET writes one log of its parameters`() throws {
        let server = try server()
        let query = "?APIVersion=0.6.0&__topic__=t&__source__=s&k1=v1&k2=a+b%2Fc&k3="
        let answer = server.send("GET", "/logstores/app/track\(query)")
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        let contents = [("k1", "v1"), ("k2", "a b/c"), ("k3", "")]
        #expect(try server.groups() == [group(contents, topic: "t", source: "s")])
    }

    @Test func `the gif spellings answer an image, one of them adds user agent and referer`() throws {
        let server = try server()
        let headers: HTTPHeaders = ["User-Agent": "browser", "Referer": "http://page"]
        for page in ["track.gif", "track_ua.gif"] {
            let answer = server.send("GET", "/logstores/app/\(page)?APIVersion=0.6.0&k=v", headers)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "image/gif")
            #expect(answer.body.starts(with: Array("GIF89a".utf8)))
        }
        let added = [("k", "v"), ("__userAgent__", "browser"), ("__referer__", "http://page")]
        #expect(try server.groups() == [group([("k", "v")]), group(added)])
    }

    @Test func `no signature is needed, though all others need one`() throws {
        let server = try InProcessEmulator {
            $0.authentication = .strict
        }
        #expect(server.send("GET", "/logstores/app/track?k=v").errorCode == "LogStoreNotExist")
        #expect(server.send("GET", "/logstores/app/shards").errorCode == "Unauthorized")
    }

    @Test func `a logstore without tracking refuses it`() throws {
        let server = try server(isEnabled: false)
        for (method, page) in [("POST", "track"), ("GET", "track"), ("GET", "track.gif"), ("GET", "track_ua.gif")] {
            let answer = server.send(method, "/logstores/app/\(page)?k=v", body: Array("{\"__logs__\":[]}".utf8))
            #expect(answer.status == 401)
            #expect(answer.errorCode == "Unauthorized")
        }
        #expect(try server.groups().isEmpty)
    }

    @Test(arguments: ["", "{}", "{\"__logs__\":[]}", "{\"__logs__\":[{\"k\":{}}]}", "x"])
    func `what holds no logs is refused`(body: String) throws {
        let server = try server()
        #expect(server.send("POST", "/logstores/app/track", json: body).errorCode == "PostBodyInvalid")
        #expect(server.send("GET", "/logstores/app/track?APIVersion=0.6.0").errorCode == "PostBodyInvalid")
    }

    @Test func `a POST has at most 3 MB and 4096 logs, a GET 16 KB`() throws {
        let server = try server()
        for excess in [-1, 0, 1] {
            let frame = "{\"__logs__\":[{\"k\":\"\"}]}".utf8.count
            let value = String(repeating: "x", count: 3_145_728 + excess - frame)
            let large = server.send("POST", "/logstores/app/track", json: "{\"__logs__\":[{\"k\":\"\(value)\"}]}")
            let logs = Array(repeating: "{\"k\":\"v\"}", count: 4_096 + excess).joined(separator: ",")
            let many = server.send("POST", "/logstores/app/track", json: "{\"__logs__\":[\(logs)]}")
            let path = "/logstores/app/track?k="
            let long = server.send(
                "GET", path + String(repeating: "x", count: 16_384 + excess - path.utf8.count))
            for answer in [large, many, long] {
                #expect(answer.status == (excess > 0 ? 413 : 200))
                #expect(answer.errorCode == (excess > 0 ? "PostBodyTooLarge" : nil))
            }
        }
    }

    @Test func `a browser's preflight is let through`() throws {
        let server = try server()
        let headers: HTTPHeaders = ["Access-Control-Request-Headers": "x-log-apiversion,x-log-bodyrawsize"]
        let answer = server.send("OPTIONS", "/logstores/app/track", headers)
        #expect(answer.status == 200)
        #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
        #expect(answer.headers["Access-Control-Allow-Methods"]?.contains("POST") == true)
        #expect(answer.headers["Access-Control-Allow-Headers"] == "x-log-apiversion,x-log-bodyrawsize")
    }
}
