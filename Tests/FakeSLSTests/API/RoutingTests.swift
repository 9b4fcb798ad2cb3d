import EventHTTP
import TestKit
import Testing

@testable import FakeSLS

struct RoutingTests {
    @Test func `a known path with another method is refused with 405`() throws {
        let server = try InProcessEmulator()
        let answer = server.send("PUT", "/logstores/app/shards")
        #expect(answer.status == 405)
        #expect(answer.errorCode == "InvalidMethod")
    }

    @Test func `an unknown path is refused with 404`() throws {
        let answer = try InProcessEmulator().send("GET", "/no/such/path")
        #expect(answer.status == 404)
        #expect(answer.errorCode == "NotFound")
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "GET"])
    func `an empty consumer group name is refused with 405`(method: String) throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        let answer = server.send(method, "/logstores/app/consumergroups/?type=heartbeat&consumer=c", json: "[]")
        #expect(answer.status == 405)
        #expect(answer.text.contains("invalid request method"))
    }

    @Test func `elsewhere a slash at the end changes nothing`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        #expect(server.send("GET", "/logstores/").status == 200)
        #expect(server.send("GET", "/logstores/app/").status == 200)
    }

    @Test func `the parameter that decides between calls must be there and known`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        #expect(server.send("GET", "/logstores/app/shards/0").errorCode == "MissingParameter")
        #expect(server.send("GET", "/logstores/app/shards/0?type=nonsense").errorCode == "ParameterInvalid")
        #expect(server.send("POST", "/logstores/app/shards/0?action=nonsense").errorCode == "ParameterInvalid")
    }

    @Test(arguments: [
        ("POST", "/logstores/app/logs", "GetLogsV2"),
        ("GET", "/logstores/app?type=log&from=1&to=2", "GetLogs"),
        ("GET", "/logstores/app/index?type=histogram", "GetHistograms"),
        ("GET", "/logstores/app?type=topic", "ListTopics"),
        ("GET", "/logstores/app?type=context_log", "GetContextLogs"),
        ("GET", "/logs?query=x", "GetProjectLogs"),
        ("GET", "/health", "GetHealth"),
        ("GET", "/jobs/j/jobinstances/i", "ListJobInstances"),
        ("POST", "/resources/r/records", "CreateResourceRecord"),
    ])
    func `a known call that is not emulated is refused by name`(method: String, target: String, call: String) throws {
        let answer = try InProcessEmulator().send(method, target)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "NotSupported")
        #expect(answer.text.contains("\(call) is not emulated by fake-sls; see docs/compatibility.md"))
    }

    @Test func `every answer carries the headers that SDKs cannot do without`() throws {
        let server = try InProcessEmulator()
        let answers = server.turn([
            server.request("GET", "/logstores"), server.request("GET", "/logstores/none"),
            server.request("GET", "/no/such/path"), server.request("GET", "/_fake/healthz"),
        ])
        var ids: Set<String> = []
        for answer in answers {
            let id = answer.headers["x-log-requestid"] ?? ""
            #expect(id.utf8.count == 24)
            #expect(id.allSatisfy { "0123456789ABCDEF".contains($0) })
            ids.insert(id)
            #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
            #expect(answer.headers["Server"] == "fake-sls")
            #expect(answer.headers["x-log-time"] == "1709618828")
            #expect(answer.headers["Content-Type"] != nil)
            for (name, _) in answer.headers where name.lowercased().hasPrefix("x-log-") {
                #expect(name == name.lowercased())
            }
        }
        #expect(ids.count == 4)
    }

    @Test func `unknown headers and parameters are accepted`() throws {
        let server = try InProcessEmulator()
        #expect(server.send("GET", "/logstores?offset=0&size=10&what=ever", ["x-log-new-thing": "1"]).status == 200)
    }

    @Test func `a call without a project is refused`() throws {
        let answer = try InProcessEmulator().send("GET", "/logstores", host: "cn-hangzhou.log.aliyuncs.com")
        #expect(answer.status == 400)
        #expect(answer.errorCode == "InvalidHost")
    }
}

struct OwnPagesTests {
    @Test func `own pages answer on any host`() throws {
        let server = try InProcessEmulator {
            $0.metricsText = { "fake_sls_requests_total 1\n" }
            $0.authorityCertificate = Array("PEM".utf8)
            $0.authentication = .strict
        }
        for host in ["127.0.0.1:10180", "demo.cn-hangzhou.log.aliyuncs.com"] {
            #expect(server.send("GET", "/_fake/healthz", host: host).text == "ok\n")
            #expect(server.send("GET", "/_fake/readyz", host: host).status == 200)
            #expect(server.send("GET", "/_fake/metrics", host: host).text == "fake_sls_requests_total 1\n")
            #expect(server.send("GET", "/_fake/ca.pem", host: host).text == "PEM")
        }
        #expect(server.send("GET", "/_fake/nothing").status == 404)
        #expect(server.send("POST", "/_fake/healthz").status == 405)
    }

    @Test func `the pages are listed, and whoever asks for another is told where`() throws {
        let off = try InProcessEmulator { $0.metricsText = { "" } }
        for path in ["/_fake", "/_fake/"] {
            let lines = off.send("GET", path).text.split(separator: "\n")
            #expect(lines.contains("GET /_fake/healthz") && lines.contains("GET /_fake/metrics"))
            #expect(lines.contains("POST /_fake/faults (off without --control on)"))
            #expect(!lines.contains { $0.contains("ca.pem") })
        }
        let on = try InProcessEmulator { $0.servesControl = true }
        #expect(on.send("GET", "/_fake/").text.contains("DELETE /_fake/faults/{id}\n"))
        #expect(on.send("GET", "/_fake/nothing").text.contains("GET /_fake/ lists those there are"))
    }

    @Test func `what was not configured is not found`() throws {
        let server = try InProcessEmulator()
        #expect(server.send("GET", "/_fake/metrics").status == 404)
        #expect(server.send("GET", "/_fake/ca.pem").status == 404)
    }
}
