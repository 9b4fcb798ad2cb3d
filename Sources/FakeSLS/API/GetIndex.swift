internal import SLSProtocol

/// Shows a logstore's index as it was given: `GET /logstores/{logstore}/index`.
///
/// Source: aliyun-log-go-sdk, log_store.go, `GetIndex`.
struct GetIndex: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}/index")
    let indexes: IndexService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        APIResponse(body: try indexes.get(try request.logstore()))
    }
}
