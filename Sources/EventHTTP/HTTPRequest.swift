/// A whole request, as a client sent it.
public struct HTTPRequest: Sendable, Equatable {
    /// In upper case, such as `GET`. Never `CONNECT`, which the server answers itself.
    public var method: String
    /// The request target exactly as sent: nothing decoded, absolute form kept (`http://host/path?query`).
    public var target: String
    /// The fields of the head, trailers not among them.
    public var headers: HTTPHeaders
    /// The body, chunks joined; empty if there is none.
    public var body: [UInt8]
    /// The numeric address of the client, without its port, such as `127.0.0.1` or `::1`.
    public var peerAddress: String
    /// The numeric address and port that the client connected to, such as `127.0.0.1:10180` or `[::1]:10180`.
    public var localAddress: String
    /// Whether it came over TLS: on a TLS listener, or inside a `CONNECT` tunnel in which TLS was started.
    public var isSecure: Bool
    /// How often it was handed out before: `HTTPReply.handOutLater` counts.
    public var handOutCount = 0

    /// Makes a request from its parts, as tests of handlers do.
    public init(
        method: String, target: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        peerAddress: String = "127.0.0.1", localAddress: String = "127.0.0.1:80", isSecure: Bool = false
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.peerAddress = peerAddress
        self.localAddress = localAddress
        self.isSecure = isSecure
    }
}
