internal import SLSProtocol

/// Puts another document in the index's place: `PUT /logstores/{logstore}/index`.
///
/// Source: aliyun-log-go-sdk, log_store.go, `UpdateIndex`.
struct UpdateIndex: Endpoint {
    static let route = Route(.put, "/logstores/{logstore}/index")
    let indexes: IndexService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        try indexes.update(try request.indexDocument(), for: logstore)
        return .empty
    }
}
