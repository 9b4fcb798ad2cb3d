import EventHTTP
import Testing

@Suite struct ViolationTests {
    /// A request, the status it gets, and a part of the text.
    static let refused: [(String, Int, String)] = [
        ("nonsense\r\n\r\n", 400, "malformed HTTP request: invalid HTTP method"),
        ("BREW / HTTP/1.1\r\n\r\n", 400, "invalid HTTP method"),
        ("GET / HTTP/9.9\r\n\r\n", 400, "only HTTP/1.0 and HTTP/1.1"),
        ("GET /\r\n\r\n", 400, "only HTTP/1.0 and HTTP/1.1"),
        ("GET / SIP/2.0\r\n\r\n", 400, "malformed HTTP request"),
        ("GET  HTTP/1.1\r\n\r\n", 400, "malformed HTTP request"),
        ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400, "blank in a header's name"),
        ("GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, "blank in a header's name"),
        ("GET / HTTP/1.1\r\nBad\u{01}Name: h\r\n\r\n", 400, "invalid character in header"),
        ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "unexpected content-length"),
        ("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "content-length"),
        ("GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 400, "content-length"),
        ("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, "content-length"),
        ("GET / HTTP/1.1\r\nContent-Length: 9999999999999999999\r\n\r\n", 413, "larger than 1000 bytes"),
        ("GET / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413, "larger than 1000 bytes"),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "only transfer coding"),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "only transfer coding"),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501,
            "only transfer coding"
        ),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400, "chunk size"),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 400, "malformed HTTP request"),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n0", 413, "larger than 1000 bytes"),
        ("GET /" + String(repeating: "a", count: 3_000), 431, "larger than 2000 bytes"),
        ("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 90_000), 431, "larger than 2000 bytes"),
        (String(repeating: "\r\n", count: 2_000), 431, "larger than 2000 bytes"),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + String(repeating: "a", count: 90_000), 431,
            "larger than 2000 bytes"
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + String(repeating: "a", count: 90_000), 431,
            "larger than 2000 bytes"
        ),
        ("CONNECT h:443 HTTP/1.1\r\n\r\n", 405, "no tunnel to h:443"),
    ]

    @Test(arguments: refused)
    func `what is no request is answered and closed`(request: String, status: Int, text: String) async throws {
        try await withServer({
            $0.bodyByteLimit = 1_000
            $0.headByteLimit = 2_000
        }) { server in
            let client = try server.client()
            try client.send(request)
            let answer = try client.answer()
            #expect(answer.status == status)
            #expect(answer.text.contains(text))
            #expect(answer["X-Violation"] == "yes")
            #expect(answer["Connection"] == "close")
            #expect(try client.isEnded())
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a violation behind a good request does not touch its answer`() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("GET /good HTTP/1.1\r\n\r\nnonsense\r\n\r\n")
            #expect(try client.answer()["x-target"] == "/good")
            #expect(try client.answer().status == 400)
            #expect(try client.isEnded())
        }
    }

    @Test(arguments: [
        "GET / HT", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ])
    func `a request that ends half-way is answered and never handed out`(half: String) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send(half)
            client.endSending()
            let answer = try client.answer()
            #expect(answer.status == 400)
            #expect(answer.text == "the request ended before it was complete")
            #expect(try client.isEnded())
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a client that sends a body far over the limit reads the answer, not a reset`() async throws {
        try await withServer({ $0.bodyByteLimit = 1_000 }) { server in
            for head in ["Content-Length: 20000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n1312d00\r\n"] {
                let client = try server.client()
                try client.send("POST / HTTP/1.1\r\n" + head)
                try client.send([UInt8](repeating: 120, count: 20_000_000))
                #expect(try client.answer().status == 413)
                client.endSending()
                #expect(try client.isEnded())
            }
        }
    }

    @Test func `a refused client that does not leave is left`() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("nonsense\r\n\r\n")
            #expect(try client.answer().status == 400)
            #expect(try client.isEnded())
            #expect(holds { server.server.statistics.openConnections == 0 })
        }
    }

    @Test func `a client that goes on sending after its refusal is cut off`() async throws {
        try await withServer({ $0.bodyByteLimit = 1_000 }) { server in
            let client = try server.client()
            try client.send("POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n")
            let piece = [UInt8](repeating: 120, count: 1 << 20)
            // More than the server throws away, and the socket's buffers on top.
            #expect(throws: RawClient.Failure.self) { for _ in 0..<512 { try client.send(piece) } }
            #expect(holds { server.server.statistics.openConnections == 0 })
        }
    }
}
