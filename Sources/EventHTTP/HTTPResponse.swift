/// An answer, as a handler gives it.
///
/// The server adds `Date` (unless given), `Content-Length` and `Connection`; a `Content-Length` or
/// `Transfer-Encoding` of the handler's is dropped, `Connection: close` of the handler's is honoured. For `HEAD` the
/// body is counted but not sent; 204 and 304 never carry one.
public struct HTTPResponse: Sendable, Equatable {
    /// 200 to 599.
    public var status: Int
    /// Sent in this order and case.
    public var headers: HTTPHeaders
    /// Sent whole; empty for none.
    public var body: [UInt8]

    /// Makes an answer from its parts.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
