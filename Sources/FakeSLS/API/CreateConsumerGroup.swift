internal import SLSProtocol

/// Creates a consumer group: `POST /logstores/{logstore}/consumergroups`.
///
/// Source: aliyun-log-go-sdk, client_consumer.go, `CreateConsumerGroup`.
struct CreateConsumerGroup: Endpoint {
    static let route = Route(.post, "/logstores/{logstore}/consumergroups")
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        let group = try request.json(ConsumerGroupCreation.self, orThrow: .jsonInfoInvalid)
        try groups.create(
            try ConsumerGroupName(group.consumerGroup), timeoutSeconds: group.timeout, inOrder: group.order ?? false,
            in: logstore, now: request.now)
        return .empty
    }
}
