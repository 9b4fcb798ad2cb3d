internal import SLSProtocol

/// Changes a consumer group's timeout or order: `PUT /logstores/{logstore}/consumergroups/{group}`.
///
/// Source: aliyun-log-go-sdk, client_consumer.go, `UpdateConsumerGroup`.
struct UpdateConsumerGroup: Endpoint {
    static let route = Route(.put, "/logstores/{logstore}/consumergroups/{group}")
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, group) = (try request.logstore(), try request.consumerGroup())
        let change = try request.json(ConsumerGroupUpdate.self, orThrow: .jsonInfoInvalid)
        guard change.timeout != nil || change.order != nil else {
            throw APIError(.jsonInfoInvalid, "the body has neither \"timeout\" nor \"order\"")
        }
        try groups.update(group, timeoutSeconds: change.timeout, inOrder: change.order, in: logstore)
        return .empty
    }
}
