/// What a client did that ends its connection before any request reached the handler.
///
/// The server asks its owner for the answer, so that it has the shape of all other answers, and closes afterwards.
public enum HTTPViolation: Sendable, Equatable {
    /// Not HTTP/1.x: the reason as the parser gives it, such as `invalid HTTP method`.
    case malformed(reason: String)
    /// The client ended its sending side in the middle of a request.
    case truncated
    /// Request line and header fields together are longer than `limit` bytes.
    case headTooLarge(limit: Int)
    /// The body, announced or received, is longer than `limit` bytes.
    case bodyTooLarge(limit: Int)
    /// A `Transfer-Encoding` other than `chunked`.
    case unsupportedTransferCoding
    /// The request did not arrive whole within `limit`.
    case timedOut(limit: Duration)
    /// `CONNECT` where no tunnel can be opened: inside another one, or on a server without certificates.
    case tunnelRefused(target: String)

    /// The status that fits: 400, 405, 408, 413, 431 or 501.
    public var suggestedStatus: Int {
        switch self {
        case .malformed, .truncated: 400
        case .tunnelRefused: 405
        case .timedOut: 408
        case .bodyTooLarge: 413
        case .headTooLarge: 431
        case .unsupportedTransferCoding: 501
        }
    }
}

extension HTTPViolation: CustomStringConvertible {
    /// One sentence without a full stop that names the limit, if one was passed.
    public var description: String {
        switch self {
        case .malformed(let reason): "malformed HTTP request: \(reason)"
        case .truncated: "the request ended before it was complete"
        case .headTooLarge(let limit): "request line and headers are larger than \(limit) bytes"
        case .bodyTooLarge(let limit): "the request body is larger than \(limit) bytes"
        case .unsupportedTransferCoding: "the only transfer coding understood is chunked"
        case .timedOut(let limit): "the request did not arrive whole within \(limit)"
        case .tunnelRefused(let target): "no tunnel to \(target) can be opened here"
        }
    }
}
