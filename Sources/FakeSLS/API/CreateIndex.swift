internal import EventHTTP
internal import SLSProtocol

/// Gives a logstore an index: `POST /logstores/{logstore}/index`.
///
/// Source: aliyun-log-go-sdk, log_store.go, `CreateIndex`.
struct CreateIndex: Endpoint {
    static let route = Route(.post, "/logstores/{logstore}/index")
    let indexes: IndexService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        try indexes.create(try request.indexDocument(), for: logstore)
        return .empty
    }
}

/// As much of an index document as is looked at: it is kept as it came.
private struct IndexDocument: Decodable {
    /// Any JSON object.
    struct Object: Decodable {
        private enum Key: CodingKey {}
        init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: Key.self) }
    }

    let line: Object?
    let keys: [String: Object]?
}

extension APIRequest {
    /// The body as an index document.
    ///
    /// - Throws: `IndexInfoInvalid` when it is none, or says neither what to index of the line nor which keys.
    func indexDocument() throws(APIError) -> [UInt8] {
        let document = try json(IndexDocument.self, orThrow: .indexInfoInvalid)
        guard document.line != nil || document.keys != nil else {
            throw APIError(.indexInfoInvalid, "the index has neither \"line\" nor \"keys\"")
        }
        return http.body
    }
}
