import EventHTTP
import Glibc
import System
import Testing

/// What a handler may do with a request besides answering it.
@Suite struct ReplyTests {
    /// Does what the path says; what was put off is answered when it comes again.
    private static let byPath: @Sendable (HTTPRequest) -> HTTPReply = { request in
        let answer = HTTPResponse(status: 200, headers: ["x-count": "\(request.handOutCount)"], body: request.body)
        switch request.target {
        case "/later": return .answerLater(answer, after: .milliseconds(50))
        case "/again": return request.handOutCount < 2 ? .handOutLater(after: .milliseconds(30)) : .answer(answer)
        case "/long": return .answerLater(answer, after: .seconds(600))
        case "/silence": return .silence
        case "/reset": return .reset
        default: return .answer(answer)
        }
    }

    @Test func `an answer that is put off leaves in its time, and keeps nobody else waiting`() async throws {
        try await withServer(reply: Self.byPath) { server in
            let (slow, quick) = (try server.client(), try server.client())
            let start = MonotonicClock.nanoseconds()
            try slow.send("POST /later HTTP/1.1\r\nContent-Length: 4\r\n\r\nslow")
            try quick.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try quick.answer().status == 200)
            #expect(try slow.answer().text == "slow")
            #expect(MonotonicClock.nanoseconds() - start >= 50_000_000)
            // The connection lives on.
            try slow.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try slow.answer().status == 200)
        }
    }

    @Test func `a request that is put off comes again, as often as the handler says`() async throws {
        try await withServer(reply: Self.byPath) { server in
            let client = try server.client()
            try client.send("POST /again HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /next HTTP/1.1\r\n\r\n")
            let answer = try client.answer()
            #expect(answer["x-count"] == "2")
            #expect(answer.text == "ab")
            // What was sent behind it is served after it.
            #expect(try client.answer()["x-count"] == "0")
            #expect(server.requests.map(\.target) == ["/again", "/again", "/again", "/next"])
            #expect(server.requests.map(\.handOutCount) == [0, 1, 2, 0])
        }
    }

    @Test func `a request that is put off comes again though its client has gone`() async throws {
        try await withServer(reply: Self.byPath) { server in
            do {
                let client = try server.client()
                try client.send("GET /again HTTP/1.1\r\n\r\n")
                #expect(holds { server.requests.count == 1 })
            }
            #expect(holds { server.server.statistics.openConnections == 0 })
            #expect(holds { server.requests.count == 3 })
        }
    }

    @Test func `a reset is seen as one`() async throws {
        try await withServer(reply: Self.byPath) { server in
            let client = try server.client()
            try client.send("GET /reset HTTP/1.1\r\n\r\n")
            let failure = #expect(throws: RawClient.Failure.self) { try client.answer() }
            #expect(failure?.description == "recv: errno \(ECONNRESET)")
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: ["/silence", "/long"])
    func `a client that no longer waits frees its connection`(path: String) async throws {
        try await withServer(reply: Self.byPath) { server in
            do {
                let client = try server.client()
                try client.send("GET \(path) HTTP/1.1\r\n\r\n")
                #expect(holds { server.requests.count == 1 })
                #expect(server.server.statistics.openConnections == 1)
            }
            #expect(holds { server.server.statistics.openConnections == 0 })
        }
    }

    @Test func `more requests than the bound are not held but reset`() async throws {
        try await withServer({ $0.heldRequestLimit = 2 }, reply: Self.byPath) { server in
            let clients = try ["/silence", "/long", "/silence", "/later"].map { path in
                let client = try server.client()
                try client.send("GET \(path) HTTP/1.1\r\n\r\n")
                let count = server.requests.count
                #expect(holds { server.requests.count > count || server.server.statistics.openConnections <= 2 })
                return client
            }
            for client in clients.dropFirst(2) {
                #expect(throws: RawClient.Failure.self) { try client.answer() }
            }
            #expect(server.server.statistics.openConnections == 2)
        }
    }

    @Test func `a server that stops waits for no silence, and answers what is put off within its time`() async throws {
        var configuration = HTTPServer.Configuration()
        configuration.hosts = ["127.0.0.1"]
        let server = try RunningServer(configuration, authority: nil, reply: Self.byPath)
        let clients = try await offPool {
            try ["/silence", "/later"].enumerated().map { index, path in
                let client = try server.client()
                try client.send("GET \(path) HTTP/1.1\r\n\r\n")
                #expect(holds { server.requests.count == index + 1 })
                return client
            }
        }
        server.server.stop()
        #expect(await server.ended(within: .seconds(3)))
        #expect(try await offPool { try clients[0].isEnded() })
        #expect(try await offPool { try clients[1].answer().status } == 200)
    }

    @Test func `a turn can be asked for from any thread`() async throws {
        try await withServer({ $0.turnInterval = .seconds(600) }, reply: Self.byPath) { server in
            server.server.takeTurn()
            #expect(holds { !server.turns.isEmpty })
        }
    }
}
