import EventHTTP
import TestKit
import Testing

@testable import FakeSLS

/// What stands in a request, at the ends of its range: both ends are taken, one beyond either is not.
struct FieldBoundTests {
    struct Field: CustomTestStringConvertible, Sendable {
        let name: String
        let range: ClosedRange<Int>
        let code: String
        /// Sends the field with that value, or of that length.
        let send: @Sendable (InProcessEmulator, Int) -> HTTPResponse
        var testDescription: String { name }
    }

    private static func text(_ length: Int) -> String { String(repeating: "x", count: length) }

    private static func page(_ path: String) -> Field {
        Field(name: "size of \(path)", range: 0...500, code: "ParameterInvalid") { server, value in
            server.send("GET", "\(path)?size=\(value)")
        }
    }

    /// A body with `#` in the value's place.
    private static func body(
        _ name: String, _ range: ClosedRange<Int>, _ code: String, _ method: String, _ path: String, _ json: String,
        isText: Bool = false
    ) -> Field {
        Field(name: name, range: range, code: code) { server, value in
            let shown = isText ? text(value) : "\(value)"
            return server.send(method, path, json: json.replacing("#", with: shown))
        }
    }

    private static let all =
        ["/", "/logstores", "/metricstores", "/dashboards", "/jobs"].map(page) + [
            Field(name: "parts of a split", range: 2...256, code: "ParameterInvalid") { server, value in
                server.send("POST", "/logstores/app/shards/0?action=split&shardCount=\(value)")
            },
            body(
                "maxSplitShard of a new logstore", 1...256, "LogStoreInfoInvalid", "POST", "/logstores",
                ##"{"logstoreName":"new","ttl":1,"shardCount":1,"autoSplit":true,"maxSplitShard":#}"##),
            body(
                "maxSplitShard of a logstore", 1...256, "LogStoreInfoInvalid", "PUT", "/logstores/app",
                ##"{"logstoreName":"app","autoSplit":true,"maxSplitShard":#}"##),
            body(
                "description of a new project", 0...1_024, "ParameterInvalid", "POST", "/",
                ##"{"projectName":"another","description":"#"}"##, isText: true),
            body(
                "description of a project", 0...1_024, "ParameterInvalid", "PUT", "/", ##"{"description":"#"}"##,
                isText: true),
            body(
                "name of a document", 1...256, "ParameterInvalid", "POST", "/storeviews", ##"{"name":"#"}"##,
                isText: true),
            body(
                "name of a document of a logstore", 1...256, "ParameterInvalid", "POST", "/logstores/app/substores",
                ##"{"name":"#"}"##, isText: true),
        ]

    @Test(arguments: FieldBoundTests.all)
    func `both ends of the range are taken, and nothing beyond`(field: Field) throws {
        let (low, high) = (field.range.lowerBound, field.range.upperBound)
        for value in [low - 1, low, low + 1, high - 1, high, high + 1] where value >= 0 {
            let server = try InProcessEmulator()
            server.makeLogstore(shards: 1)
            let answer = field.send(server, value)
            let isIn = field.range.contains(value)
            #expect(answer.errorCode == (isIn ? nil : field.code), "\(value)")
            #expect(answer.status == (isIn ? 200 : 400), "\(value)")
        }
    }

    @Test func `a document's name counts in bytes`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        func make(_ count: Int) -> Int {
            server.send("POST", "/storeviews", json: #"{"name":"\#(String(repeating: "é", count: count))"}"#).status
        }
        #expect([make(128), make(129)] == [200, 400])
    }

    /// A file may set it so; being asked must not end the process.
    @Test func `no logstore can be made where none may have a shard`() throws {
        let server = try InProcessEmulator { $0.limits.shardsPerNewLogstore = 0 }
        server.send("POST", "/", json: #"{"projectName":"test-project","description":""}"#)
        let made = server.send("POST", "/logstores", json: #"{"logstoreName":"new","ttl":1,"shardCount":1}"#)
        #expect(made.errorCode == "LogStoreInfoInvalid")
    }

    @Test(arguments: [0, 1]) func `no split is possible where none may have two parts`(limit: Int) throws {
        let server = try InProcessEmulator { $0.limits.splitShards = limit }
        server.makeLogstore(shards: 1)
        let answer = server.send("POST", "/logstores/app/shards/0?action=split")
        #expect(answer.errorCode == "ParameterInvalid")
    }
}
