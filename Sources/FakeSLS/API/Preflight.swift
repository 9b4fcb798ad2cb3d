internal import EventHTTP

/// What a browser asks before it sends a request of another origin, WebTracking above all: `OPTIONS`, unsigned.
///
/// Everything is allowed: who may write is the signature's business. Source: the Fetch standard, "CORS-preflight".
enum Preflight {
    /// nil for a request that is none.
    static func answer(_ request: HTTPRequest) -> APIResponse? {
        guard request.method == "OPTIONS" else { return nil }
        let wanted = request.headers["Access-Control-Request-Headers"].nonEmpty
        return APIResponse(headers: [
            ("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, HEAD, OPTIONS"),
            // `*` does not stand for Authorization; what is asked for by name is allowed by name.
            ("Access-Control-Allow-Headers", wanted ?? "*"),
            ("Access-Control-Expose-Headers", "x-log-requestid, x-log-time, x-log-cursor, x-log-count"),
            ("Access-Control-Max-Age", "86400"),
        ])
    }
}
