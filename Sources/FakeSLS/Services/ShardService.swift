internal import SLSProtocol

/// The rules of shards: listing, splitting, merging. What a cut looks like is `ShardMap`'s.
final class ShardService {
    private let store: Store
    private let live: LiveStateBox
    private let logstores: LogstoreService
    private let groups: ConsumerGroupService
    private let limits: Limits

    init(
        store: Store, live: LiveStateBox, logstores: LogstoreService, groups: ConsumerGroupService, limits: Limits
    ) {
        self.store = store
        self.live = live
        self.logstores = logstores
        self.groups = groups
        self.limits = limits
    }

    /// All shards, ascending by number.
    func list(_ logstore: LogstoreRef) throws(APIError) -> [ShardDescription] {
        try live.logstore(try logstores.find(logstore).key).shards.shards.map { ShardDescription($0) }
    }

    /// Cuts a shard that can be written.
    ///
    /// - Returns: The parent, then its children.
    func split(
        _ shard: ShardID, _ cut: ShardMap.Cut, of logstore: LogstoreRef, now: Moment
    ) throws(APIError) -> [ShardDescription] {
        let row = try logstores.find(logstore)
        let childCount =
            if case .parts(let count) = cut { count } else { 2 }
        guard childCount >= 2, childCount <= limits.splitShards else {
            throw .parameterInvalid("invalid shard count: \(childCount) is not within [2, \(limits.splitShards)]")
        }
        var changed = try live.logstore(row.key)
        let family = try changed.shards.split(shard, cut, created: now.wall.timestamp)
        try logstores.checkShardQuota(
            ofProject: try store.existingProject(logstore.project), adding: childCount - 1)
        if live.state.rules.writes.sequenceRule.forgetsOnSplit, let parent = family.first {
            try store.deleteSequenceIDs(ofShard: parent, logstore: row.key)
        }
        try take(changed, closing: Array(family.prefix(1)), opening: Array(family.dropFirst()), row.key, now)
        return family.map { ShardDescription($0) }
    }

    /// Joins a shard with its right-hand neighbour.
    ///
    /// - Returns: The new shard, then its parents.
    func merge(_ shard: ShardID, of logstore: LogstoreRef, now: Moment) throws(APIError) -> [ShardDescription] {
        let row = try logstores.find(logstore)
        var changed = try live.logstore(row.key)
        let family = try changed.shards.merge(shard, created: now.wall.timestamp)
        try take(changed, closing: Array(family.dropFirst()), opening: Array(family.prefix(1)), row.key, now)
        return family.map { ShardDescription($0) }
    }

    /// Deletes a read-only shard, with whatever it still holds.
    ///
    /// - Throws: `ShardNotExist`, or `ParameterInvalid` for one that can be written.
    func delete(_ shard: ShardID, of logstore: LogstoreRef) throws(APIError) {
        try remove(shard, ofLogstore: try logstores.find(logstore).key)
    }

    /// Takes a read-only shard away, of the logstore with that key, and tells the consumer groups. Its numbers stay taken.
    func remove(_ shard: ShardID, ofLogstore key: Int64) throws(APIError) {
        var changed = try live.logstore(key)
        try changed.shards.remove(shard)
        if let extent = changed.extents.removeValue(forKey: shard) {
            try store.deleteLogGroups(ofShard: extent.key)
            try store.deleteShard(extent.key)
        }
        changed.cursors.close(shard)
        try store.setCursorMark(changed.cursors.highest, ofLogstore: key)
        live.state.logstores[key] = changed
        try groups.shardsChanged(ofLogstore: key)
    }

    private func take(
        _ changed: LiveLogstore, closing parents: [Shard], opening children: [Shard], _ key: Int64, _ now: Moment
    ) throws(APIError) {
        var changed = changed
        for parent in parents { try store.setReadOnly(parent.id, ofLogstore: key) }
        for child in children {
            let first = changed.cursors.open(child.id, created: now.wall.nanoseconds)
            let shardKey = try store.insertShard(child, ofLogstore: key, firstCursor: first)
            changed.extents[child.id] = .empty(key: shardKey, firstCursor: first)
        }
        try store.setNextShardID(changed.shards.nextID, ofLogstore: key)
        live.state.logstores[key] = changed
        try groups.shardsChanged(ofLogstore: key)
    }
}

extension ShardDescription {
    init(_ shard: Shard) {
        self.init(
            id: shard.id.value, status: shard.isReadOnly ? .readonly : .readwrite, inclusiveBeginKey: shard.begin.hex,
            exclusiveEndKey: shard.end.hex, createTime: shard.created.seconds)
    }
}
