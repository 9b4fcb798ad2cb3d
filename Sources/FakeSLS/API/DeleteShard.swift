internal import SLSProtocol

/// Deletes a read-only shard with its data: `DELETE /logstores/{logstore}/shards/{shard}`.
///
/// Source: aliyun-log-python-sdk, logclient.py, `delete_shard`; not in the public reference.
struct DeleteShard: Endpoint {
    static let route = Route(.delete, "/logstores/{logstore}/shards/{shard}")
    let shards: ShardService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try shards.delete(try request.shard(), of: try request.logstore())
        return .empty
    }
}
