internal import SLSProtocol

/// All services of one emulator, over one store and one live state.
struct Services {
    let projects: ProjectService
    let logstores: LogstoreService
    let shards: ShardService
    let logs: LogService
    let groups: ConsumerGroupService
    let indexes: IndexService
    let documents: DocumentService
    let tags: TagService
    let retention: RetentionService
    let quotas: QuotaService
    let domains: DomainService
    let rules: RuleService

    /// - Parameter rules: Those of the start.
    init(store: Store, live: LiveStateBox, limits: Limits, region: String, rules atStart: Rules = Rules()) {
        rules = RuleService(live: live, atStart: atStart)
        quotas = QuotaService(live: live, limits: limits)
        domains = DomainService(store: store, live: live)
        logstores = LogstoreService(store: store, live: live, limits: limits)
        projects = ProjectService(
            store: store, logstores: logstores, domains: domains, limits: limits, region: region)
        groups = ConsumerGroupService(store: store, live: live, logstores: logstores, limits: limits)
        shards = ShardService(store: store, live: live, logstores: logstores, groups: groups, limits: limits)
        logs = LogService(store: store, live: live, logstores: logstores, shards: shards, quotas: quotas)
        retention = RetentionService(store: store, live: live, shards: shards)
        indexes = IndexService(store: store, logstores: logstores)
        documents = DocumentService(store: store, logstores: logstores, domains: domains, limits: limits)
        tags = TagService(store: store, logstores: logstores)
    }
}
