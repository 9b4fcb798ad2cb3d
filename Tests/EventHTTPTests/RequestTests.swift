import EventHTTP
import Testing

@Suite struct RequestTests {
    @Test func `a request is handed out as sent and its answer comes back`() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send(
                "POST /a%20b?x=+1 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one:  2 \r\nContent-Length: 3\r\n\r\nabc")
            let answer = try client.answer()
            #expect(answer.status == 200)
            #expect(answer.text == "abc")
            #expect(answer["Content-Length"] == "3")
            #expect(answer["Date"]?.hasSuffix(" GMT") == true)
            #expect(answer["Connection"] == nil)
            let request = try #require(server.requests.first)
            #expect(request.method == "POST")
            #expect(request.target == "/a%20b?x=+1")
            #expect(request.headers["HOST"] == "h")
            #expect(request.headers.all("x-one") == ["1", "2"])
            #expect(request.headers.map { $0.name } == ["Host", "X-One", "x-one", "Content-Length"])
            #expect(request.body == Array("abc".utf8))
            #expect(request.peerAddress == "127.0.0.1")
            #expect(!request.isSecure)
        }
    }
}
