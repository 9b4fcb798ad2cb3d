public import SLSProtocol

extension SLSClient {
    /// The logstore's shards, those that are readonly included.
    ///
    /// - Throws: `LogStoreNotExist`.
    public func listShards(of logstore: LogstoreName) async throws(ClientError) -> [ShardDescription] {
        try await perform(
            CallRequest(call: .listShards, method: "GET", path: CallRequest.path(logstore, "/shards"))
        ).json()
    }

    /// The service's time of day, as its answer to ListShards has it; nil where that does not say.
    ///
    /// - Throws: `LogStoreNotExist`.
    package func serviceTime(of logstore: LogstoreName) async throws(ClientError) -> Timestamp? {
        try await perform(
            CallRequest(call: .listShards, method: "GET", path: CallRequest.path(logstore, "/shards"))
        ).response.serviceTime
    }

    /// Splits a shard in two at `key`, which lies strictly inside its range.
    ///
    /// - Returns: The parent, now readonly, then the new shards.
    /// - Throws: `ParameterInvalid`, `LogStoreNotExist`. After a lost answer the split may have happened.
    public func splitShard(
        _ shard: ShardID, of logstore: LogstoreName, at key: HashKey
    ) async throws(ClientError) -> [ShardDescription] {
        try await perform(
            CallRequest(
                call: .splitShard, method: "POST", path: CallRequest.path(logstore, "/shards/\(shard)"),
                query: [("action", "split"), ("key", key.hex)])
        ).json()
    }

    /// Merges a shard with its neighbour on the right; both must be readwrite.
    ///
    /// - Returns: The new shard, then its two parents, now readonly.
    /// - Throws: `ParameterInvalid`, also for the last shard; `LogStoreNotExist`.
    public func mergeShards(
        _ shard: ShardID, of logstore: LogstoreName
    ) async throws(ClientError) -> [ShardDescription] {
        try await perform(
            CallRequest(
                call: .mergeShards, method: "POST", path: CallRequest.path(logstore, "/shards/\(shard)"),
                query: [("action", "merge")])
        ).json()
    }
}
