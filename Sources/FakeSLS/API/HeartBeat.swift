internal import SLSProtocol

/// Takes a consumer's sign of life with the shards it works on, and answers with those it may work on, both as bare
/// arrays: `POST /logstores/{logstore}/consumergroups/{group}?type=heartbeat&consumer=…`.
///
/// Source: aliyun-log-go-sdk, client_consumer.go, `HeartBeat`.
struct HeartBeat: Endpoint {
    static let route = Route(
        .post, "/logstores/{logstore}/consumergroups/{group}", query: ["type": "heartbeat"])
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, group) = (try request.logstore(), try request.consumerGroup())
        let reported = try request.json([Int].self).map { ShardID($0) }
        let granted = try groups.heartbeat(
            of: request.query("consumer"), reporting: reported, group: group, in: logstore, now: request.now)
        // Numbers need no encoder, which takes several times as long.
        return APIResponse(body: Array("[\(granted.map(\.description).joined(separator: ","))]".utf8))
    }
}
