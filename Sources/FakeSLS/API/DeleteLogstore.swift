internal import SLSProtocol

/// Deletes a logstore with its data and consumer groups: `DELETE /logstores/{logstore}`.
///
/// Source: aliyun-log-go-sdk, client_store.go, `DeleteLogStore`.
struct DeleteLogstore: Endpoint {
    static let route = Route(.delete, "/logstores/{logstore}")
    let logstores: LogstoreService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try logstores.delete(try request.logstore())
        return .empty
    }
}
