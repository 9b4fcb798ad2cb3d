import EventHTTP
import Testing

@Suite struct ChunkTests {
    @Test func `chunks are joined, extensions and trailers dropped`() async throws {
        try await withServer { server in
            let client = try server.client()
            for _ in 0..<2 {
                try client.send(
                    "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
                        + "3;name=value\r\nabc\r\n00000A\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n")
                #expect(try client.answer().text == "abc0123456789")
            }
            #expect(server.requests.allSatisfy { $0.headers["X-Trailer"] == nil })
        }
    }

    @Test func `with a length beside them chunks decide, as the C++ SDK sends every request`() async throws {
        try await withServer { server in
            let client = try server.client()
            let head =
                "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
                + "Expect: 100-continue\r\n\r\n"
            try client.send(head)
            #expect(try client.answer().status == 100)
            try client.send("5\r\nhello\r\n0\r\n\r\n")
            #expect(try client.answer().text == "hello")
            // The same with no body at all, and with all of it in one piece: nothing is left to wait for.
            try client.send(head.replacing("Length: 5", with: "Length: 0"))
            #expect(try client.answer().status == 100)
            try client.send("0\r\n\r\n")
            #expect(try client.answer().text == "")
            try client.send(head + "5\r\nworld\r\n0\r\n\r\n")
            #expect(try client.answer().text == "world")
        }
    }

    @Test func `a client that expects it is told to go on, once`() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("PUT / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n")
            #expect(try client.answer().status == 100)
            try client.send("ab")
            try client.send("cd")
            #expect(try client.answer().text == "abcd")
            // HTTP/1.0 does not know it.
            try client.send("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            try client.send("ef")
            #expect(try client.answer().text == "ef")
        }
    }

    @Test func `a body announced as too long is refused before it is sent`() async throws {
        try await withServer({ $0.bodyByteLimit = 3 }) { server in
            let client = try server.client()
            try client.send("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            let answer = try client.answer()
            #expect(answer.status == 413)
            #expect(answer.text == "the request body is larger than 3 bytes")
            client.endSending()
            #expect(try client.isEnded())
        }
    }

    @Test func `chunks one byte over the limit are refused`() async throws {
        try await withServer({ $0.bodyByteLimit = 8 }) { server in
            let client = try server.client()
            let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            try client.send(head + "4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n")
            #expect(try client.answer().text == "12345678")
            try client.send(head + "4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n")
            #expect(try client.answer().status == 413)
        }
    }
}
