internal import SLSProtocol

/// Takes a logstore's index away: `DELETE /logstores/{logstore}/index`.
///
/// Source: aliyun-log-go-sdk, log_store.go, `DeleteIndex`.
struct DeleteIndex: Endpoint {
    static let route = Route(.delete, "/logstores/{logstore}/index")
    let indexes: IndexService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try indexes.delete(try request.logstore())
        return .empty
    }
}
