import EventHTTP
import Testing

@Suite struct RequestTests {
    @Test func `a request is handed out as sent and its answer comes back`() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send(
                "POST /a%20b?x=+1 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one:  2 \t\r\nContent-Length: 3\r\n\r\nabc")
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
            #expect(request.localAddress == server.address)
            #expect(!request.isSecure)
        }
    }

    @Test func `a request that arrives byte by byte is the same request`() async throws {
        let text = "\r\nPUT http://h/p HTTP/1.1\r\nHost: h\r\nEmpty:\r\nFolded: a\r\n b\r\nContent-Length: 2\r\n\r\nxy"
        try await withServer { server in
            let whole = try server.client()
            try whole.send(text)
            _ = try whole.answer()
            let pieces = try server.client()
            for byte in text.utf8 {
                try pieces.send([byte])
                // A round trip on another connection, so that the server has looked at this byte alone.
                try whole.send("GET /tick HTTP/1.1\r\n\r\n")
                _ = try whole.answer()
            }
            _ = try pieces.answer()
            let requests = server.requests.filter { $0.method == "PUT" }
            #expect(requests.count == 2)
            #expect(requests.first == requests.last)
            #expect(requests.last?.headers["empty"] == "")
            #expect(requests.last?.headers["folded"] == "a   b")
            #expect(requests.last?.headers["content-length"] == "2")
        }
    }

    @Test(arguments: ["GET", "DELETE", "PUT", "POST", "OPTIONS", "PATCH"])
    func `a method with a body gets it, one without gets none`(method: String) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("\(method) /1 HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody\(method) /2 HTTP/1.1\r\n\r\n")
            #expect(try client.answer().text == "body")
            #expect(try client.answer().text == "")
            try client.send("\(method) /3 HTTP/1.1\r\nContent-Length: 0\r\nContent-Type: application/json\r\n\r\n")
            #expect(try client.answer()["x-target"] == "/3")
        }
    }

    @Test func `HEAD is answered with the length of the body it does not get`() async throws {
        try await withServer(answer: { _ in
            HTTPResponse(status: 200, headers: ["content-length": "77", "Transfer-Encoding": "no"], body: [1, 2, 3])
        }) { server in
            let client = try server.client()
            for _ in 0..<2 {
                try client.send("HEAD / HTTP/1.1\r\n\r\n")
                let answer = try client.answer(isHead: true)
                #expect(answer.headers.filter { $0.name.lowercased() == "content-length" }.map { $0.value } == ["3"])
                #expect(answer["Transfer-Encoding"] == nil)
            }
            try client.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try client.answer().body == [1, 2, 3])
        }
    }

    @Test(arguments: [204, 304]) func `a status without a body gets none`(status: Int) async throws {
        try await withServer(answer: { _ in
            HTTPResponse(status: status, body: [1, 2, 3])
        }) { server in
            let client = try server.client()
            for _ in 0..<2 {
                try client.send("GET / HTTP/1.1\r\n\r\n")
                let answer = try client.answer()
                #expect(answer.status == status)
                #expect(answer["Content-Length"] == nil)
            }
        }
    }

    @Test func `bytes that are not ASCII pass through the target`() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("GET /日志?x=ü HTTP/1.1\r\n\r\n")
            #expect(try client.answer()["x-target"] == "/日志?x=ü")
        }
    }

    @Test func `an absolute target is handed out whole and its connection is kept`() async throws {
        try await withServer { server in
            let client = try server.client()
            for _ in 0..<2 {
                try client.send(
                    "GET http://demo.example/logstores?a=b HTTP/1.1\r\nHost: demo.example\r\n"
                        + "Proxy-Connection: keep-alive\r\n\r\n")
                let answer = try client.answer()
                #expect(answer["x-target"] == "http://demo.example/logstores?a=b")
                #expect(answer["Connection"] == nil)
            }
            #expect(server.server.statistics.acceptedConnections == 1)
        }
    }

    @Test func `a wish for HTTP 2 in the clear is ignored`() async throws {
        let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
        try await withServer { server in
            let client = try server.client()
            for body in ["", "four"] {
                try client.send("POST / HTTP/1.1\r\n\(upgrade)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                #expect(try client.answer().text == body)
            }
            try client.send("POST / HTTP/1.1\r\n\(upgrade)Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
            #expect(try client.answer().text == "x")
        }
    }
}
