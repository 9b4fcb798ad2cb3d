internal import SLSProtocol

/// The rules of consumer groups. Who gets which shard is `GroupCoordinator`'s; here every call finds its group, and what
/// changed goes to the store.
final class ConsumerGroupService {
    let store: Store
    let live: LiveStateBox
    private let logstores: LogstoreService
    private let limits: Limits
    private var rules: GroupRules { live.state.rules.groups }

    init(store: Store, live: LiveStateBox, logstores: LogstoreService, limits: Limits) {
        self.store = store
        self.live = live
        self.logstores = logstores
        self.limits = limits
    }

    // MARK: Groups

    func create(
        _ name: ConsumerGroupName, timeoutSeconds: Int, inOrder: Bool, in logstore: LogstoreRef, now: Moment
    ) throws(APIError) {
        let key = try logstores.find(logstore).key
        let ref = GroupRef(logstore: key, name: name)
        guard live.state.groups[ref] == nil else { throw .consumerGroupAlreadyExist(name) }
        guard groups(of: key).count < limits.consumerGroupsPerLogstore else {
            let error = APIError.consumerGroupQuotaExceed(
                logstore: logstore.name, limit: limits.consumerGroupsPerLogstore)
            throw APIError(error.code, error.message, status: rules.groupQuotaStatus)
        }
        let settings = GroupCoordinator.Settings(
            timeout: .seconds(try checked(timeoutSeconds)), inOrder: inOrder)
        let groupKey = try store.insertConsumerGroup(
            name, ofLogstore: key, timeoutSeconds: timeoutSeconds, inOrder: inOrder, time: now.wall.timestamp)
        let coordinator = GroupCoordinator(
            settings, shards: try live.logstore(key).shardFacts, rules: rules)
        try keep(LiveGroup(key: groupKey, coordinator: coordinator), as: ref)
    }

    /// - Parameter timeoutSeconds: nil leaves it as it is; the same for `inOrder`.
    func update(
        _ name: ConsumerGroupName, timeoutSeconds: Int?, inOrder: Bool?, in logstore: LogstoreRef
    ) throws(APIError) {
        var (ref, group) = try find(name, in: logstore)
        var settings = group.coordinator.settings
        if let timeoutSeconds { settings.timeout = .seconds(try checked(timeoutSeconds)) }
        settings.inOrder = inOrder ?? settings.inOrder
        try store.updateConsumerGroup(
            group.key, timeoutSeconds: Int(settings.timeout.components.seconds), inOrder: settings.inOrder)
        group.coordinator.update(settings)
        try keep(group, as: ref)
    }

    func delete(_ name: ConsumerGroupName, in logstore: LogstoreRef) throws(APIError) {
        let (ref, group) = try find(name, in: logstore)
        try store.deleteConsumerGroup(group.key)
        live.state.groups[ref] = nil
    }

    /// In the order of creation.
    func list(_ logstore: LogstoreRef) throws(APIError) -> [ConsumerGroupDescription] {
        groups(of: try logstores.find(logstore).key).map { ref, group in
            let settings = group.coordinator.settings
            return ConsumerGroupDescription(
                name: ref.name.value, timeout: Int(settings.timeout.components.seconds), order: settings.inOrder)
        }
    }

    // MARK: Members

    /// - Returns: The shards that the consumer may work on from now on, ascending.
    func heartbeat(
        of consumer: String?, reporting shards: [ShardID], group name: ConsumerGroupName, in logstore: LogstoreRef,
        now: Moment
    ) throws(APIError) -> [ShardID] {
        var (ref, group) = try find(name, in: logstore)
        let granted = try group.coordinator.heartbeat(
            from: try ConsumerName(consumer ?? ""), reporting: shards, now: now.monotonic)
        try keep(group, as: ref)
        return granted
    }

    /// - Parameter consumer: nil or "" where the caller names none.
    func save(
        _ checkpoint: Checkpoint, of shard: ShardID, by consumer: String?, isForced: Bool,
        group name: ConsumerGroupName, in logstore: LogstoreRef, now: Moment
    ) throws(APIError) {
        var (ref, group) = try find(name, in: logstore)
        var saver: ConsumerName?
        if let consumer = consumer.nonEmpty { saver = try ConsumerName(consumer) }
        try group.coordinator.save(
            checkpoint, shard: shard, by: saver, isForced: isForced, now: now.monotonic,
            wallMicroseconds: Int64(now.wall.microseconds))
        try keep(group, as: ref)
    }

    /// - Parameter shard: nil for all; of one that does not exist there are none.
    func checkpoints(
        of shard: ShardID?, group name: ConsumerGroupName, in logstore: LogstoreRef
    ) throws(APIError) -> [CheckpointDescription] {
        try find(name, in: logstore).group.coordinator.checkpoints(of: shard)
    }

    // MARK: What happens by itself

    /// Whether some consumer has been silent for too long.
    func hasExpired(now: Moment) -> Bool {
        live.state.groups.values.contains { $0.coordinator.quietUntil < now.monotonic }
    }

    /// Takes out the consumers of all groups that have been silent for too long.
    func expire(now: Moment) throws(APIError) {
        for (ref, group) in live.state.groups where group.coordinator.quietUntil < now.monotonic {
            var group = group
            group.coordinator.expire(now: now.monotonic)
            try keep(group, as: ref)
        }
    }

    /// Takes one consumer out as if it had been silent for too long.
    ///
    /// - Throws: 404 `ConsumerNotExist` where it is not alive.
    func expire(
        _ consumer: ConsumerName, of name: ConsumerGroupName, in logstore: LogstoreRef, now: Moment
    ) throws(APIError) {
        var (ref, group) = try find(name, in: logstore)
        try group.coordinator.expire(consumer, now: now.monotonic)
        try keep(group, as: ref)
    }

    /// The groups of a logstore, in the order of creation: all, or one that must exist.
    func groups(
        named name: ConsumerGroupName?, in logstore: LogstoreRef
    ) throws(APIError) -> [(ref: GroupRef, group: LiveGroup)] {
        if let name { return [try find(name, in: logstore)] }
        return groups(of: try logstores.find(logstore).key).map { (ref: $0.0, group: $0.1) }
    }

    /// Tells the groups of a logstore that its shards are others now.
    func shardsChanged(ofLogstore key: Int64) throws(APIError) {
        let facts = try live.logstore(key).shardFacts
        for (ref, group) in groups(of: key) {
            var group = group
            group.coordinator.update(shards: facts)
            try keep(group, as: ref)
        }
    }

    /// Reads all groups from the store, after their logstores; every member gets a fresh full timeout.
    func load(now: Moment) throws(APIError) -> [GroupRef: LiveGroup] {
        var groups: [GroupRef: LiveGroup] = [:]
        for row in try store.consumerGroups() {
            let settings = GroupCoordinator.Settings(timeout: .seconds(row.timeoutSeconds), inOrder: row.inOrder)
            let coordinator = GroupCoordinator(
                restoring: settings, consumers: try store.consumers(ofGroup: row.key),
                shards: try store.groupShards(ofGroup: row.key), facts: try live.logstore(row.logstore).shardFacts,
                now: now.monotonic, rules: rules)
            let ref = GroupRef(logstore: row.logstore, name: try ConsumerGroupName(row.name))
            groups[ref] = LiveGroup(key: row.key, coordinator: coordinator)
        }
        return groups
    }

    private func find(
        _ name: ConsumerGroupName, in logstore: LogstoreRef
    ) throws(APIError) -> (ref: GroupRef, group: LiveGroup) {
        let ref = GroupRef(logstore: try logstores.find(logstore).key, name: name)
        guard let group = live.state.groups[ref] else { throw .consumerGroupNotExist(name) }
        return (ref, group)
    }

    private func groups(of logstore: Int64) -> [(GroupRef, LiveGroup)] {
        live.state.groups.filter { $0.key.logstore == logstore }.sorted { $0.value.key < $1.value.key }
            .map { ($0.key, $0.value) }
    }

    /// Stores what changed in a group, and keeps it.
    private func keep(_ group: LiveGroup, as ref: GroupRef) throws(APIError) {
        var group = group
        let changes = group.coordinator.takeChanges()
        if !changes.isEmpty { try store.apply(changes, toGroup: group.key) }
        live.state.groups[ref] = group
    }

    private func checked(_ timeoutSeconds: Int) throws(APIError) -> Int {
        let range = rules.timeoutSeconds
        guard range.contains(timeoutSeconds) else {
            throw APIError(
                .jsonInfoInvalid,
                "timeout must be \(range.lowerBound) to \(range.upperBound) seconds: \(timeoutSeconds)")
        }
        return timeoutSeconds
    }
}

extension LiveLogstore {
    fileprivate var shardFacts: [ShardFacts] { shards.facts(ends: cursors) }
}
