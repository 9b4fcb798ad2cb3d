internal import SLSProtocol

/// What a write costs, and which shard it goes to: the two belong together, for a write without a key goes where there is
/// room, and a logstore that splits by itself does so where there is none.
extension LogService {
    /// Charges a write, and says where it goes.
    ///
    /// - Throws: 403 `WriteQuotaExceed` or `ShardWriteQuotaExceed`; `LogStoreWithoutShard`.
    func admit(
        _ groups: [StoredLogGroup], _ key: HashKey?, to logstore: LogstoreRef, _ row: LogstoreRow, _ now: Moment
    ) throws(APIError) -> Shard {
        let byteCount = groups.reduce(0) { $0 + $1.rawByteCount }
        let project = QuotaLedger.Holder.project(logstore.project.value)
        try quotas.charge(groups.count, .projectWriteCalls, project, now: now)
        try quotas.charge(byteCount, .projectWriteBytes, project, now: now)
        let byteRate = try byteRate(of: row)
        let shard = try place(key, logstore, row, byteRate, now)
        let holder = QuotaLedger.Holder.shard(try live.logstore(row.key).extent(shard.id).key)
        try quotas.charge(groups.count, .shardWriteCalls, holder, now: now)
        try quotas.charge(byteCount, byteRate, holder, now: now)
        return shard
    }

    private func byteRate(of row: LogstoreRow) throws(APIError) -> Limits.Rate {
        guard quotas.asksForIndex, try !store.hasIndex(logstore: row.key) else { return .shardWriteBytes }
        return .shardWriteBytesWithoutIndex
    }

    /// The shard for a key, or the next in turn. Where that is over its limit and the logstore has `autoSplit`, it is cut
    /// in two, and the write goes to a half: at the first refusal, where the service waits for a while (assumed).
    private func place(
        _ key: HashKey?, _ logstore: LogstoreRef, _ row: LogstoreRow, _ byteRate: Limits.Rate, _ now: Moment
    ) throws(APIError) -> Shard {
        let shard = try choose(key, row, byteRate, now)
        guard row.autoSplit, isUsedUp(shard, in: try live.logstore(row.key), byteRate, now),
            try live.logstore(row.key).shards.writable.count < row.maxSplitShard
        else { return shard }
        do throws(APIError) {
            _ = try shards.split(shard.id, .middle, of: logstore, now: now)
        } catch  where error.code == .projectQuotaExceed || error.code == .parameterInvalid {
            // The project has no more shards to give, or the range is a single key: the write is refused as it is.
            return shard
        }
        return try choose(key, row, byteRate, now)
    }

    private func choose(
        _ key: HashKey?, _ row: LogstoreRow, _ byteRate: Limits.Rate, _ now: Moment
    ) throws(APIError) -> Shard {
        var logstore = try live.logstore(row.key)
        if let key { return try logstore.shards.shard(for: key) }
        let known = logstore
        let shard = try logstore.shards.balancedShard { !isUsedUp($0, in: known, byteRate, now) }
        live.state.logstores[row.key] = logstore
        return shard
    }

    private func isUsedUp(
        _ shard: Shard, in logstore: LiveLogstore, _ byteRate: Limits.Rate, _ now: Moment
    ) -> Bool {
        guard let key = logstore.extents[shard.id]?.key else { return false }
        return [byteRate, .shardWriteCalls].contains { quotas.isUsedUp($0, .shard(key), now: now) }
    }
}
