import EventHTTP
import Testing

@Suite struct TimeoutTests {
    @Test func `a connection that asks nothing is closed`() async throws {
        try await withServer({ $0.idleTimeout = .milliseconds(30) }) { server in
            let silent = try server.client()
            #expect(try silent.isEnded())
            let served = try server.client()
            try served.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try served.answer().status == 200)
            #expect(try served.isEnded())
        }
    }

    @Test(arguments: [
        "GET / HT", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ])
    func `a request that stalls is answered and closed`(half: String) async throws {
        try await withServer({ $0.requestTimeout = .milliseconds(30) }) { server in
            let client = try server.client()
            try client.send(half)
            let answer = try client.answer()
            #expect(answer.status == 408)
            #expect(answer.text == "the request did not arrive whole within 0.03 seconds")
            #expect(try client.isEnded())
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a request that dribbles in is cut off although each byte is in time`() async throws {
        try await withServer({ $0.requestTimeout = .milliseconds(100) }) { server in
            let client = try server.client()
            try client.send("GET /")
            let refused = holds {
                // Ends when the server has closed: a send after its answer fails in the end.
                (try? client.send("a")) == nil || server.server.statistics.openConnections == 0
            }
            #expect(refused)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a client that does not read its answer is cut off`() async throws {
        try await withServer(
            { $0.writeTimeout = .milliseconds(50) },
            answer: { _ in HTTPResponse(status: 200, body: [UInt8](repeating: 1, count: 64 << 20)) }
        ) { server in
            let client = try server.client()
            try client.send("GET / HTTP/1.1\r\n\r\n")
            #expect(holds { server.requests.count == 1 })
            #expect(holds { server.server.statistics.openConnections == 0 })
            #expect(throws: RawClient.Failure.self) { try client.answer() }
        }
    }

    @Test func `a TLS handshake that stalls is closed`() async throws {
        let folder = try TemporaryFolder()
        let authority = try CertificateAuthority(folder: folder.path)
        try await withServer(
            {
                $0.tlsPort = 0
                $0.requestTimeout = .milliseconds(30)
            }, authority: authority
        ) { server in
            let client = try RawClient(server.secureAddress)
            // The beginning of a handshake record of 512 bytes.
            try client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            #expect(holds { HTTPServer.Statistics.isClosed(server.server.statistics, 1) })
            let tunnel = try server.client()
            try tunnel.send("CONNECT h:443 HTTP/1.1\r\n\r\n")
            #expect(try tunnel.answer().status == 200)
            #expect(holds { HTTPServer.Statistics.isClosed(server.server.statistics, 2) })
        }
    }
}
