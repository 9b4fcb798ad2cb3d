import EventHTTP
import System
import Testing

@Suite struct TLSTests {
    private let folder: TemporaryFolder
    private let authority: CertificateAuthority

    init() throws {
        folder = try TemporaryFolder()
        authority = try CertificateAuthority(folder: folder.path)
    }

    @Test func `each host name gets a leaf that a strict client accepts`() async throws {
        let trusted = authority.certificateFile
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            for host in ["demo.cn-x.log.aliyuncs.com", "LocalHost", "a_b.example"] {
                let client = try RawClient(server.secureAddress)
                try client.startTLS(trusting: trusted, serverName: host, host: host)
                #expect(client.version == "TLSv1.3")
                for _ in 0..<2 {
                    try client.send("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")
                    #expect(try client.answer().text == "hello")
                }
            }
            #expect(server.requests.allSatisfy { $0.isSecure })
        }
    }

    @Test func `a client that names no host gets a leaf for localhost and the addresses`() async throws {
        let trusted = authority.certificateFile
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            for host in ["localhost", "127.0.0.1", "::1"] {
                let client = try RawClient(server.secureAddress)
                try client.startTLS(trusting: trusted, serverName: nil, host: host)
                try client.send("GET / HTTP/1.1\r\n\r\n")
                #expect(try client.answer().status == 200)
            }
        }
    }

    @Test func `TLS 1,2 is spoken, older ones are not`() async throws {
        let trusted = authority.certificateFile
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            let client = try RawClient(server.secureAddress)
            try client.startTLS(trusting: trusted, serverName: "h", host: "h", newest: .tls12)
            try client.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try client.answer().status == 200)
            #expect(client.version == "TLSv1.2")
            let old = try RawClient(server.secureAddress)
            #expect(throws: RawClient.Failure.self) {
                try old.startTLS(trusting: trusted, serverName: "h", host: "h", newest: .tls11)
            }
        }
    }

    @Test func `large bodies pass in both directions, and the end is announced`() async throws {
        let trusted = authority.certificateFile
        let large = (0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            let client = try RawClient(server.secureAddress)
            try client.startTLS(trusting: trusted, serverName: "h", host: "h")
            for framing in ["Content-Length: \(large.count)", "Transfer-Encoding: chunked", "Connection: close"] {
                let isChunked = framing.contains("chunked")
                let length = framing.contains("close") ? "\r\nContent-Length: \(large.count)" : ""
                try client.send("POST / HTTP/1.1\r\n\(framing)\(length)\r\n\r\n")
                if isChunked { try client.send(String(large.count, radix: 16) + "\r\n") }
                try client.send(large)
                if isChunked { try client.send("\r\n0\r\n\r\n") }
                #expect(try client.answer().body == large)
            }
            #expect(try client.isEnded())
        }
    }

    @Test func `pipelined requests in one record are all answered`() async throws {
        let trusted = authority.certificateFile
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            let client = try RawClient(server.secureAddress)
            try client.startTLS(trusting: trusted, serverName: "h", host: "h")
            // Long enough that the last ones are in OpenSSL's buffer when the first read is full.
            let filling = String(repeating: "f", count: 3_000)
            try client.send((0..<20).map { "GET /\($0) HTTP/1.1\r\nX-Fill: \(filling)\r\n\r\n" }.joined())
            for index in 0..<20 { #expect(try client.answer()["x-target"] == "/\(index)") }
        }
    }

    @Test func `a client that ends its sending side without a goodbye gets the whole answer`() async throws {
        let trusted = authority.certificateFile
        try await withServer(
            { $0.tlsPort = 0 }, authority: authority,
            answer: { _ in HTTPResponse(status: 200, body: [UInt8](repeating: 1, count: 4 << 20)) }
        ) { server in
            let client = try RawClient(server.secureAddress)
            try client.startTLS(trusting: trusted, serverName: "h", host: "h")
            try client.send("GET / HTTP/1.1\r\n\r\n")
            client.endSending()
            #expect(try client.answer().body.count == 4 << 20)
            #expect(holds { server.server.statistics.openConnections == 0 })
        }
    }

    @Test func `violations are answered inside TLS`() async throws {
        let trusted = authority.certificateFile
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            for request in ["nonsense\r\n\r\n", "CONNECT h:443 HTTP/1.1\r\n\r\n"] {
                let client = try RawClient(server.secureAddress)
                try client.startTLS(trusting: trusted, serverName: "h", host: "h")
                try client.send(request)
                #expect(try client.answer()["X-Violation"] == "yes")
                #expect(try client.isEnded())
            }
        }
    }

    @Test func `what is not TLS on the TLS port is closed`() async throws {
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            for bytes in ["GET / HTTP/1.1\r\n\r\n", "\u{16}\u{03}\u{01}\u{00}\u{05}hello"] {
                let client = try RawClient(server.secureAddress)
                try client.send(bytes)
                #expect(holds { server.server.statistics.acceptedConnections > 0 })
                #expect(holds { server.server.statistics.openConnections == 0 })
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a certificate of the caller's takes the place of leaves`() async throws {
        let now = Int(WallClock.nanoseconds() / 1_000_000_000)
        let trusted = authority.certificateFile
        let folder = folder
        let authority = authority
        let cases: [(host: String, end: Int, failure: String?)] = [
            ("a.example", now + 60, nil), ("b.example", now + 60, "hostname mismatch"),
            ("a.example", now - 30, "certificate has expired"),
        ]
        for (host, end, failure) in cases {
            let files = try authority.issue(hosts: [host], notBefore: now - 60, notAfter: end, in: folder.path)
            try await withServer({
                $0.tlsPort = 0
                $0.certificate = files
            }) { server in
                let client = try RawClient(server.secureAddress)
                if let failure {
                    let error = #expect(throws: RawClient.Failure.self) {
                        try client.startTLS(trusting: trusted, serverName: "a.example", host: "a.example")
                    }
                    #expect(error?.description == failure)
                } else {
                    try client.startTLS(trusting: trusted, serverName: "a.example", host: "a.example")
                }
            }
        }
    }

    @Test func `an unknown authority is refused by the client`() async throws {
        let other = try CertificateAuthority(folder: "\(folder.path)/other").certificateFile
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            let client = try RawClient(server.secureAddress)
            let error = #expect(throws: RawClient.Failure.self) {
                try client.startTLS(trusting: other, serverName: "h", host: "h")
            }
            #expect(error?.description == "unable to get local issuer certificate")
        }
    }

    @Test func `certificate files that cannot be used are an error that names them`() throws {
        let path = folder.path
        let files = try authority.issue(hosts: ["h"], notBefore: 1, notAfter: 2, in: path)
        let missing = "\(path)/none.pem"
        let cases = [
            (HTTPServer.CertificateFiles(chain: missing, key: files.key), missing),
            (HTTPServer.CertificateFiles(chain: files.chain, key: missing), missing),
            (HTTPServer.CertificateFiles(chain: files.chain, key: "\(path)/ca-key.pem"), "\(path)/ca-key.pem"),
        ]
        for (files, name) in cases {
            let error = #expect(throws: EventHTTPError.self) {
                var configuration = HTTPServer.Configuration()
                configuration.tlsPort = 0
                configuration.certificate = files
                _ = try HTTPServer(configuration, authority: nil) { _ in
                    []
                } violation: {
                    HTTPResponse(status: $0.suggestedStatus)
                }
            }
            #expect(error?.kind == .certificate)
            #expect(error?.message.contains(name) == true)
        }
    }
}
