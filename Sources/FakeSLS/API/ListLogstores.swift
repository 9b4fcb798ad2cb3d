internal import SLSProtocol

/// Lists the names of a project's logstores: `GET /logstores`.
///
/// Source: aliyun-log-python-sdk, logclient.py, `list_logstore`; aliyun-log-cpp-sdk spells the filter `logstorename`.
struct ListLogstores: Endpoint {
    static let route = Route(.get, "/logstores")
    let logstores: LogstoreService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try .json(
            try logstores.list(
                of: try request.project(), containing: request.query("logstoreName") ?? request.query("logstorename"),
                telemetryType: request.query("telemetryType"), mode: request.query("mode"),
                page: try request.page(defaultSize: RequestLimits.pageSize)))
    }
}
