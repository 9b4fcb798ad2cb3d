import EventHTTP
import System
import Testing

@Suite struct ConnectionTests {
    @Test func `pipelined requests are answered in order, one a turn`() async throws {
        let count = 50
        try await withServer { server in
            let client = try server.client()
            try client.send(
                (0..<count).map { "POST /\($0) HTTP/1.1\r\nContent-Length: 2\r\n\r\n\($0 % 10)x" }.joined())
            for index in 0..<count {
                let answer = try client.answer()
                #expect(answer["x-target"] == "/\(index)")
                #expect(answer.text == "\(index % 10)x")
            }
            #expect(server.turns.allSatisfy { $0.count <= 1 })
        }
    }

    @Test func `requests that wait together are one turn`() async throws {
        let isReleased = Lock(false)
        try await withServer(answer: { request in
            if request.target == "/hold" { _ = holds { isReleased.withLock { $0 } } }
            return echo(request)
        }) { server in
            let clients = try (0..<5).map { _ in try server.client() }
            for client in clients {
                try client.send("GET /first HTTP/1.1\r\n\r\n")
                _ = try client.answer()
            }
            try clients[0].send("GET /hold HTTP/1.1\r\n\r\n")
            #expect(holds { server.requests.contains { $0.target == "/hold" } })
            for (index, client) in clients.enumerated().dropFirst() {
                try client.send("GET /\(index) HTTP/1.1\r\n\r\n")
            }
            isReleased.withLock { $0 = true }
            for (index, client) in clients.enumerated() {
                #expect(try client.answer()["x-target"] == (index == 0 ? "/hold" : "/\(index)"))
            }
            let turn = try #require(server.turns.first { $0.contains { $0.target == "/1" } })
            #expect(Set(turn.map { $0.target }) == ["/1", "/2", "/3", "/4"])
        }
    }

    @Test func `the handler gets a turn although nobody asks`() async throws {
        try await withServer({ $0.turnInterval = .milliseconds(5) }) { server in
            #expect(holds { server.turns.count >= 3 })
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `HTTP 1,0 closes unless asked to stay`() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try client.answer()["Connection"] == "keep-alive")
            try client.send("GET /2 HTTP/1.0\r\n\r\n")
            #expect(try client.answer()["Connection"] == "close")
            #expect(try client.isEnded())
        }
    }

    @Test func `a connection closes after its answer when the client or the handler says so`() async throws {
        try await withServer(answer: { request in
            HTTPResponse(status: 200, headers: request.target == "/last" ? ["Connection": "close"] : [:])
        }) { server in
            for request in ["GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "GET /last HTTP/1.1\r\n\r\n"] {
                let client = try server.client()
                try client.send(request)
                #expect(try client.answer()["Connection"] == "close")
                #expect(try client.isEnded())
            }
            #expect(holds { server.server.statistics.openConnections == 0 })
        }
    }

    @Test func `a client that ends its sending side after the request gets the whole answer`() async throws {
        let large = [UInt8](repeating: 7, count: 8 << 20)
        try await withServer(answer: { _ in
            HTTPResponse(status: 200, body: large)
        }) { server in
            let client = try server.client()
            try client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
            client.endSending()
            #expect(try client.answer().body == large)
            #expect(try client.answer().body == large)
            #expect(try client.isEnded())
        }
    }

    @Test func `large bodies arrive whole, of known length and in chunks`() async throws {
        let large = (0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try await withServer { server in
            let client = try server.client()
            for _ in 0..<2 {
                try client.send("POST / HTTP/1.1\r\nContent-Length: \(large.count)\r\n\r\n")
                try client.send(large)
                #expect(try client.answer().body == large)
                try client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
                try client.send(String(large.count, radix: 16) + "\r\n")
                try client.send(large)
                try client.send("\r\n0\r\n\r\n")
                #expect(try client.answer().body == large)
            }
        }
    }

    @Test func `a body longer than what is set aside at first arrives whole`() async throws {
        var large = [UInt8](repeating: 5, count: 40 << 20)
        large[large.count - 1] = 6
        let body = large
        try await withServer(answer: { HTTPResponse(status: $0.body == body ? 200 : 500) }) { server in
            let client = try server.client()
            try client.send("POST / HTTP/1.1\r\nContent-Length: \(body.count)\r\n\r\n")
            try client.send(body)
            #expect(try client.answer().status == 200)
        }
    }

    @Test func `a client that leaves in the middle of its answer harms nobody`() async throws {
        try await withServer(answer: { _ in
            HTTPResponse(status: 200, body: [UInt8](repeating: 7, count: 16 << 20))
        }) { server in
            for _ in 0..<3 {
                let client = try server.client()
                try client.send("GET / HTTP/1.1\r\n\r\n")
                #expect(holds { server.server.statistics.acceptedConnections > 0 })
            }
            #expect(holds { server.server.statistics.openConnections == 0 })
            let client = try server.client()
            try client.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try client.answer().body.count == 16 << 20)
        }
    }

    @Test func `beyond the limit a client waits until another leaves`() async throws {
        try await withServer({ $0.connectionLimit = 2 }) { server in
            var clients = try (0..<2).map { _ in try server.client() }
            for client in clients {
                try client.send("GET / HTTP/1.1\r\n\r\n")
                _ = try client.answer()
            }
            let third = try server.client()
            try third.send("GET /third HTTP/1.1\r\n\r\n")
            // Two more turns for the server to look at its listener.
            for _ in 0..<2 {
                try clients[1].send("GET / HTTP/1.1\r\n\r\n")
                _ = try clients[1].answer()
            }
            #expect(server.server.statistics.acceptedConnections == 2)
            #expect(server.server.statistics.openConnections == 2)
            clients.removeFirst()
            #expect(try third.answer()["x-target"] == "/third")
        }
    }
}
