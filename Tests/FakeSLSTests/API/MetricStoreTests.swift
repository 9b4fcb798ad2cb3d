import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// Metric stores, and writing to them with the project in the path.
struct MetricStoreTests {
    /// The members of the answers that OpenAPI's SDK reads.
    private struct MetricStore: Decodable {
        let name: String
        let ttl: Int
        let shardCount: Int
        let autoSplit: Bool
        let maxSplitShard: Int
        let mode: String
        let metricType: String
        let createTime: Int
    }

    private struct List: Decodable, Equatable {
        let count: Int
        let total: Int
        let metricstores: [String]
    }

    private func server() throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        server.makeLogstore("logs")
        let made = server.send(
            "POST", "/metricstores", json: #"{"name":"cpu","ttl":7,"shardCount":1,"metricType":"prometheus"}"#)
        #expect(made.status == 200)
        return server
    }

    @Test func `a metric store is a logstore of the type Metrics`() throws {
        let server = try server()
        let store = try server.send("GET", "/metricstores/cpu").decoded(MetricStore.self)
        #expect(store.name == "cpu" && store.ttl == 7 && store.shardCount == 1 && store.metricType == "prometheus")
        let logstore = try server.send("GET", "/logstores/cpu").decoded(LogstoreDescription.self)
        #expect(logstore.telemetryType == "Metrics")
        let list = try server.send("GET", "/metricstores?offset=0&size=10").decoded(List.self)
        #expect(list == List(count: 1, total: 1, metricstores: ["cpu"]))
        #expect(try server.send("GET", "/metricstores?name=x").decoded(List.self).metricstores == [])
        #expect(server.send("GET", "/metricstores/cpu/meteringmode").status == 200)
    }

    @Test func `it is changed and deleted as logstores are`() throws {
        let server = try server()
        #expect(server.send("PUT", "/metricstores/cpu", json: #"{"ttl":30,"autoSplit":true}"#).status == 200)
        let store = try server.send("GET", "/metricstores/cpu").decoded(MetricStore.self)
        #expect(store.ttl == 30 && store.autoSplit)
        #expect(server.send("PUT", "/metricstores/cpu", json: #"{"ttl":0}"#).errorCode == "LogStoreInfoInvalid")
        #expect(server.send("POST", "/metricstores", json: #"{"name":"cpu","ttl":1,"shardCount":1}"#).status == 400)
        #expect(server.send("DELETE", "/metricstores/cpu").status == 200)
        #expect(server.send("GET", "/logstores/cpu").status == 404)
    }

    @Test(arguments: ["GET", "PUT", "DELETE"]) func `a logstore of another type is none`(method: String) throws {
        let server = try server()
        let answer = server.send(method, "/metricstores/logs", json: "{}")
        #expect(answer.status == 404)
        #expect(answer.errorCode == "LogStoreNotExist")
        #expect(server.send("GET", "/logstores/logs").status == 200)
    }

    @Test func `metrics are written to the project in the path`() throws {
        let server = try server()
        let group = LogGroup.make(topic: nil)
        func write(_ path: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
            var all: HTTPHeaders = ["Content-Type": "application/x-protobuf"]
            for (name, value) in headers { all.append(name, value) }
            return server.send(
                "POST", "/prometheus/\(path)/api/v1/write", all, body: group.serialized, host: "127.0.0.1:10180")
        }
        #expect(write("demo/cpu").status == 200)
        #expect(try server.groups(logstore: "cpu") == [group.serialized])
        #expect(write("none/cpu").errorCode == "ProjectNotExist")
        #expect(write("demo/none").errorCode == "LogStoreNotExist")
        // Prometheus' own remote write: another body on the same path.
        #expect(write("demo/cpu", ["Content-Encoding": "snappy"]).errorCode == "NotSupported")
        #expect(try server.groups(logstore: "cpu").count == 1)
    }

    @Test func `HEAD on a pull tells its headers`() throws {
        let server = try server()
        for _ in 0..<3 { _ = server.turn([server.put(logstore: "cpu")]) }
        let cursor = server.cursor("begin", logstore: "cpu")
        let target = "/logstores/cpu/shards/0?type=log&cursor=\(cursor)&count=2"
        let (head, pull) = (server.send("HEAD", target), server.send("GET", target))
        #expect(head.status == 200)
        for name in ["x-log-cursor", "x-log-count", "x-log-bodyrawsize", "x-log-end-of-cursor"] {
            #expect(head.headers[name] != nil)
            #expect(head.headers[name] == pull.headers[name])
        }
        #expect(server.send("HEAD", "/logstores").status == 405)
    }
}
