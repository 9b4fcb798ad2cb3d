import EventHTTP
import System
import Testing

@Suite struct TunnelTests {
    private let folder: TemporaryFolder
    private let authority: CertificateAuthority

    init() throws {
        folder = try TemporaryFolder()
        authority = try CertificateAuthority(folder: folder.path)
    }

    @Test func `a tunnel starts TLS on the same socket with the leaf for its host`() async throws {
        let trusted = authority.certificateFile
        try await withServer(authority: authority) { server in
            let cases: [(String, String?, String)] = [
                ("api.example:443", "api.example", "api.example"), ("api.example:443", nil, "api.example"),
                ("api.example:443", "other.example", "other.example"), ("192.0.2.1:8443", nil, "192.0.2.1"),
                ("[2001:db8::1]:443", nil, "2001:db8::1"),
            ]
            for (target, serverName, host) in cases {
                let client = try server.client()
                try client.send("CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\nProxy-Connection: close\r\n\r\n")
                let answer = try client.answer()
                #expect(answer.status == 200)
                #expect(answer.headers.isEmpty)
                try client.startTLS(trusting: trusted, serverName: serverName, host: host)
                for _ in 0..<2 {
                    try client.send("GET /inside HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                    #expect(try client.answer()["x-target"] == "/inside")
                }
            }
            #expect(server.requests.count == 10)
            #expect(server.requests.allSatisfy { $0.isSecure })
            #expect(server.server.statistics.acceptedConnections == 5)
        }
    }

    @Test func `a client may send its hello without waiting for the answer`() async throws {
        let trusted = authority.certificateFile
        try await withServer(authority: authority) { server in
            let client = try server.client()
            try client.startTLS(
                trusting: trusted, serverName: nil, host: "h.example",
                behind: "CONNECT h.example:443 HTTP/1.1\r\n\r\n")
            try client.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try client.answer().status == 200)
            #expect(server.requests.map { $0.isSecure } == [true])
        }
    }

    @Test func `HTTP in the clear is served inside a tunnel`() async throws {
        try await withServer(authority: authority) { server in
            let patient = try server.client()
            try patient.send("CONNECT h:80 HTTP/1.1\r\n\r\n")
            #expect(try patient.answer().status == 200)
            try patient.send("POST /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
            #expect(try patient.answer().text == "ab")
            let eager = try server.client()
            try eager.send("CONNECT h:80 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
            #expect(try eager.answer().status == 200)
            #expect(try eager.answer()["x-target"] == "/2")
            #expect(server.requests.allSatisfy { !$0.isSecure })
        }
    }

    @Test(arguments: ["h", "h:", "h:0", "h:65536", ":443", "h:x", "http://h/"])
    func `a tunnel to what is no host and port is refused`(target: String) async throws {
        try await withServer(authority: authority) { server in
            let client = try server.client()
            try client.send("CONNECT \(target) HTTP/1.1\r\n\r\n")
            #expect(try client.answer()["X-Violation"] == "yes")
            #expect(try client.isEnded())
        }
    }

    @Test func `a tunnel inside a tunnel is refused`() async throws {
        let trusted = authority.certificateFile
        try await withServer(authority: authority) { server in
            for isSecure in [false, true] {
                let client = try server.client()
                try client.send("CONNECT h:443 HTTP/1.1\r\n\r\n")
                #expect(try client.answer().status == 200)
                if isSecure { try client.startTLS(trusting: trusted, serverName: "h", host: "h") }
                try client.send("CONNECT h:443 HTTP/1.1\r\n\r\n")
                #expect(try client.answer().status == 405)
                #expect(try client.isEnded())
            }
        }
    }

    @Test func `a client that leaves a tunnel unused is forgotten`() async throws {
        try await withServer(authority: authority) { server in
            let client = try server.client()
            try client.send("CONNECT h:443 HTTP/1.1\r\n\r\n")
            #expect(try client.answer().status == 200)
            client.endSending()
            #expect(try client.isEnded())
            #expect(holds { server.server.statistics.openConnections == 0 })
        }
    }

    @Test func `curl goes through as through any proxy`() async throws {
        let arguments = [
            "--silent", "--show-error", "--fail", "--max-time", "10", "--cacert", authority.certificateFile,
            "--data", "abc",
        ]
        let folder = folder
        let running = try RunningServer(Self.configuration, authority: authority, answer: echo)
        defer { running.server.stopNow() }
        for url in ["http://demo.example/x", "https://demo.example/x"] {
            let child = try ChildProcess(
                .init(
                    "/usr/bin/curl",
                    arguments: arguments + ["--proxy", "http://\(running.address)", url, url],
                    standardOutput: .collected))
            #expect(await child.wait(within: .seconds(20)) == .exited(0))
            #expect(await child.standardOutput?.waitForEnd(within: .seconds(10)) == true)
            #expect(child.standardOutput?.text == "abcabc")
        }
        #expect(running.requests.map { $0.isSecure } == [false, false, true, true])
        #expect(running.requests.map { $0.target } == ["http://demo.example/x", "http://demo.example/x", "/x", "/x"])
        #expect(running.server.statistics.acceptedConnections == 2)
        withExtendedLifetime(folder) {}
    }

    private static var configuration: HTTPServer.Configuration {
        var configuration = HTTPServer.Configuration()
        configuration.hosts = ["127.0.0.1"]
        return configuration
    }
}
