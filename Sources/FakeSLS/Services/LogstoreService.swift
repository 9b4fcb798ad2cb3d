internal import SLSProtocol

/// The rules of logstores.
final class LogstoreService {
    let store: Store
    private let live: LiveStateBox
    private let limits: Limits

    init(store: Store, live: LiveStateBox, limits: Limits) {
        self.store = store
        self.live = live
        self.limits = limits
    }

    /// The logstore's row, for the other services.
    ///
    /// - Throws: 404 `ProjectNotExist` or `LogStoreNotExist`.
    func find(_ logstore: LogstoreRef) throws(APIError) -> LogstoreRow {
        if let row = try store.logstore(logstore) { return row }
        _ = try store.existingProject(logstore.project)
        throw .logstoreNotExist(logstore.name.value)
    }

    @discardableResult
    func create(
        _ wanted: LogstoreDescription, in project: ProjectName, now: Moment
    ) throws(APIError) -> LogstoreRef {
        let projectRow = try store.existingProject(project)
        let name = try LogstoreName(wanted.logstoreName ?? "")
        let ref = LogstoreRef(project: project, name: name)
        guard try store.logstore(ref) == nil else {
            throw APIError(.logStoreAlreadyExist, "logstore \(name) already exists")
        }
        guard wanted.ttl != nil else { throw APIError(.logStoreInfoInvalid, "ttl is missing") }
        guard let shardCount = wanted.shardCount, shardCount >= 1, shardCount <= limits.shardsPerNewLogstore else {
            throw APIError(
                .logStoreInfoInvalid, "shardCount must be within range [1, \(limits.shardsPerNewLogstore)]")
        }
        guard try store.logstoreCount(ofProject: projectRow.key) < limits.logstoresPerProject else {
            throw APIError(
                .projectQuotaExceed, "project \(project) already has \(limits.logstoresPerProject) logstores")
        }
        try checkShardQuota(ofProject: projectRow, adding: shardCount)
        let created = now.wall.timestamp.seconds
        let row = try LogstoreRow(project: projectRow.key, name: name, createTime: created).changed(
            by: wanted, limits: limits, time: created)
        let key = try store.insertLogstore(row)
        try layShards(shardCount, of: ref, key: key, ttlDays: row.ttl, now: now)
        return ref
    }

    func get(_ logstore: LogstoreRef) throws(APIError) -> LogstoreDescription {
        let row = try find(logstore)
        var description = LogstoreDescription(
            logstoreName: row.name, ttl: row.ttl, shardCount: try live.logstore(row.key).shards.writable.count)
        description.enableTracking = row.enableTracking
        description.autoSplit = row.autoSplit
        description.maxSplitShard = row.maxSplitShard
        description.appendMeta = row.appendMeta
        description.telemetryType = row.telemetryType
        description.mode = row.mode
        description.hotTTL = row.hotTTL
        description.createTime = row.createTime
        description.lastModifyTime = row.modifyTime
        return description
    }

    /// Changes what the body names. The SDKs send the shard count along; it must be the present one.
    func update(_ logstore: LogstoreRef, to wanted: LogstoreDescription, now: Moment) throws(APIError) {
        let row = try find(logstore)
        let shardCount = try live.logstore(row.key).shards.writable.count
        guard wanted.shardCount == nil || wanted.shardCount == shardCount else {
            throw .parameterInvalid("invalid shard count, it can only be changed by split or merge: \(shardCount)")
        }
        let changed = try row.changed(by: wanted, limits: limits, time: now.wall.timestamp.seconds)
        try store.updateLogstore(changed)
        live.state.logstores[row.key]?.ttlDays = changed.ttl
    }

    /// Deletes the logstore with its data and groups. Its highest cursor stays known under its name.
    func delete(_ logstore: LogstoreRef) throws(APIError) {
        let row = try find(logstore)
        let gone = try live.logstore(row.key)
        for shard in gone.shards.shards {
            if let extent = gone.extents[shard.id] { try store.deleteLogGroups(ofShard: extent.key) }
        }
        try store.setCursorMark(gone.cursors.highest, of: logstore)
        try store.deleteLogstore(row.key)
        live.state.logstores[row.key] = nil
        live.state.groups = live.state.groups.filter { $0.key.logstore != row.key }
    }

    /// Names that fit, in order; each filter is nil or "" for any.
    func list(
        of project: ProjectName, containing part: String?, telemetryType: String?, mode: String?, page: Page
    ) throws(APIError) -> LogstoreList {
        let projectRow = try store.existingProject(project)
        let names = try store.logstoreNames(
            ofProject: projectRow.key, containing: part ?? "", telemetryType: telemetryType.nonEmpty,
            mode: mode.nonEmpty)
        return LogstoreList(total: names.count, logstores: Array(names.dropFirst(page.offset).prefix(page.size)))
    }

    /// - Throws: `ProjectQuotaExceed` when the project's shards that can be written would become too many.
    func checkShardQuota(ofProject project: ProjectRow, adding count: Int) throws(APIError) {
        let present = try store.logstoreKeys(ofProject: project.key).reduce(0) { sum, logstore in
            sum + (live.state.logstores[logstore.key]?.shards.writable.count ?? 0)
        }
        guard present + count <= limits.shardsPerProject else {
            throw APIError(
                .projectQuotaExceed,
                "project \(project.name) may have \(limits.shardsPerProject) shards, and has \(present)")
        }
    }

    /// Reads what is kept in memory of all logstores from the store.
    func load() throws(APIError) -> [Int64: LiveLogstore] {
        var logstores: [Int64: LiveLogstore] = [:]
        for found in try store.allLogstoreKeys() {
            let ref = LogstoreRef(
                project: try ProjectName(found.project), name: try LogstoreName(found.name))
            let rows = try store.shards(ofLogstore: found.key)
            var extents: [ShardID: LiveLogstore.Extent] = [:]
            var ends: [ShardID: Cursor] = [:]
            for row in rows {
                let newest = try store.newestLogGroup(ofShard: row.key)
                extents[row.shard.id] = LiveLogstore.Extent(
                    key: row.key, firstCursor: row.firstCursor, keptFrom: row.keptFrom,
                    oldestReceived: try store.oldestReceipt(ofShard: row.key), newestReceived: newest?.received)
                ends[row.shard.id] = newest.map { row.firstCursor.advanced(by: Int($0.offset) + 1) } ?? row.keptFrom
            }
            let mark = try store.cursorMark(of: ref) ?? 0
            logstores[found.key] = LiveLogstore(
                shards: ShardMap(
                    shards: rows.map(\.shard), nextID: try store.nextShardID(ofLogstore: found.key)),
                cursors: CursorAllocator(highest: mark, ends: ends), extents: extents, ttlDays: found.ttlDays)
        }
        return logstores
    }

    private func layShards(
        _ count: Int, of logstore: LogstoreRef, key: Int64, ttlDays: Int, now: Moment
    ) throws(APIError) {
        let map = ShardMap(shardCount: count, created: now.wall.timestamp)
        var fresh = LiveLogstore(
            shards: map, cursors: CursorAllocator(highest: try store.cursorMark(of: logstore) ?? 0), extents: [:],
            ttlDays: ttlDays)
        for shard in map.shards {
            let first = fresh.cursors.open(shard.id, created: now.wall.nanoseconds)
            let shardKey = try store.insertShard(shard, ofLogstore: key, firstCursor: first)
            fresh.extents[shard.id] = .empty(key: shardKey, firstCursor: first)
        }
        try store.setNextShardID(map.nextID, ofLogstore: key)
        live.state.logstores[key] = fresh
    }
}

extension LiveStateBox {
    /// The logstore of an existing row: each has one.
    func logstore(_ key: Int64) throws(APIError) -> LiveLogstore {
        guard let logstore = state.logstores[key] else {
            throw APIError(.internalServerError, "the shards of logstore \(key) are not loaded")
        }
        return logstore
    }
}

extension LogstoreRow {
    /// A logstore of that name with the service's defaults.
    fileprivate init(project: Int64, name: LogstoreName, createTime: Int) {
        self.init(
            key: 0, project: project, name: name.value, ttl: 1, hotTTL: nil, enableTracking: false, autoSplit: false,
            maxSplitShard: 64, appendMeta: false, telemetryType: "", mode: "standard", createTime: createTime,
            modifyTime: createTime)
    }

    /// The same logstore with what a body names put in place.
    ///
    /// - Throws: `LogStoreInfoInvalid` for a value out of range.
    fileprivate func changed(
        by wanted: LogstoreDescription, limits: Limits, time: Int
    ) throws(APIError) -> LogstoreRow {
        var row = self
        row.ttl = wanted.ttl ?? ttl
        guard RequestLimits.ttlDays.contains(row.ttl) else {
            throw APIError(.logStoreInfoInvalid, "ttl must be within range [1, \(RequestLimits.ttlDays.upperBound)]")
        }
        row.autoSplit = wanted.autoSplit ?? autoSplit
        row.maxSplitShard = wanted.maxSplitShard ?? min(maxSplitShard, limits.splitShards)
        guard row.maxSplitShard <= limits.splitShards, row.maxSplitShard >= 1 || !row.autoSplit else {
            throw APIError(.logStoreInfoInvalid, "maxSplitShard must be within range [1, \(limits.splitShards)]")
        }
        row.hotTTL = wanted.hotTTL ?? hotTTL
        row.enableTracking = wanted.enableTracking ?? enableTracking
        row.appendMeta = wanted.appendMeta ?? appendMeta
        row.telemetryType = wanted.telemetryType ?? telemetryType
        row.mode = wanted.mode.nonEmpty ?? mode
        row.modifyTime = time
        return row
    }
}

extension String? {
    /// nil for "" too, which the SDKs send for a filter that is not set.
    var nonEmpty: String? { self?.isEmpty == true ? nil : self }
}
