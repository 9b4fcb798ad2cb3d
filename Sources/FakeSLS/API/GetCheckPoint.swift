internal import SLSProtocol

/// Reads saved positions as a bare array, one entry for every shard that exists:
/// `GET /logstores/{logstore}/consumergroups/{group}[?shard=…]`.
///
/// Source: aliyun-log-go-sdk, client_consumer.go, `GetCheckpoint`.
struct GetCheckPoint: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}/consumergroups/{group}")
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, group) = (try request.logstore(), try request.consumerGroup())
        let shard = try request.integer("shard", in: 0...Int(Int32.max)).map { ShardID($0) }
        return try .json(try groups.checkpoints(of: shard, group: group, in: logstore))
    }
}
