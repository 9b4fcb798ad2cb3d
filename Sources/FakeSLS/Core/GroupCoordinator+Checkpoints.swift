package import SLSProtocol

extension GroupCoordinator {
    /// Saves a shard's position. It may go backwards: setting a group back is done by a forced save without a consumer.
    ///
    /// - Parameters:
    ///   - name: Who saves; needed unless forced.
    ///   - isForced: Skips the look at who holds the shard.
    ///   - wallMicroseconds: Wall time, microseconds since 1970.
    /// - Throws: In this order: `ShardNotExist` (404); unless forced also `ParameterInvalid` without a consumer,
    ///   `ConsumerNotExist` when it is not alive, `ConsumerNotMatch` when it is not the holder. A holder that is asked to
    ///   give the shard up may still save.
    package mutating func save(
        _ checkpoint: Checkpoint, shard: ShardID, by name: ConsumerName?, isForced: Bool, now: Instant,
        wallMicroseconds: Int64
    ) throws(APIError) {
        expire(now: now)
        guard let index = index(of: shard) else { throw rules.shardNotExist(shard) }
        if !isForced {
            guard let name else { throw .parameterInvalid("consumer is needed unless forceSuccess is true") }
            guard isAlive(name) else { throw rules.consumerNotExist(name) }
            guard shards[index].row.holder == name else {
                throw rules.consumerNotMatch(name, shard)
            }
        }
        shards[index].row.checkpoint = checkpoint
        shards[index].row.updateMicroseconds = wallMicroseconds
        shards[index].row.savedBy = name
        shards[index].isChanged = true
        hasChanges = true
        finish(saved: index)
    }

    /// The saved positions, ascending by shard: one entry for every shard that exists, also where nothing was saved.
    ///
    /// Official consumers take an empty list for a failure and ask for ever.
    ///
    /// - Parameter shard: Only this one; an empty array when it does not exist. Nil for all.
    package func checkpoints(of shard: ShardID? = nil) -> [CheckpointDescription] {
        guard let shard else { return shards.map { checkpoint(of: $0.row) } }
        return index(of: shard).map { [checkpoint(of: shards[$0].row)] } ?? []
    }

    private func checkpoint(of row: ShardRow) -> CheckpointDescription {
        CheckpointDescription(
            shard: row.shard.value, checkpoint: row.checkpoint?.text ?? "", updateTime: Int(row.updateMicroseconds),
            consumer: rules.consumer(of: row)?.value ?? "")
    }
}

extension GroupRules {
    /// Whom a checkpoint is said to belong to; nil for nobody.
    fileprivate func consumer(of row: GroupCoordinator.ShardRow) -> ConsumerName? {
        showsLastSaver ? row.savedBy : row.holder ?? row.savedBy
    }

    /// The group has no such member at this moment.
    func consumerNotExist(_ name: ConsumerName) -> APIError {
        APIError(
            misspellsCodes ? "ConsumerNotExsit" : .consumerNotExist,
            "consumer not exist in the consumer group: \(name)", status: 404)
    }

    /// The group's logstore has no such shard.
    fileprivate func shardNotExist(_ shard: ShardID) -> APIError {
        let error = APIError.shardNotExist(shard, status: 404)
        return misspellsCodes ? APIError("ShardNotExsit", error.message, status: 404) : error
    }

    fileprivate func consumerNotMatch(_ name: ConsumerName, _ shard: ShardID) -> APIError {
        APIError(
            .consumerNotMatch, "shard \(shard) is not held by consumer \(name)", status: consumerNotMatchStatus)
    }
}
