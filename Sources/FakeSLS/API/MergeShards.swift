internal import SLSProtocol

/// Merges a shard with its right-hand neighbour: `POST /logstores/{logstore}/shards/{shard}?action=merge`.
///
/// Source: aliyun-log-go-sdk, log_store.go, `MergeShards`.
struct MergeShards: Endpoint {
    static let route = Route(.post, "/logstores/{logstore}/shards/{shard}", query: ["action": "merge"])
    let shards: ShardService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, shard) = (try request.logstore(), try request.shard())
        return try .json(try shards.merge(shard, of: logstore, now: request.now))
    }
}
