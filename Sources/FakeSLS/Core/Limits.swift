/// The quotas of the service. What a single request may hold is in `RequestLimits`: it never changes.
///
/// Source: protocol.md 8 ("Basic resources", "Data read and write"); each name is also the key in a `--limits` file.
public struct Limits: Equatable, Sendable {
    /// Consumer groups per logstore. 10 in `relaxed`, the figure of the older pages; 30 in `strict`, today's.
    public var consumerGroupsPerLogstore: Int
    /// Projects in all. 50 in `strict`.
    public var projects: Int
    /// Logstores per project. 200 in `strict`.
    public var logstoresPerProject: Int
    /// Shards per project that can be written. 400 in `strict`.
    public var shardsPerProject: Int
    /// Shards a logstore may be created with. 100 in both.
    public var shardsPerNewLogstore: Int
    /// The highest `maxSplitShard`, and the most parts of one split. 256 in both.
    public var splitShards: Int
    /// Machine groups per project. 200 in `strict`.
    public var machineGroupsPerProject: Int
    /// Logtail configs per project, of either kind. 200 in `strict`.
    public var configsPerProject: Int
    /// Saved searches per project. 100 in `strict`, as the next two.
    public var savedSearchesPerProject: Int
    /// Dashboards per project.
    public var dashboardsPerProject: Int
    /// Alerts per project.
    public var alertsPerProject: Int
    /// Documents of one family in a project or logstore, beside what the quotas above say of some families. 10,000 in both:
    /// the service publishes none.
    public var documentsPerFamily: Int
    /// The rates that throttle; a rate without a figure does not.
    private var rates: [Rate: Int]

    /// The figure of a rate, 0 or more in each of its periods; nil where it does not throttle.
    public subscript(rate: Rate) -> Int? {
        get { rates[rate] }
        set { rates[rate] = newValue }
    }

    /// What a count ends at where no quota does, so that no client can fill the memory; far above every quota.
    static let protectiveCount = 10_000

    /// The default of `fake-sls`: no quota, but the 10 consumer groups per logstore that users meet first.
    public static let relaxed = Limits(
        consumerGroupsPerLogstore: 10, projects: protectiveCount, logstoresPerProject: protectiveCount,
        shardsPerProject: protectiveCount, shardsPerNewLogstore: 100, splitShards: 256,
        machineGroupsPerProject: protectiveCount, configsPerProject: protectiveCount,
        savedSearchesPerProject: protectiveCount, dashboardsPerProject: protectiveCount,
        alertsPerProject: protectiveCount, documentsPerFamily: protectiveCount, rates: [:])

    /// The documented figures. For control calls there is none: they are not throttled.
    public static let strict = Limits(
        consumerGroupsPerLogstore: 30, projects: 50, logstoresPerProject: 200, shardsPerProject: 400,
        shardsPerNewLogstore: 100, splitShards: 256, machineGroupsPerProject: 200, configsPerProject: 200,
        savedSearchesPerProject: 100, dashboardsPerProject: 100, alertsPerProject: 100,
        documentsPerFamily: protectiveCount,
        rates: [
            .shardWriteBytes: 5_242_880, .shardWriteBytesWithoutIndex: 10_485_760, .shardWriteCalls: 500,
            .shardReadBytes: 10_485_760, .shardReadCalls: 100, .projectWriteBytes: 100 << 30,
            .projectWriteCalls: 600_000, .projectReadCalls: 600_000,
        ])

    /// A count by the name it has in a file.
    public enum Name: String, CaseIterable, Sendable {
        case consumerGroupsPerLogstore = "consumer-groups-per-logstore"
        case projects
        case logstoresPerProject = "logstores-per-project"
        case shardsPerProject = "shards-per-project"
        case shardsPerNewLogstore = "shards-per-new-logstore"
        case splitShards = "split-shards"
        case machineGroupsPerProject = "machine-groups-per-project"
        case configsPerProject = "configs-per-project"
        case savedSearchesPerProject = "saved-searches-per-project"
        case dashboardsPerProject = "dashboards-per-project"
        case alertsPerProject = "alerts-per-project"
        case documentsPerFamily = "documents-per-family"
    }

    /// The count of that name; at least 0.
    public subscript(name: Name) -> Int {
        get { self[keyPath: Limits.path(name)] }
        set { self[keyPath: Limits.path(name)] = newValue }
    }

    private static func path(_ name: Name) -> WritableKeyPath<Limits, Int> {
        switch name {
        case .consumerGroupsPerLogstore: \.consumerGroupsPerLogstore
        case .projects: \.projects
        case .logstoresPerProject: \.logstoresPerProject
        case .shardsPerProject: \.shardsPerProject
        case .shardsPerNewLogstore: \.shardsPerNewLogstore
        case .splitShards: \.splitShards
        case .machineGroupsPerProject: \.machineGroupsPerProject
        case .configsPerProject: \.configsPerProject
        case .savedSearchesPerProject: \.savedSearchesPerProject
        case .dashboardsPerProject: \.dashboardsPerProject
        case .alertsPerProject: \.alertsPerProject
        case .documentsPerFamily: \.documentsPerFamily
        }
    }
}

/// What one request may hold, whatever the quotas.
///
/// Source: protocol.md 8.
public enum RequestLimits {
    /// Bytes of a body, before and after decompression: 10 MB. Over it: 413 `PostBodyTooLarge`.
    public static let bodyByteCount = 10_485_760
    /// Log groups of one PutLogs call with `x-log-mode: batch_group`; the service publishes none. Over it: 413
    /// `PostBodyTooLarge`.
    public static let packageCount = 4_096
    /// Bytes of a content's key, of a topic, of a source, where that is checked at all.
    public static let nameByteCount = 128
    /// Bytes of a content's value, where that is checked at all: 1 MB.
    public static let valueByteCount = 1_048_576
    /// How old a log may be, and how far ahead of the server's clock, in seconds, where that is checked at all.
    public static let logAge = (past: 7 * 86_400, ahead: 15 * 60)
    /// Bytes of a WebTracking POST before compression: 3 MB. Over it: 413 `PostBodyTooLarge`; the same for the next two.
    public static let trackedByteCount = 3_145_728
    /// Logs of a WebTracking POST.
    public static let trackedLogCount = 4_096
    /// Bytes of the target of a WebTracking GET: 16 KB.
    public static let trackedTargetByteCount = 16_384
    /// Log groups of one pull. Over it: 400 `ParameterInvalid`.
    public static let pulledGroupCount = 1_000
    /// Entries of one page of a list. Over it: 400 `ParameterInvalid`.
    public static let pageSize = 500
    /// Days a logstore may keep its data; 3650 means for ever. Outside: 400 `LogStoreInfoInvalid`.
    public static let ttlDays = 1...3_650
}
