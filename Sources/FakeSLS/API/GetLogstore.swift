internal import SLSProtocol

/// Shows a logstore, with every field that an SDK cannot do without: `GET /logstores/{logstore}`.
///
/// Source: aliyun-log-python-sdk, logstore_config_response.py; aliyun-log-rust-sdk, logstore.rs.
struct GetLogstore: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}")
    let logstores: LogstoreService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        return try .json(try logstores.get(logstore).document(with: try logstores.keptMembers(of: logstore)))
    }
}

extension LogstoreDescription {
    /// The description as JSON, with the members that are only kept.
    func document(with kept: JSONObject) throws(APIError) -> JSONObject {
        var document = JSONObject(try APIResponse.json(self).body) ?? JSONObject()
        for member in kept.members { document.set(member.name, member.value) }
        return document
    }
}
