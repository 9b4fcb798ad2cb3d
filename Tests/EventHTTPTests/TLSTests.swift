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

    @Test func `a tunnel starts TLS on the same socket with the leaf for its host`() async throws {
        let trusted = authority.certificateFile
        try await withServer(authority: authority) { server in
            for serverName in ["api.example", nil] {
                let client = try server.client()
                try client.send("CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n")
                #expect(try client.answer().status == 200)
                try client.startTLS(trusting: trusted, serverName: serverName, host: "api.example")
                for _ in 0..<2 {
                    try client.send("GET /inside HTTP/1.1\r\nHost: api.example\r\n\r\n")
                    #expect(try client.answer()["x-target"] == "/inside")
                }
            }
            #expect(server.requests.count == 4)
            #expect(server.requests.allSatisfy { $0.isSecure })
        }
    }
}
