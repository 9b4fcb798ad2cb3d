/// One request, sent once: no redirect is followed and nothing is tried again.
public struct HTTPRequest: Sendable {
    /// Upper-case, such as `POST`.
    public var method: String
    /// Absolute and percent-encoded; `http` or `https`.
    public var url: String
    /// Sent in this order. `Host`, `Content-Length` and `Connection` are written by libcurl; nothing else is added.
    public var headers: [(name: String, value: String)]
    /// nil sends no body; empty sends `Content-Length: 0`.
    public var body: [UInt8]?
    /// `host:port` (IPv6 in brackets) the connection goes to in place of the URL's own; nothing is then looked up.
    /// The URL's host stays in `Host` and in the certificate's check.
    public var connectTo: String?
    /// From the call of `send` to the last byte of the answer, waiting for a free connection included.
    public var timeout: Duration
    /// Nothing is begun or waited for after this, whatever the time-out would still allow: for a caller whose right to ask
    /// ends at a moment, even if the process is stopped between the decision and the sending. nil sets none.
    public var deadline: ContinuousClock.Instant?

    /// Makes a request from its parts.
    public init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        connectTo: String? = nil, timeout: Duration = .seconds(60), deadline: ContinuousClock.Instant? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTo = connectTo
        self.timeout = timeout
        self.deadline = deadline
    }
}
