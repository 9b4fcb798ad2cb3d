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
        let logstore = try logstores.create(wanted, in: project, now: request.now)
        let body = try request.document(orThrow: .logStoreInfoInvalid)
        try logstores.keepMembers(of: body, in: logstore, now: request.now)
        return .empty
    }
}
