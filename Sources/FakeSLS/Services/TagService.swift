internal import SLSProtocol

/// The rules of tags, and of the resource groups that projects are in.
final class TagService {
    /// Tags that one call may set.
    static let limitPerCall = 20
    /// Resources that one call may name. The service publishes no figure; it is that of the tags, for each is a look-up.
    static let resourceLimitPerCall = 20
    /// Tags of one answer; a token asks for those behind them. The service does not publish its figure.
    static let pageSize = 100

    private let store: Store
    private let logstores: LogstoreService

    init(store: Store, logstores: LogstoreService) {
        self.store = store
        self.logstores = logstores
    }

    /// Puts tags on resources; a key that is there gets the new value.
    func tag(_ resources: [String], ofType type: String, _ tags: [TagPair]) throws(APIError) {
        guard (1...Self.limitPerCall).contains(tags.count) else {
            throw APIError(.postBodyInvalid, "a call sets 1 to \(Self.limitPerCall) tags, this one \(tags.count)")
        }
        guard !resources.isEmpty, tags.allSatisfy({ !$0.key.isEmpty }) else {
            throw APIError(.postBodyInvalid, "a resource or a key is missing")
        }
        try Self.checkCount(resources)
        for resource in resources {
            try checkExists(resource, ofType: type)
            for tag in tags {
                try store.setTag(TagRow(type: type.lowercased(), resource: resource, key: tag.key, value: tag.value))
            }
        }
    }

    /// Takes tags from resources; nil for all of them.
    func untag(_ resources: [String], ofType type: String, keys: [String]?) throws(APIError) {
        try Self.checkCount(resources)
        for resource in resources { try checkExists(resource, ofType: type) }
        for tag in try store.tags(ofType: type.lowercased()) where resources.contains(tag.resource) {
            if keys?.contains(tag.key) ?? true { try store.deleteTag(tag) }
        }
    }

    private static func checkCount(_ resources: [String]) throws(APIError) {
        guard resources.count <= resourceLimitPerCall else {
            throw APIError(
                .postBodyInvalid,
                "a call names at most \(resourceLimitPerCall) resources, this one \(resources.count)")
        }
    }

    /// The tags of these resources, in order of resource and key.
    ///
    /// - Parameters:
    ///   - resources: Empty for all of the type.
    ///   - wanted: A tag must be one of these, or have the key of one without a value; empty for any.
    ///   - token: As the answer before gave it; "" for the beginning.
    func list(
        ofType type: String, resources: [String], wanted: [TagFilter], token: String
    ) throws(APIError) -> (tags: [TagRow], nextToken: String) {
        guard let start = token.isEmpty ? 0 : Int(token), start >= 0 else {
            throw .parameterInvalid("the parameter nextToken is invalid")
        }
        let fitting = try store.tags(ofType: type.lowercased()).filter { tag in
            (resources.isEmpty || resources.contains(tag.resource))
                && (wanted.isEmpty || wanted.contains { $0.key == tag.key && ($0.value ?? tag.value) == tag.value })
        }
        // Any token is taken; how far it lies behind the end says nothing.
        let rest = fitting.dropFirst(start)
        return (Array(rest.prefix(Self.pageSize)), rest.count > Self.pageSize ? "\(start + Self.pageSize)" : "")
    }

    /// Puts a project into another resource group.
    func changeResourceGroup(of resource: String, type: String, to group: String, now: Moment) throws(APIError) {
        guard type.lowercased() == "project" else {
            throw .parameterInvalid("the resource type \"\(type.prefix(40))\" has no resource group here")
        }
        try checkExists(resource, ofType: type)
        try store.setResourceGroup(group, ofProject: resource, time: now.wall.timestamp)
    }

    /// Projects and logstores must be there; of other resources only the name is known.
    private func checkExists(_ resource: String, ofType type: String) throws(APIError) {
        let parts = resource.split(separator: "#", maxSplits: 1).map { String($0) }
        switch type.lowercased() {
        case "project":
            do { _ = try store.existingProject(try ProjectName(resource)) } catch { throw .projectNotExist(resource) }
        case "logstore":
            guard parts.count == 2 else { throw .parameterInvalid("the resource id is not <project>#<logstore>") }
            _ = try logstores.find(LogstoreRef(project: try ProjectName(parts[0]), name: try LogstoreName(parts[1])))
        default: break
        }
    }
}

/// A tag as it is set.
struct TagPair: Codable {
    let key: String
    let value: String
}

/// What a tag must be to be listed.
struct TagFilter: Codable {
    let key: String
    let value: String?
}
