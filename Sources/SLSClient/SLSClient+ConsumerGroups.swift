public import SLSProtocol

/// In whose name a checkpoint is saved.
public enum CheckpointAuthor: Hashable, Sendable {
    /// A consumer that holds the shard; the service refuses it otherwise.
    case holder(ConsumerName)
    /// Anybody: the service does not ask who holds the shard. Overwrites what a holder saved.
    case forced(by: ConsumerName? = nil)
}

extension SLSClient {
    /// Creates a consumer group.
    ///
    /// - Parameters:
    ///   - timeoutSeconds: Silence after which the service gives a consumer's shards to others.
    ///   - isOrdered: Whether the children of a split wait until their parent is read.
    /// - Throws: `ConsumerGroupAlreadyExist`, `ConsumerGroupQuotaExceed`, `LogStoreNotExist`.
    public func createConsumerGroup(
        _ group: ConsumerGroupName, of logstore: LogstoreName, timeoutSeconds: Int, isOrdered: Bool = false
    ) async throws(ClientError) {
        let body = ConsumerGroupCreation(consumerGroup: group.value, timeout: timeoutSeconds, order: isOrdered)
        _ = try await perform(
            CallRequest(
                call: .createConsumerGroup, method: "POST", path: CallRequest.path(logstore, "/consumergroups"),
                content: .json(encoding: body)))
    }

    /// All consumer groups of the logstore.
    public func listConsumerGroups(
        of logstore: LogstoreName
    ) async throws(ClientError) -> [ConsumerGroupDescription] {
        try await perform(
            CallRequest(
                call: .listConsumerGroups, method: "GET", path: CallRequest.path(logstore, "/consumergroups"))
        ).json()
    }

    /// Changes a consumer group; what is nil stays.
    ///
    /// - Throws: `ConsumerGroupNotExist`.
    public func updateConsumerGroup(
        _ group: ConsumerGroupName, of logstore: LogstoreName, timeoutSeconds: Int? = nil, isOrdered: Bool? = nil
    ) async throws(ClientError) {
        let body = ConsumerGroupUpdate(timeout: timeoutSeconds, order: isOrdered)
        _ = try await perform(
            CallRequest(
                call: .updateConsumerGroup, method: "PUT", path: path(group, logstore), content: .json(encoding: body)))
    }

    /// Deletes a consumer group with its checkpoints.
    ///
    /// - Throws: `ConsumerGroupNotExist`.
    public func deleteConsumerGroup(
        _ group: ConsumerGroupName, of logstore: LogstoreName
    ) async throws(ClientError) {
        _ = try await perform(
            CallRequest(call: .deleteConsumerGroup, method: "DELETE", path: path(group, logstore)))
    }

    /// Tells the service that the consumer lives, and asks which shards it is to hold. Joins the group the first time.
    ///
    /// - Parameter shards: Those the consumer works on right now, until it has let go of them.
    /// - Returns: Those to hold from now on, ascending, none twice.
    /// - Throws: `NotExistConsumerWithBody` when the service has forgotten the consumer, `ConsumerGroupNotExist`.
    public func heartbeat(
        _ consumer: ConsumerName, in group: ConsumerGroupName, of logstore: LogstoreName, holding shards: [ShardID]
    ) async throws(ClientError) -> [ShardID] {
        let answer = try await perform(
            CallRequest(
                call: .heartbeat, method: "POST", path: path(group, logstore),
                query: [("type", "heartbeat"), ("consumer", consumer.value)],
                content: .bareJSON(encoding: shards.map(\.value))))
        return Set(try answer.json([Int].self)).sorted().map(ShardID.init)
    }

    /// Saves a shard's checkpoint: the cursor from which its next holder reads.
    ///
    /// - Throws: `ConsumerNotExist`, `ConsumerNotMatch` for a holder that is none; `ShardNotExist`,
    ///   `ConsumerGroupNotExist`.
    public func saveCheckpoint(
        _ cursor: Cursor, of shard: ShardID, in group: ConsumerGroupName, of logstore: LogstoreName,
        as author: CheckpointAuthor
    ) async throws(ClientError) {
        var query = [(name: "type", value: "checkpoint")]
        switch author {
        case .holder(let consumer): query += [("consumer", consumer.value), ("forceSuccess", "false")]
        case .forced(let consumer?): query += [("consumer", consumer.value), ("forceSuccess", "true")]
        case .forced(nil): query += [("forceSuccess", "true")]
        }
        let body = CheckpointUpdate(shard: shard.value, checkpoint: cursor.encoded)
        _ = try await perform(
            CallRequest(
                call: .saveCheckpoint, method: "POST", path: path(group, logstore), query: query,
                content: .bareJSON(encoding: body)))
    }

    /// The checkpoints of a group: one for each shard that exists, with "" where none was ever saved.
    ///
    /// - Parameter shard: Asks for one shard; the answer is empty if it does not exist.
    /// - Throws: `ConsumerGroupNotExist`.
    public func listCheckpoints(
        of group: ConsumerGroupName, in logstore: LogstoreName, shard: ShardID? = nil
    ) async throws(ClientError) -> [CheckpointDescription] {
        try await perform(
            CallRequest(
                call: .listCheckpoints, method: "GET", path: path(group, logstore),
                query: shard.map { [("shard", "\($0)")] } ?? [])
        ).json()
    }

    private func path(_ group: ConsumerGroupName, _ logstore: LogstoreName) -> String {
        CallRequest.path(logstore, "/consumergroups/\(group)")
    }
}
