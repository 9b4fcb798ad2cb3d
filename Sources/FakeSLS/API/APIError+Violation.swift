internal import EventHTTP
internal import SLSProtocol

extension APIError {
    /// The service's error for what ended a connection before there was a request.
    init(_ violation: HTTPViolation) {
        let message = "\(violation)"
        switch violation {
        case .malformed, .truncated, .headTooLarge, .unsupportedTransferCoding: self.init(.badRequest, message)
        case .bodyTooLarge: self.init(.postBodyTooLarge, message)
        case .timedOut: self.init(.requestTimeout, message)
        case .tunnelRefused: self.init(.invalidMethod, message)
        }
    }
}
