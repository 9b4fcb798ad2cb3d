internal import SLSProtocol

/// Saves a shard's position:
/// `POST /logstores/{logstore}/consumergroups/{group}?type=checkpoint[&consumer=…]&forceSuccess=…`.
///
/// Source: aliyun-log-go-sdk, client_consumer.go, `UpdateCheckpoint`; aliyun-log-python-sdk writes `True`.
struct UpdateCheckPoint: Endpoint {
    static let route = Route(
        .post, "/logstores/{logstore}/consumergroups/{group}", query: ["type": "checkpoint"])
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, group) = (try request.logstore(), try request.consumerGroup())
        let update = try request.json(CheckpointUpdate.self)
        try groups.save(
            try Checkpoint(update.checkpoint), of: ShardID(update.shard), by: request.query("consumer"),
            isForced: request.query("forceSuccess")?.lowercased() == "true", group: group, in: logstore,
            now: request.now)
        return .empty
    }
}
