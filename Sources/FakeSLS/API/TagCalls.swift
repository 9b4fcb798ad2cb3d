internal import FoundationEssentials
internal import SLSProtocol

/// Tags and resource groups: `POST /tag`, `POST /untag`, `GET /tags`, `PUT /resourcegroup`. They name their resource
/// in the body or query, whatever the host says.
///
/// Source: protocol.md 6.6; aliyun-log-python-sdk, logclient.py, `tag_resources`, `list_tag_resources`.
struct TagCalls {
    let tags: TagService

    var entries: [Router.Entry] {
        [
            Router.Entry(name: "TagResources", route: Route(.post, "/tag"), writes: true) { request throws(APIError) in
                let body = try request.json(Tagging.self, orThrow: .postBodyInvalid)
                try tags.tag(body.resourceId, ofType: body.resourceType, body.tags)
                return .empty
            },
            Router.Entry(name: "UntagResources", route: Route(.post, "/untag"), writes: true) {
                request throws(APIError) in
                let body = try request.json(Untagging.self, orThrow: .postBodyInvalid)
                let keys = body.all == true ? nil : body.tags ?? []
                try tags.untag(body.resourceId, ofType: body.resourceType, keys: keys)
                return .empty
            },
            Router.Entry(name: "ListTagResources", route: Route(.get, "/tags"), writes: false) {
                request throws(APIError) in try list(request)
            },
            Router.Entry(name: "ChangeResourceGroup", route: Route(.put, "/resourcegroup"), writes: true) {
                request throws(APIError) in
                let body = try request.json(GroupChange.self)
                try tags.changeResourceGroup(
                    of: body.resourceId, type: body.resourceType ?? "project", to: body.resourceGroupId,
                    now: request.now)
                return .empty
            },
        ]
    }

    private func list(_ request: APIRequest) throws(APIError) -> APIResponse {
        let resources = try list(of: String.self, request.query("resourceId"))
        let found = try tags.list(
            ofType: try request.required("resourceType"), resources: resources,
            wanted: try list(of: TagFilter.self, request.query("tags")), token: request.query("nextToken") ?? "")
        return try .json(
            Answer(
                nextToken: found.nextToken,
                tagResources: found.tags.map {
                    Answer.Tag(resourceType: $0.type, resourceId: $0.resource, tagKey: $0.key, tagValue: $0.value)
                }))
    }

    /// A parameter that is a JSON list; absent and "" are the empty one.
    private func list<Element: Decodable>(of type: Element.Type, _ text: String?) throws(APIError) -> [Element] {
        guard let text = text.nonEmpty else { return [] }
        return try APIRequest.decode([Element].self, from: Array(text.utf8), orThrow: .parameterInvalid)
    }

    private struct Tagging: Decodable {
        let resourceType: String
        let resourceId: [String]
        let tags: [TagPair]
    }

    private struct Untagging: Decodable {
        let resourceType: String
        let resourceId: [String]
        let tags: [String]?
        let all: Bool?
    }

    private struct GroupChange: Decodable {
        let resourceId: String
        let resourceGroupId: String
        let resourceType: String?
    }

    private struct Answer: Encodable {
        struct Tag: Encodable {
            let resourceType: String
            let resourceId: String
            let tagKey: String
            let tagValue: String
        }
        let nextToken: String
        let tagResources: [Tag]
    }
}
