import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// What the official clients do on the wire, a test for each: protocol quirks that a strict server would trip over.
struct TransportDetailTests {
    private func server() throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        server.makeLogstore()
        return server
    }

    @Test func `C and C++ find response headers by their lower-case names`() throws {
        let server = try server()
        let answers = [
            server.send("GET", "/logstores/app/shards/0?type=cursor&from=begin"),
            server.pull(from: server.cursor("begin")), server.send("GET", "/logstores/none"),
        ]
        for (name, _) in answers.flatMap({ Array($0.headers) }) where name.lowercased().hasPrefix("x-log-") {
            #expect(name == name.lowercased())
        }
        #expect(answers[1].headers["x-log-cursor"] != nil)
    }

    @Test func `C and loongcollector find a request id on every answer, errors included`() throws {
        let server = try server()
        let targets = ["/logstores", "/logstores/none", "/nothing", "/machinegroups/none", "/_fake/healthz"]
        for target in targets { #expect(server.send("GET", target).headers["x-log-requestid"]?.count == 24) }
        #expect(server.emulator.violation(.truncated).headers["x-log-requestid"]?.count == 24)
    }

    @Test func `success is 200 and nothing else, with an empty body where a call returns nothing`() throws {
        let server = try server()
        let name = #"{"logstoreName":"more","ttl":1,"shardCount":1}"#
        for (method, target, body) in [
            ("POST", "/logstores", name), ("PUT", "/logstores/more", name), ("DELETE", "/logstores/more", ""),
        ] {
            let answer = server.send(method, target, json: body)
            #expect(answer.status == 200 && answer.body.isEmpty)
        }
    }

    @Test func `an error is JSON with both members, whatever the client accepts`() throws {
        let answer = try server().send("GET", "/logstores/none", ["Accept": "application/x-protobuf"])
        #expect(answer.headers["Content-Type"] == "application/json")
        let error = try answer.decoded(ErrorBody.self)
        #expect(error.errorCode == "LogStoreNotExist" && !error.errorMessage.isEmpty)
    }

    @Test func `a content type and a length of 0 on a GET are borne`() throws {
        let headers: HTTPHeaders = ["Content-Type": "application/json", "Content-Length": "0"]
        #expect(try server().send("GET", "/logstores/app", headers).status == 200)
    }

    @Test func `OpenAPI's lower-case names, empty digest and JSON Accept on a pull are borne`() throws {
        let server = try server()
        let target = "/logstores/app/shards/0?type=log&count=1&cursor=\(server.cursor("begin"))"
        let headers: HTTPHeaders = ["content-md5": "", "accept": "application/json", "x-log-bodyrawsize": "0"]
        let answer = server.send("GET", target, headers)
        #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/x-protobuf")
    }

    @Test func `JSON is not compressed for the Accept-Encoding of Python's requests`() throws {
        let answer = try server().send("GET", "/logstores", ["Accept-Encoding": "gzip, deflate"])
        #expect(answer.headers["Content-Encoding"] == nil && answer.text.hasPrefix("{"))
    }

    @Test func `Go's plus in a query is a space`() throws {
        let server = try server()
        server.makeGroup("a b")
        let made = server.send("POST", "/logstores/app/consumergroups/a+b?type=heartbeat&consumer=x", json: "[]")
        #expect(made.errorCode == "ConsumerGroupNotExist")
        let beat = server.send(
            "POST", "/logstores/app/consumergroups/a%20b?type=heartbeat&consumer=c+1", json: "[]")
        #expect(beat.status == 200)
        let same = server.send(
            "POST", "/logstores/app/consumergroups/a%20b?type=heartbeat&consumer=c%201", json: "[0]")
        #expect(same.status == 200)
    }

    @Test func `GET on the bare endpoint lists the projects, with and without a query`() throws {
        let server = try server()
        for target in ["/", "/?offset=0&size=10"] {
            let answer = server.send("GET", target, host: "cn-hangzhou.log.aliyuncs.com")
            #expect(try answer.decoded(ProjectList.self).projects.map(\.projectName) == ["demo"])
        }
    }

    @Test func `idle connections are kept longer than the pools of Go and Java wait`() {
        #expect(HTTPServer.Configuration().idleTimeout > .seconds(30))
    }

    @Test(arguments: ["/logstores/app/track", "/logstores", "/"])
    func `a browser's preflight is allowed, unsigned and in strict mode`(target: String) throws {
        let server = try InProcessEmulator { $0.authentication = .strict }
        let headers: HTTPHeaders = [
            "Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, x-log-apiversion",
        ]
        let answer = server.send("OPTIONS", target, headers)
        #expect(answer.status == 200 && answer.body.isEmpty)
        #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
        #expect(answer.headers["Access-Control-Allow-Methods"]?.contains("POST") == true)
        #expect(answer.headers["Access-Control-Allow-Headers"] == "authorization, x-log-apiversion")
        #expect(server.send("OPTIONS", target).headers["Access-Control-Allow-Headers"] == "*")
    }

    @Test func `a configured domain stands for its project, and no other way in is lost`() throws {
        let demo = try ProjectName("demo")
        let server = try InProcessEmulator { $0.domains = ["Logs.Shop.example.com": demo] }
        server.makeLogstore()
        for host in ["logs.shop.example.com", "LOGS.shop.example.com:10180", "demo.localhost"] {
            #expect(server.send("GET", "/logstores/app", host: host).status == 200)
        }
        #expect(server.send("GET", "/logstores/app", host: "logs.else.example.com").errorCode == "ProjectNotExist")
    }
}

struct OdditiesTests {
    private func note(_ oddities: Oddities, _ target: String, _ headers: HTTPHeaders = [:]) {
        oddities.note(HTTPRequest(method: "GET", target: target, headers: headers), RequestTarget(target))
    }

    @Test func `what is unknown is counted each time and logged once`() {
        let oddities = Oddities(logger: EmulatorConfiguration().logger)
        for _ in 0..<3 {
            note(oddities, "/logstores?offset=0&what=ever", ["X-Log-New": "1", "x-log-apiversion": "0.7.0"])
        }
        #expect(oddities.counts == [.header: 3, .parameter: 3, .version: 3])
        #expect(oddities.logged == ["header x-log-new", "parameter what", "version 0.7.0"])
    }

    @Test func `what is known, and what is no business of the service's, is not counted`() {
        let oddities = Oddities(logger: EmulatorConfiguration().logger)
        let headers: HTTPHeaders = [
            "x-log-apiversion": "0.6.0", "x-log-bodyrawsize": "0", "x-log-meta-a": "1", "traceparent": "00",
            "Cookie": "a",
        ]
        note(oddities, "/logstores?offset=0&size=10", headers)
        #expect(oddities.counts.isEmpty)
    }

    @Test func `the names that are logged are bounded in number and length`() {
        let oddities = Oddities(logger: EmulatorConfiguration().logger)
        let long = String(repeating: "p", count: 2 * Oddities.shownLength)
        for number in 0...Oddities.loggedLimit { note(oddities, "/?\(number)\(long)=1") }
        #expect(oddities.logged.count == Oddities.loggedLimit)
        #expect(oddities.counts[.parameter] == Oddities.loggedLimit + 1)
        #expect(oddities.logged.allSatisfy { $0.count <= Oddities.shownLength + "parameter ".count })
    }

    @Test func `the fields of a tracking request are no unknown parameters`() {
        let oddities = Oddities(logger: EmulatorConfiguration().logger)
        for page in ["track", "track.gif", "track_ua.gif"] {
            note(oddities, "/logstores/app/\(page)?APIVersion=0.6.0&shop=17&x-log=1", ["x-log-new": "1"])
        }
        #expect(oddities.counts == [.header: 3])
    }

    @Test func `nothing unknown is refused`() throws {
        let server = try InProcessEmulator()
        let answer = server.send("GET", "/logstores?brand=new", ["x-log-brand-new": "1", "x-log-apiversion": "9"])
        #expect(answer.status == 200)
    }
}
