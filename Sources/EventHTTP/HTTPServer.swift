import System

/// An HTTP/1.1 server on one loop: plain and TLS listeners, and a forward proxy's `CONNECT`.
///
/// It raises no SIGPIPE and changes no signal.
///
/// ```swift
/// let server = try HTTPServer(HTTPServer.Configuration(), authority: nil) { requests in
///     requests.map { _ in .answer(HTTPResponse(status: 200)) }
/// } violation: { HTTPResponse(status: $0.suggestedStatus) }
/// server.run()
/// ```
public final class HTTPServer: Sendable {
    /// What a server has counted.
    public struct Statistics: Sendable, Equatable {
        /// Since the start.
        public internal(set) var acceptedConnections = 0
        /// Now.
        public internal(set) var openConnections = 0
    }

    /// Where the server accepts, from its making on: first the plain addresses, then the secure ones, each in the order
    /// of the configured hosts. An address looks like `127.0.0.1:10180` or `[::1]:10180`.
    public let listeners: [(address: String, isSecure: Bool)]
    private let control: ServerControl
    private let loop: Lock<ServerLoop?>

    /// Binds all listeners; clients can connect from now on and are served once `run()` is called.
    ///
    /// - Parameters:
    ///   - authority: Makes the certificates of the HTTPS listener (unless the configuration names some) and of `CONNECT`
    ///     tunnels. nil: tunnels are refused, or use the configured certificate.
    ///   - handler: Called on the loop's thread once per turn with all requests that became whole in it, at most one per
    ///     connection, and at least every `turnInterval`, then perhaps with none. Says what becomes of each of them, in
    ///     order. Nothing is read or written meanwhile.
    ///   - violation: Called on the loop's thread; the answer to a client that breaks the protocol or its limits. The
    ///     connection closes after it.
    public init(
        _ configuration: Configuration, authority: CertificateAuthority?,
        handler: @escaping @Sendable ([HTTPRequest]) -> [HTTPReply],
        violation: @escaping @Sendable (HTTPViolation) -> HTTPResponse
    ) throws(EventHTTPError) {
        var sockets: [(socket: ListeningSocket, isSecure: Bool)] = []
        for socket in try ListeningSocket.open(hosts: configuration.hosts, port: configuration.port) {
            sockets.append((socket, false))
        }
        if let tlsPort = configuration.tlsPort {
            guard authority != nil || configuration.certificate != nil else {
                throw EventHTTPError(.configuration, "an HTTPS listener needs an authority or a certificate")
            }
            for socket in try ListeningSocket.open(hosts: configuration.hosts, port: tlsPort) {
                sockets.append((socket, true))
            }
        }
        listeners = sockets.map { ($0.socket.address, $0.isSecure) }
        control = try ServerControl()
        loop = Lock(
            try ServerLoop(
                configuration: configuration, sockets: sockets, authority: authority, control: control,
                handler: handler,
                violation: violation))
    }

    /// Serves on the calling thread until `stop()` or `stopNow()`; then all sockets are closed. Once per server.
    public func run() {
        let taken = loop.withLock { loop -> ServerLoop? in
            defer { loop = nil }
            return loop
        }
        guard let taken else { preconditionFailure("a server runs once") }
        taken.run()
    }

    /// Makes `run()` return soon, from any thread: accepts nothing new, closes idle connections, and answers requests
    /// that have begun to arrive, with `Connection: close`, within the configured `stopTimeout`.
    public func stop() { control.stop(.graceful) }

    /// Makes `run()` return at once, from any thread; what is in flight is dropped.
    public func stopNow() { control.stop(.now) }

    /// Makes the handler be called soon, perhaps with no requests, from any thread.
    public func takeTurn() { control.askForTurn() }

    /// What was counted so far, from any thread.
    public var statistics: Statistics { control.statistics }
}
