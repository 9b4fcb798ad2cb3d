internal import SLSProtocol

/// Lists a logstore's consumer groups as a bare array: `GET /logstores/{logstore}/consumergroups`.
///
/// Source: aliyun-log-go-sdk, client_consumer.go, `ListConsumerGroup`.
struct ListConsumerGroup: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}/consumergroups")
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try .json(try groups.list(try request.logstore()))
    }
}
