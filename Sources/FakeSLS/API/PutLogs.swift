internal import EventHTTP
internal import SLSProtocol

/// Writes one log group: `POST /logstores/{logstore}/shards/lb`, by hash key `…/shards/route?key=`, or to the bare
/// `/logstores/{logstore}`, as the Go and C++ SDKs do.
///
/// Source: aliyun-log-go-sdk, log_store.go, `PutLogs`, `PostLogStoreLogs`; aliyun-log-python-sdk, logclient.py,
/// `put_log_raw`.
struct PutLogs: Endpoint {
    static let route = Route(
        .post, "/logstores/{logstore}/shards/lb", "/logstores/{logstore}/shards/route", "/logstores/{logstore}")
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        try refuseOtherForms(request)
        let key = try hashKey(request)
        let group = try LogGroupBody(request.http).verified()
        try logs.put(group, key: key, to: logstore, now: request.now)
        return .empty
    }

    /// What would change the meaning of the write is refused by name, never passed over.
    private func refuseOtherForms(_ request: APIRequest) throws(APIError) {
        if request.query("seqid").nonEmpty != nil { throw .notSupported("PutLogs with seqid") }
        if request.query("processor").nonEmpty != nil { throw .notSupported("PutLogs with processor") }
        if let mode = request.http.headers["x-log-mode"].nonEmpty { throw .notSupported("PutLogs with mode \(mode)") }
    }

    private func hashKey(_ request: APIRequest) throws(APIError) -> HashKey? {
        guard let text = request.query("key") else {
            if request.target.segments.last == "route" { _ = try request.required("key") }
            return nil
        }
        guard let key = HashKey(hex: text) else {
            throw .parameterInvalid("the parameter key is invalid: 1 to 32 hexadecimal digits")
        }
        return key
    }
}
