internal import EventHTTP
internal import SLSProtocol

/// Writes a log group of metrics: `POST /prometheus/{project}/{logstore}/api/v1/write`, with the project in the path.
///
/// Source: aliyun-log-go-sdk, `PutLogsWithMetricStoreURL`; aliyun-log-java-sdk; loongcollector.
struct PutMetrics: Endpoint {
    static let route = Route(.post, "/prometheus/{project}/{logstore}/api/v1/write")
    static let traffic = Traffic.write
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        // Prometheus' own remote write has the same path: its body is no log group.
        if let coding = request.http.headers["Content-Encoding"].nonEmpty, coding != "identity" {
            throw .notSupported("PutMetrics with Content-Encoding \(coding.prefix(40))")
        }
        return try PutLogs(logs: logs).respond(to: request)
    }
}
