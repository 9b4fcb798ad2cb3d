internal import SLSProtocol

/// Lists a logstore's shards: `GET /logstores/{logstore}/shards`.
///
/// Source: aliyun-log-go-sdk, client_store.go, `ListShards`.
struct ListShards: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}/shards")
    let shards: ShardService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try .json(try shards.list(try request.logstore()))
    }
}
