internal import SLSProtocol

/// Changes a logstore's properties: `PUT /logstores/{logstore}`.
///
/// Source: aliyun-log-python-sdk, logclient.py, `update_logstore`.
struct UpdateLogstore: Endpoint {
    static let route = Route(.put, "/logstores/{logstore}")
    let logstores: LogstoreService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        let wanted = try request.json(LogstoreDescription.self, orThrow: .logStoreInfoInvalid)
        try logstores.update(logstore, to: wanted, now: request.now)
        let body = try request.document(orThrow: .logStoreInfoInvalid)
        try logstores.keepMembers(of: body, in: logstore, now: request.now)
        return .empty
    }
}
