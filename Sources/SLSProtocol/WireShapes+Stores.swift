/// A logstore, as CreateLogstore, UpdateLogstore and GetLogstore carry it.
///
/// A nil property is left out; GetLogstore answers all that the Python and Rust SDKs require.
public struct LogstoreDescription: Codable, Hashable, Sendable {
    /// The logstore's name.
    public var logstoreName: String?
    /// Days for which data is kept, 1 to 3650; 3650 means for ever.
    public var ttl: Int?
    /// How many shards it has, or is made with.
    public var shardCount: Int?
    /// Whether WebTracking may write to it.
    public var enableTracking: Bool?
    /// Whether shards are split as load grows.
    public var autoSplit: Bool?
    /// How many shards there may be after splits, 1 to 256.
    public var maxSplitShard: Int?
    /// Whether the server appends `__client_ip__` and `__receive_time__`.
    public var appendMeta: Bool?
    /// "", `None`, `Metrics` or `Event`.
    public var telemetryType: String?
    /// `standard`, `query` or `lite`.
    public var mode: String?
    /// Days in the hot tier.
    public var hotTTL: Int?
    /// Unix seconds, in answers only.
    public var createTime: Int?
    /// Unix seconds, in answers only.
    public var lastModifyTime: Int?

    /// A logstore with a name, days and shards; the rest is the service's default.
    public init(logstoreName: String? = nil, ttl: Int? = nil, shardCount: Int? = nil) {
        self.logstoreName = logstoreName
        self.ttl = ttl
        self.shardCount = shardCount
    }

    enum CodingKeys: String, CodingKey {
        case logstoreName, ttl, shardCount
        case enableTracking = "enable_tracking"
        case autoSplit, maxSplitShard, appendMeta, telemetryType, mode
        case hotTTL = "hot_ttl"
        case createTime, lastModifyTime
    }
}

/// The answer of ListLogstores.
public struct LogstoreList: Codable, Sendable {
    /// How many names this answer holds.
    public var count: Int
    /// How many there are in all.
    public var total: Int
    /// Names in order.
    public var logstores: [String]

    /// A page of names.
    public init(total: Int, logstores: [String]) {
        self.count = logstores.count
        self.total = total
        self.logstores = logstores
    }
}

/// The body of CreateProject.
public struct ProjectCreation: Codable, Sendable {
    /// The project's name.
    public var projectName: String
    /// Free text; "" when absent.
    public var description: String?

    /// A project to make.
    public init(projectName: String, description: String?) {
        self.projectName = projectName
        self.description = description
    }
}

/// A project, as GetProject and ListProject show it; the times are strings here, unlike a logstore's.
public struct ProjectDescription: Codable, Hashable, Sendable {
    /// The project's name.
    public var projectName: String
    /// `Normal` or `Disable`.
    public var status: String
    /// The owner's account number.
    public var owner: String
    /// Free text.
    public var description: String
    /// Such as `cn-hangzhou`.
    public var region: String
    /// `2024-03-05 06:07:08`.
    public var createTime: String
    /// `2024-03-05 06:07:08`.
    public var lastModifyTime: String
    /// `LRS` or `ZRS`; the Rust SDK requires it.
    public var dataRedundancyType: String?
    /// The resource group's id.
    public var resourceGroupId: String?
    /// What the project may hold; GetProject tells it always, ListProject on demand.
    public var quota: ProjectQuota?

    /// A project of these properties.
    public init(
        projectName: String, status: String, owner: String, description: String, region: String, createTime: String,
        lastModifyTime: String, dataRedundancyType: String?, resourceGroupId: String?
    ) {
        self.projectName = projectName
        self.status = status
        self.owner = owner
        self.description = description
        self.region = region
        self.createTime = createTime
        self.lastModifyTime = lastModifyTime
        self.dataRedundancyType = dataRedundancyType
        self.resourceGroupId = resourceGroupId
    }
}

/// What a project may hold.
public struct ProjectQuota: Codable, Hashable, Sendable {
    /// How many shards.
    public var shard: Int

    /// A quota of that many shards.
    public init(shard: Int) { self.shard = shard }
}

/// The answer of ListProject.
public struct ProjectList: Codable, Sendable {
    /// How many projects this answer holds.
    public var count: Int
    /// How many there are in all.
    public var total: Int
    /// The projects in order of their names.
    public var projects: [ProjectDescription]

    /// A page of projects.
    public init(total: Int, projects: [ProjectDescription]) {
        self.count = projects.count
        self.total = total
        self.projects = projects
    }
}
