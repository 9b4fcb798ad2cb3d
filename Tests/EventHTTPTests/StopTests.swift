import EventHTTP
import Testing

@Suite struct StopTests {
    private static func start(
        _ configure: (inout HTTPServer.Configuration) -> Void = { _ in }
    ) throws -> RunningServer {
        var configuration = HTTPServer.Configuration()
        configuration.hosts = ["127.0.0.1"]
        configure(&configuration)
        return try RunningServer(configuration, authority: nil, answer: echo)
    }

    @Test func `a server with idle clients stops at once and closes them properly`() async throws {
        let server = try Self.start()
        let clients = try await offPool {
            let clients = try (0..<3).map { _ in try server.client() }
            for client in clients.dropFirst() {
                try client.send("GET / HTTP/1.1\r\n\r\n")
                _ = try client.answer()
            }
            return clients
        }
        server.server.stop()
        #expect(await server.ended(within: .seconds(2)))
        #expect(try await offPool { try clients.allSatisfy { try $0.isEnded() } })
        #expect(server.server.statistics.openConnections == 0)
        #expect(throws: RawClient.Failure.self) { try server.client() }
    }

    @Test func `a request that has begun is finished, and its connection closed`() async throws {
        let server = try Self.start()
        let answer = try await offPool {
            let client = try server.client()
            try client.send("POST /slow HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
            let other = try server.client()
            try other.send("GET / HTTP/1.1\r\n\r\n")
            _ = try other.answer()
            server.server.stop()
            // The listener is closed once the server has taken notice.
            #expect(holds { (try? server.client()) == nil })
            try client.send("cd")
            let answer = try client.answer()
            #expect(try client.isEnded())
            return answer
        }
        #expect(answer.text == "abcd")
        #expect(answer["Connection"] == "close")
        #expect(await server.ended(within: .seconds(2)))
    }

    @Test func `a request that never ends does not hold the server up`() async throws {
        let server = try Self.start { $0.stopTimeout = .milliseconds(50) }
        let client = try await offPool {
            let client = try server.client()
            try client.send("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
            #expect(holds { server.server.statistics.acceptedConnections == 1 })
            return client
        }
        server.server.stop()
        #expect(await server.ended(within: .seconds(5)))
        #expect(server.requests.isEmpty)
        withExtendedLifetime(client) {}
    }

    @Test func `stopping now drops what is under way`() async throws {
        let server = try Self.start { $0.stopTimeout = .seconds(3_600) }
        let client = try await offPool {
            let client = try server.client()
            try client.send("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
            #expect(holds { server.server.statistics.acceptedConnections == 1 })
            return client
        }
        server.server.stop()
        server.server.stopNow()
        #expect(await server.ended(within: .seconds(5)))
        withExtendedLifetime(client) {}
    }

    @Test func `a server that never ran lets its port go`() throws {
        var server: HTTPServer? = try Self.idle()
        let address = try #require(server?.listeners.first?.address)
        server?.stop()
        server = nil
        #expect(throws: RawClient.Failure.self) { try RawClient(address) }
    }

    private static func idle() throws -> HTTPServer {
        var configuration = HTTPServer.Configuration()
        configuration.hosts = ["127.0.0.1"]
        return try HTTPServer(configuration, authority: nil) { _ in
            []
        } violation: {
            HTTPResponse(status: $0.suggestedStatus)
        }
    }
}
