internal import EventHTTP
internal import SLSProtocol

/// Writes log groups: `POST /logstores/{logstore}/shards/lb`, by hash key `…/shards/route?key=[&seqid=]`, or to the bare
/// `/logstores/{logstore}`, as the Go and C++ SDKs do.
///
/// One group as protobuf or JSON, or with `x-log-mode: batch_group` several in packages.
/// Source: aliyun-log-go-sdk, log_store.go, `PutLogs`, `PostLogStoreLogs`; aliyun-log-python-sdk, logclient.py,
/// `put_log_raw`; aliyun-log-java-sdk, `batchPutLogs`; loongcollector, SLSClientManager.cpp (`seqid`).
struct PutLogs: Endpoint {
    static let route = Route(
        .post, "/logstores/{logstore}/shards/lb", "/logstores/{logstore}/shards/route", "/logstores/{logstore}")
    static let traffic = Traffic.write
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        // What would change the meaning of the write is refused by name, never passed over.
        if request.query("processor").nonEmpty != nil { throw .notSupported("PutLogs with processor") }
        if let mode = request.http.headers["x-log-mode"].nonEmpty, mode != "batch_group" {
            throw .notSupported("PutLogs with mode \(mode.prefix(40))")
        }
        let key = try hashKey(request)
        let head = LogService.WriteHead(
            key: key, sequenceID: try sequenceID(request, key: key), clientAddress: request.http.peerAddress)
        let body = LogGroupBody(request.http, rules: logs.rules, now: request.now.wall.timestamp)
        try logs.put(head, to: logstore, now: request.now) { () throws(APIError) in try body.verified() }
        return .empty
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

    private func sequenceID(_ request: APIRequest, key: HashKey?) throws(APIError) -> Int64? {
        guard let text = request.query("seqid") else { return nil }
        guard key != nil else { throw APIError(.missingParameter, "the parameter key is missing beside seqid") }
        guard let number = Int64(text), number > 0 else {
            throw .parameterInvalid("the parameter seqid is invalid: \"\(text.prefix(40))\" is no number above 0")
        }
        return number
    }
}
