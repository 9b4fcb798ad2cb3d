internal import SLSProtocol

/// Tells when the log group behind a cursor was received:
/// `GET /logstores/{logstore}/shards/{shard}?type=cursor_time&cursor=…`.
///
/// Source: aliyun-log-go-sdk, client_store.go, `GetCursorTime`.
struct GetCursorTime: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}/shards/{shard}", query: ["type": "cursor_time"])
    static let traffic = Traffic.read
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, shard) = (try request.logstore(), try request.shard())
        let cursor = try request.cursor("cursor")
        let time = try logs.time(of: cursor, shard: shard, in: logstore, now: request.now)
        return try .json(CursorTimeAnswer(cursorTime: time.seconds))
    }
}

extension APIRequest {
    /// A parameter that is a cursor.
    ///
    /// - Throws: `MissingParameter`, or `ParameterInvalid` for a text that is none.
    func cursor(_ name: String) throws(APIError) -> Cursor {
        // The Python SDK's `get_previous_cursor_time` sends one with a line end behind it.
        let text = String(try required(name).prefix { $0 != "\n" })
        guard let cursor = Cursor(encoded: text) else {
            throw .parameterInvalid("the parameter \(name) is invalid: \"\(text.prefix(80))\" is no cursor")
        }
        return cursor
    }
}
