internal import SLSProtocol

/// Creates a logstore: `POST /logstores`.
///
/// Source: aliyun-log-go-sdk, client_store.go, `CreateLogStoreV2`.
struct CreateLogstore: Endpoint {
    static let route = Route(.post, "/logstores")
    let logstores: LogstoreService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let project = try request.project()
        let wanted = try request.json(LogstoreDescription.self, orThrow: .logStoreInfoInvalid)
        try logstores.create(wanted, in: project, now: request.now)
        return .empty
    }
}
