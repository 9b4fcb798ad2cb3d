internal import SLSProtocol

/// Splits a shard: `POST /logstores/{logstore}/shards/{shard}?action=split[&key=…][&shardCount=…]`.
///
/// With a key it is cut there, else into `shardCount` equal parts, else in the middle (assumed).
/// Source: aliyun-log-go-sdk, log_store.go, `SplitShard`, `SplitNumShard`.
struct SplitShard: Endpoint {
    static let route = Route(.post, "/logstores/{logstore}/shards/{shard}", query: ["action": "split"])
    let shards: ShardService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, shard) = (try request.logstore(), try request.shard())
        return try .json(try shards.split(shard, try cut(request), of: logstore, now: request.now))
    }

    private func cut(_ request: APIRequest) throws(APIError) -> ShardMap.Cut {
        if let text = request.query("key").nonEmpty {
            guard let key = HashKey(hex: text) else { throw .parameterInvalid("invalid mid hash.") }
            return .at(key)
        }
        guard let count = try request.integer("shardCount", in: 0...Int(Int32.max)) else { return .middle }
        return .parts(count)
    }
}
