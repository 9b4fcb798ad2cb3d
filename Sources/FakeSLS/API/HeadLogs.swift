internal import SLSProtocol

/// A pull without its data, to page through the cursors: `HEAD` on the URL of PullLogs. The headers are a pull's; the
/// server leaves the body out.
///
/// Source: an older vendor page.
struct HeadLogs: Endpoint {
    static let route = Route(.head, "/logstores/{logstore}/shards/{shard}", query: ["type": "log|logs"])
    static let traffic = Traffic.read
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try PullLogs(logs: logs).respond(to: request)
    }
}
