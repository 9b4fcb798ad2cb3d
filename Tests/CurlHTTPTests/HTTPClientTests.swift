import CurlHTTP
import Testing

/// Runs `body` with a client that is shut down afterwards, and the shared server.
private func withClient(
    _ configure: (inout HTTPClient.Configuration) -> Void = { _ in },
    _ body: (HTTPClient, OutsideServer) async throws -> Void
) async throws {
    var configuration = HTTPClient.Configuration()
    configure(&configuration)
    let client = try HTTPClient(configuration)
    let server = try await OutsideServer.shared.value
    let outcome: Result<Void, any Error>
    do {
        try await body(client, server)
        outcome = .success(())
    } catch { outcome = .failure(error) }
    await client.shutdown()
    try outcome.get()
}

/// The error that the request ends with; nil if it is answered.
func failure(_ client: HTTPClient, _ request: HTTPRequest) async -> CurlError? {
    do throws(CurlError) {
        _ = try await client.send(request)
        return nil
    } catch { return error }
}

private func number(of key: String, _ client: HTTPClient, _ server: OutsideServer) async throws -> String {
    String(decoding: try await client.send(HTTPRequest(url: server.url("/count/\(key)"))).body, as: UTF8.self)
}

/// Waits until the server has seen the request of that key; the harness ends what hangs.
private func arrival(of key: String, _ client: HTTPClient, _ server: OutsideServer) async throws {
    while try await number(of: key, client, server) == "0" { await Task.yield() }
}

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    @Test(arguments: [0, 1, 1000, 300_000, 3_000_000]) func `a body arrives intact and comes back intact`(
        byteCount: Int
    ) async throws {
        try await withClient { client, server in
            let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let answer = try await client.send(HTTPRequest(method: "POST", url: server.url("/echo"), body: body))
            #expect(answer.status == 200)
            #expect(answer.body == body)
            #expect(answer["x-method"] == "POST")
            #expect(answer["X-LENGTH"] == "\(byteCount)")
        }
    }

    @Test(arguments: ["GET", "PUT", "DELETE", "POST"]) func `nothing is added to the headers but host and length`(
        method: String
    ) async throws {
        try await withClient { client, server in
            let body: [UInt8]? = method == "PUT" || method == "POST" ? Array("{}".utf8) : nil
            let answer = try await client.send(
                HTTPRequest(
                    method: method, url: server.url("/echo"), headers: [("X-One", "1"), ("X-None", "")], body: body))
            #expect(answer["X-Method"] == method)
            #expect(answer["X-Names"] == (body == nil ? "host,x-none,x-one" : "content-length,host,x-none,x-one"))
            #expect(answer["X-Empty"] == "")
        }
    }

    @Test func `one connection serves a hundred requests`() async throws {
        try await withClient { client, server in
            for _ in 0..<50 {
                _ = try await client.send(HTTPRequest(url: server.url("/echo")))
                _ = try await client.send(HTTPRequest(method: "POST", url: server.url("/echo"), body: [1, 2, 3]))
            }
            #expect(client.connectionCount == 1)
        }
    }

    @Test func `many requests at once use no more connections than allowed`() async throws {
        try await withClient({ $0.connectionsPerHost = 3 }) { client, server in
            try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<60 {
                    group.addTask { try await client.send(HTTPRequest(url: server.url("/echo")))["X-Peer"] }
                }
                let peers = try await group.reduce(into: Set<String?>()) { $0.insert($1) }
                #expect(peers.count <= 3)
            }
            #expect(client.connectionCount <= 3)
        }
    }

    @Test func `the connection goes where it is told and Host stays the name's`() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(
                url: "http://demo.192.0.2.1:81/echo", connectTo: "127.0.0.1:\(server.port)")
            let answer = try await client.send(request)
            #expect(answer["X-Host"] == "demo.192.0.2.1:81")
        }
    }

    @Test func `headers before the last status line are not kept`() async throws {
        try await withClient { client, server in
            let answer = try await client.send(HTTPRequest(url: server.url("/continue")))
            #expect(answer.status == 200)
            #expect(answer["X-Early"] == nil)
            #expect(answer["X-Late"] == "1")
        }
    }

    // MARK: - Failures

    @Test func `nobody listening is could not connect`() async throws {
        try await withClient { client, _ in
            let error = await failure(client, HTTPRequest(url: "http://127.0.0.1:1/"))
            #expect(error?.kind == .couldNotConnect)
            #expect(error?.code == 7)
        }
    }

    @Test func `a name without address is could not resolve`() async throws {
        try await withClient { client, _ in
            #expect(await failure(client, HTTPRequest(url: "http://nothing.invalid/"))?.kind == .couldNotResolve)
        }
    }

    @Test func `a request whose deadline has passed is not sent, and that is said`() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(url: server.url("/drop/passed"), deadline: .now - .milliseconds(1))
            #expect(await failure(client, request)?.kind == .cancelled)
            let seen = try await number(of: "passed", client, server)
            #expect(seen == "0")
        }
    }

    @Test func `a deadline before the time-out ends a request that is under way`() async throws {
        try await withClient { client, server in
            let request = HTTPRequest(
                url: server.url("/slow/deadline"), timeout: .seconds(3_000), deadline: .now + .milliseconds(100))
            #expect(await failure(client, request)?.kind == .timeout)
        }
    }

    @Test func `a late answer is a timeout`() async throws {
        try await withClient { client, server in
            let start = ContinuousClock.now
            let request = HTTPRequest(url: server.url("/slow/late"), timeout: .milliseconds(100))
            #expect(await failure(client, request)?.kind == .timeout)
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test func `waiting for a connection counts towards the timeout`() async throws {
        try await withClient({ $0.connectionsPerHost = 1 }) { client, server in
            let first = Task { await failure(client, HTTPRequest(url: server.url("/slow/holder"))) }
            try await withClient { other, server in try await arrival(of: "holder", other, server) }
            let second = HTTPRequest(url: server.url("/echo/waiting"), timeout: .milliseconds(100))
            #expect(await failure(client, second)?.kind == .timeout)
            first.cancel()
            #expect(await first.value?.kind == .cancelled)
        }
    }

    @Test(arguments: [nil, [], [1, 2, 3]] as [[UInt8]?]) func `a request that met a dying connection is not sent again`(
        body: [UInt8]?
    ) async throws {
        try await withClient { client, server in
            let key = "drop-\(body?.count ?? -1)"
            _ = try await client.send(HTTPRequest(url: server.url("/echo")))
            let error = await failure(client, HTTPRequest(method: "POST", url: server.url("/drop/\(key)"), body: body))
            #expect(error?.kind == .connectionLost)
            #expect(try await number(of: key, client, server) == "1")
        }
    }

    @Test func `a body over the limit is too large, announced or not`() async throws {
        try await withClient({ $0.bodyByteLimit = 100_000 }) { client, server in
            let most = try await client.send(HTTPRequest(url: server.url("/big/100000")))
            #expect(most.body.count == 100_000)
            #expect(await failure(client, HTTPRequest(url: server.url("/big/100001")))?.kind == .tooLarge)
            #expect(await failure(client, HTTPRequest(url: server.url("/never-ending")))?.kind == .tooLarge)
        }
    }

    @Test func `header lines and their bytes are bounded`() async throws {
        try await withClient({ $0.headerCountLimit = 50 }) { client, server in
            #expect(await failure(client, HTTPRequest(url: server.url("/headers/30"))) == nil)
            #expect(await failure(client, HTTPRequest(url: server.url("/headers/60")))?.kind == .tooLarge)
        }
        try await withClient({ $0.headerByteLimit = 500 }) { client, server in
            #expect(await failure(client, HTTPRequest(url: server.url("/headers/60")))?.kind == .tooLarge)
        }
    }

    @Test func `what is not HTTP is an error`() async throws {
        try await withClient { client, server in
            #expect(await failure(client, HTTPRequest(url: server.url("/garbage"))) != nil)
        }
    }

    @Test(
        arguments: [
            HTTPRequest(url: "http://127.0.0.1:1/a b"), HTTPRequest(url: "ftp://127.0.0.1:1/"),
            HTTPRequest(url: "nothing"),
            HTTPRequest(method: "GET / HTTP/1.1\r\nX:", url: "http://127.0.0.1:1/"),
            HTTPRequest(url: "http://127.0.0.1:1/", headers: [("X", "1\r\nY: 2")]),
            HTTPRequest(url: "http://127.0.0.1:1/", headers: [("X: 1\nY", "2")]),
            HTTPRequest(url: "http://127.0.0.1:1/", headers: [("X", "1\u{0}2")]),
        ]
    ) func `a request that cannot be sent as it is is refused`(request: HTTPRequest) async throws {
        try await withClient { client, _ in
            let kind = await failure(client, request)?.kind
            #expect(kind == .invalidRequest || (request.url == "nothing" && kind == .couldNotResolve))
        }
    }

    // MARK: - Cancelling

    @Test func `a running request is cancelled at once`() async throws {
        try await withClient { client, server in
            let task = Task { await failure(client, HTTPRequest(url: server.url("/slow/cancelled"))) }
            try await arrival(of: "cancelled", client, server)
            let start = ContinuousClock.now
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func `a task cancelled before it sends sends nothing`() async throws {
        try await withClient { client, server in
            let error = await withTaskGroup(of: CurlError?.self) { group in
                group.cancelAll()
                group.addTask { await failure(client, HTTPRequest(url: server.url("/echo/before"))) }
                return await group.next() ?? nil
            }
            #expect(error?.kind == .cancelled)
            let count = try await number(of: "before", client, server)
            #expect(count == "0")
        }
    }

    @Test func `one request more than the limit is refused`() async throws {
        try await withClient({ $0.requestLimit = 2 }) { client, server in
            try await withClient { other, _ in
                let tasks = ["full-1", "full-2"].map { key in
                    Task { await failure(client, HTTPRequest(url: server.url("/slow/\(key)"))) }
                }
                for key in ["full-1", "full-2"] { try await arrival(of: key, other, server) }
                #expect(await failure(client, HTTPRequest(url: server.url("/echo")))?.kind == .tooManyRequests)
                for task in tasks { task.cancel() }
                for task in tasks { _ = await task.value }
                #expect(await failure(client, HTTPRequest(url: server.url("/echo"))) == nil)
            }
        }
    }

    @Test func `shutdown cancels what runs and refuses what comes`() async throws {
        try await withClient { client, server in
            let task = Task { await failure(client, HTTPRequest(url: server.url("/slow/shutdown"))) }
            try await arrival(of: "shutdown", client, server)
            await client.shutdown()
            #expect(await task.value?.kind == .cancelled)
            #expect(await failure(client, HTTPRequest(url: server.url("/echo")))?.kind == .cancelled)
        }
    }

    @Test func `shutdown ends the thread, also when the task is cancelled or calls twice`() async throws {
        try await withClient { client, server in
            _ = try await client.send(HTTPRequest(url: server.url("/echo")))
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                for _ in 0..<3 { group.addTask { await client.shutdown() } }
            }
            await client.shutdown()
            #expect(await failure(client, HTTPRequest(url: server.url("/echo")))?.kind == .cancelled)
        }
    }

    @Test func `every one of many requests cancelled at random moments ends exactly once`() async throws {
        try await withClient { client, server in
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<600 {
                    group.addTask {
                        let request = HTTPRequest(
                            method: "POST", url: server.url("/echo"), body: Array(repeating: 7, count: index * 50))
                        let task = Task { await failure(client, request) }
                        for _ in 0..<Int.random(in: 0..<400) { await Task.yield() }
                        if index % 3 != 0 { task.cancel() }
                        let error = await task.value
                        #expect(error == nil || error?.kind == .cancelled, "\(String(describing: error))")
                    }
                    if index >= 24 { await group.next() }
                }
            }
            let answer = try await client.send(HTTPRequest(url: server.url("/echo")))
            #expect(answer.status == 200)
        }
    }
}
