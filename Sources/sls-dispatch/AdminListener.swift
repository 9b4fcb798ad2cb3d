import Dispatcher
import EventHTTP
import PrometheusText
import System

/// An address with a port, as `--admin` takes it: `127.0.0.1:9000`, `[::1]:0`.
struct AdminAddress: Equatable, Sendable {
    let host: String
    let port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        if host.isEmpty { return nil }
        self.host = String(host)
        self.port = port
    }
}

/// Serves the dispatcher's health, metrics and status, on a thread of its own.
final class AdminListener: Sendable {
    /// Where it listens, with the port that was picked.
    let address: String
    private let server: HTTPServer
    private let thread: Thread

    private init(address: String, server: HTTPServer, thread: Thread) {
        self.address = address
        self.server = server
        self.thread = thread
    }

    /// - Throws: `EventHTTPError` when the address cannot be had, `SystemError` without a thread.
    static func start(
        _ address: AdminAddress, dispatcher: ReloadableDispatcher, metrics: PrometheusFactory
    ) throws -> AdminListener {
        var configuration = HTTPServer.Configuration()
        configuration.hosts = [address.host]
        configuration.port = address.port
        configuration.bodyByteLimit = 1 << 16
        configuration.connectionLimit = 100
        let server = try HTTPServer(configuration, authority: nil) { requests in
            requests.map { .answer(answer($0, dispatcher, metrics)) }
        } violation: { violation in
            text(violation.suggestedStatus, "\(violation)\n")
        }
        let thread = try Thread.start(name: "admin") { server.run() }
        return AdminListener(
            address: server.listeners.first?.address ?? "\(address.host):\(address.port)", server: server,
            thread: thread)
    }

    /// Answers what has begun to arrive, then ends.
    func stop() async {
        server.stop()
        await thread.join()
    }

    private static func answer(
        _ request: HTTPRequest, _ dispatcher: ReloadableDispatcher, _ metrics: PrometheusFactory
    ) -> HTTPResponse {
        guard request.method == "GET" || request.method == "HEAD" else { return text(405, "only GET is served\n") }
        switch request.target.split(separator: "?", omittingEmptySubsequences: false).first {
        case "/healthz": return text(200, "ok\n")
        case "/readyz":
            let isReady = dispatcher.current.status.member.leaseRemaining > .zero
            return text(isReady ? 200 : 503, isReady ? "ready\n" : "no lease\n")
        case "/metrics":
            dispatcher.current.writeGauges()
            return text(200, metrics.text(), type: PrometheusFactory.contentType)
        case "/status": return text(200, StatusDocument(dispatcher).json, type: "application/json")
        default: return text(404, "served here: /healthz /readyz /metrics /status\n")
        }
    }

    private static func text(
        _ status: Int, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> HTTPResponse {
        var headers = HTTPHeaders()
        headers.append("Content-Type", type)
        return HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
    }
}
