internal import SLSProtocol

/// Deletes a consumer group with its checkpoints: `DELETE /logstores/{logstore}/consumergroups/{group}`.
///
/// Source: aliyun-log-go-sdk, client_consumer.go, `DeleteConsumerGroup`.
struct DeleteConsumerGroup: Endpoint {
    static let route = Route(.delete, "/logstores/{logstore}/consumergroups/{group}")
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, group) = (try request.logstore(), try request.consumerGroup())
        try groups.delete(group, in: logstore)
        return .empty
    }
}
