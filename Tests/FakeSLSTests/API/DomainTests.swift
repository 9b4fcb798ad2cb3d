import EventHTTP
import Foundation
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// Hosts that the `/domains` calls bind to a project, and the address that direct mode asks for.
struct DomainTests {
    private static let host = "logs.example.com"

    private func bind(_ server: InProcessEmulator, _ domain: String = host, from project: String = "demo") -> String {
        let body = #"{"domainName":"\#(domain)","projectName":"\#(project)"}"#
        let answer = server.send("POST", "/domains", body: Array(body.utf8), host: "\(project).localhost")
        return answer.errorCode ?? "OK"
    }

    private func reaches(_ server: InProcessEmulator, _ host: String = host) -> Bool {
        server.send("GET", "/logstores/app", host: host).status == 200
    }

    @Test func `a domain that is bound stands for its project until it is deleted`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        #expect(!reaches(server))
        #expect(bind(server) == "OK")
        #expect(reaches(server))
        #expect(reaches(server, "LOGS.example.com:8080"))
        #expect(!reaches(server, "more.logs.example.com"))
        #expect(server.send("DELETE", "/domains/\(Self.host)").status == 200)
        #expect(!reaches(server))
    }

    @Test func `a domain goes with its project, and is free for another`() throws {
        let server = try InProcessEmulator()
        server.send("POST", "/", json: #"{"projectName":"other","description":""}"#)
        server.makeLogstore()
        #expect(bind(server, from: "other") == "OK")
        #expect(bind(server) == "CnameAlreadyExists")
        #expect(bind(server, "Logs.Example.com") == "CnameAlreadyExists")
        #expect(server.send("DELETE", "/", host: "other.localhost").status == 200)
        #expect(bind(server) == "OK")
        #expect(reaches(server))
    }

    @Test func `a binding that is undone with its turn's request does not count`() throws {
        let demo = try ProjectName("demo")
        let server = try InProcessEmulator { $0.domains = ["set.example.com": demo] }
        server.makeLogstore()
        #expect(reaches(server, "set.example.com"))
        #expect(bind(server, "") == "ParameterInvalid")
        #expect(bind(server, "set.example.com", from: "none") == "ProjectNotExist")
        #expect(reaches(server, "set.example.com"))
    }

    @Test func `domains are kept with the data`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fake-sls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A folder left behind harms nobody.
        do {
            let server = try InProcessEmulator { $0.dataFolder = folder.path }
            server.makeLogstore()
            #expect(bind(server) == "OK")
        }
        #expect(reaches(try InProcessEmulator { $0.dataFolder = folder.path }))
    }

    @Test(arguments: [
        ("127.0.0.1:10180", false, "127.0.0.1:10180"), ("127.0.0.1:80", false, "127.0.0.1"),
        ("192.0.2.7:443", true, "192.0.2.7"), ("192.0.2.7:443", false, "192.0.2.7:443"),
        ("[::1]:10180", false, "[::1]:10180"),
    ])
    func `direct mode is told the address that the client connected to`(
        local: String, isSecure: Bool, told: String
    ) throws {
        let server = try InProcessEmulator()
        var request = server.request("GET", "/direct_mode_ip", host: "cn-hangzhou.log.aliyuncs.com")
        (request.localAddress, request.isSecure) = (local, isSecure)
        let answer = server.turn([request])[0]
        #expect(answer.status == 200)
        #expect(answer.headers["x-log-hostip"] == told)
    }
}
