internal import SLSProtocol

/// Shows a logstore, with every field that an SDK cannot do without: `GET /logstores/{logstore}`.
///
/// Source: aliyun-log-python-sdk, logstore_config_response.py; aliyun-log-rust-sdk, logstore.rs.
struct GetLogstore: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}")
    let logstores: LogstoreService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try .json(try logstores.get(try request.logstore()))
    }
}
