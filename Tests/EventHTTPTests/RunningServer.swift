import EventHTTP
import Glibc
import System

/// A server on a thread of its own, on ports the system picked.
final class RunningServer: Sendable {
    /// What one call of the handler was given.
    typealias Turn = [HTTPRequest]

    let server: HTTPServer
    private let turnsSeen: Lock<[Turn]>
    private let thread: Thread

    convenience init(
        _ configuration: HTTPServer.Configuration, authority: CertificateAuthority?,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws {
        try self.init(configuration, authority: authority, reply: { .answer(answer($0)) })
    }

    init(
        _ configuration: HTTPServer.Configuration, authority: CertificateAuthority?,
        reply: @escaping @Sendable (HTTPRequest) -> HTTPReply
    ) throws {
        let turnsSeen = Lock<[Turn]>([])
        let handler: @Sendable ([HTTPRequest]) -> [HTTPReply] = { requests in
            turnsSeen.withLock { $0.append(requests) }
            return requests.map(reply)
        }
        let server = try HTTPServer(configuration, authority: authority, handler: handler) { violation in
            HTTPResponse(
                status: violation.suggestedStatus, headers: ["X-Violation": "yes"],
                body: Array(violation.description.utf8))
        }
        self.turnsSeen = turnsSeen
        self.server = server
        thread = try Thread.start(name: "test-server") { server.run() }
    }

    /// The first plain listener.
    var address: String { server.listeners.first { !$0.isSecure }?.address ?? "" }
    /// The first TLS listener.
    var secureAddress: String { server.listeners.first { $0.isSecure }?.address ?? "" }
    /// The handler's calls so far.
    var turns: [Turn] { turnsSeen.withLock { $0 } }
    /// Every request so far.
    var requests: [HTTPRequest] { turns.flatMap { $0 } }

    func client() throws -> RawClient { try RawClient(address) }

    /// Whether `run()` returned in time.
    func ended(within limit: Duration) async -> Bool { await thread.join(within: limit) }
}

/// Answers with the request's body, and its method and target in headers.
let echo: @Sendable (HTTPRequest) -> HTTPResponse = { request in
    HTTPResponse(
        status: 200, headers: ["x-method": request.method, "x-target": request.target], body: request.body)
}

struct ServerDidNotStop: Error {}

/// Runs `body`, which may block, against a server that is stopped afterwards.
func withServer<Result: Sendable>(
    _ configure: (inout HTTPServer.Configuration) -> Void = { _ in }, authority: CertificateAuthority? = nil,
    answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse = echo,
    _ body: @escaping @Sendable (RunningServer) throws -> Result
) async throws -> Result {
    try await withServer(configure, authority: authority, reply: { .answer(answer($0)) }, body)
}

/// As above, with a server that does more than answer.
func withServer<Result: Sendable>(
    _ configure: (inout HTTPServer.Configuration) -> Void = { _ in }, authority: CertificateAuthority? = nil,
    reply: @escaping @Sendable (HTTPRequest) -> HTTPReply,
    _ body: @escaping @Sendable (RunningServer) throws -> Result
) async throws -> Result {
    var configuration = HTTPServer.Configuration()
    configuration.hosts = ["127.0.0.1"]
    configure(&configuration)
    let running = try RunningServer(configuration, authority: authority, reply: reply)
    do {
        let result = try await Thread.run(name: "test-client") { try body(running) }
        running.server.stopNow()
        guard await running.ended(within: .seconds(60)) else { throw ServerDidNotStop() }
        return result
    } catch {
        running.server.stopNow()
        _ = await running.ended(within: .seconds(60))
        throw error
    }
}

/// Runs a body that may block on a thread of its own.
func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await Thread.run(name: "test-client", body)
}

extension HTTPServer.Statistics {
    /// So many connections came, and none is left.
    static func isClosed(_ statistics: HTTPServer.Statistics, _ count: Int) -> Bool {
        statistics.acceptedConnections == count && statistics.openConnections == 0
    }
}

/// Waits, on a thread that may block, until `condition` holds.
///
/// - Returns: false if it did not within 60 seconds.
func holds(_ condition: () throws -> Bool) rethrows -> Bool {
    let end = MonotonicClock.nanoseconds() + 60_000_000_000
    while try !condition() {
        if MonotonicClock.nanoseconds() > end { return false }
        _ = poll(nil, 0, 2)
    }
    return true
}
