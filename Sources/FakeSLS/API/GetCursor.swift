internal import SLSProtocol

/// Finds where to start reading: `GET /logstores/{logstore}/shards/{shard}?type=cursor&from=begin|end|<unix seconds>`.
///
/// Times are receive times. Source: aliyun-log-go-sdk, log_store.go, `GetCursor`.
struct GetCursor: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}/shards/{shard}", query: ["type": "cursor"])
    static let traffic = Traffic.read
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, shard) = (try request.logstore(), try request.shard())
        let cursor = try logs.cursor(try position(try request.required("from")), of: shard, in: logstore)
        return try .json(CursorAnswer(cursor: cursor.encoded))
    }

    private func position(_ text: String) throws(APIError) -> LogService.Position {
        switch text {
        case "begin": return .begin
        case "end": return .end
        default:
            guard let seconds = Int(text) else { throw .parameterInvalid("Parameter From is not valid.") }
            return .received(Timestamp(seconds: seconds))
        }
    }
}
