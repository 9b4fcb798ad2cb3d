package import SLSClient
import SLSProtocol

/// The calls of one member for one shard, with their failures sorted for `ShardConsumer`.
struct ShardCalls: Sendable {
    /// The most that the service answers a pull with, uncompressed.
    static let pullByteCount = 10_485_760

    let client: SLSClient
    let lease: Lease
    let clock: ConsumerClock
    let listing: ShardListing
    let checkpoints: CheckpointListing
    let logstore: LogstoreName
    let group: ConsumerGroupName
    let consumer: ConsumerName
    let needsOwnCursors: Bool

    /// The checkpoints that were ever saved.
    func readCheckpoints(of shard: ShardID?) async throws(ClientError) -> Checkpoints {
        try await Checkpoints(brief.listCheckpoints(of: group, in: logstore, shard: shard))
    }

    /// All checkpoints, by a request that leaves after this call began.
    func readBack() async throws(ClientError) -> Checkpoints {
        try await checkpoints.read { () async throws(ClientError) in try await readCheckpoints(of: nil) }
    }

    func resolve(_ position: CursorPosition, of shard: ShardID) async throws(ClientError) -> Cursor {
        try await brief.getCursor(of: shard, in: logstore, from: position)
    }

    /// - Returns: What came, and how many log groups were asked for: fewer than `count` where cursors are wanted by themselves.
    func pull(
        _ shard: ShardID, from cursor: Cursor, count: Int
    ) async throws(ClientError) -> (pulled: PulledLogs, asked: Int) {
        guard needsOwnCursors else { return (try await pullOnce(shard, from: cursor, count: count), count) }
        return try await Batch.Numbering.pulling(count, from: cursor) { count throws(ClientError) in
            try await pullOnce(shard, from: cursor, count: count)
        }
    }

    private func pullOnce(_ shard: ShardID, from cursor: Cursor, count: Int) async throws(ClientError) -> PulledLogs {
        let client = client.limited(to: GroupTiming.pullTimeout)
        let pulled = try await client.pullLogs(from: cursor, of: shard, in: logstore, count: count)
        let span = pulled.nextCursor.number - cursor.number
        guard span >= Int64(pulled.count) else {
            throw .malformedResponse(
                reason: "\(pulled.count) log groups do not fit between the cursors \(cursor) and \(pulled.nextCursor)",
                status: 200, excerpt: "", requestID: nil)
        }
        return pulled
    }

    /// - Throws: `.transport` of kind `.cancelled` when the lease of that number was over before the request left.
    func save(_ cursor: Cursor, of shard: ShardID, under generation: Int) async throws(ClientError) {
        let fenced = brief.overOwnTransport { transport in
            FencedTransport(transport) { [lease, clock] in
                lease.current.holds(generation: generation, now: clock.now())
            }
        }
        try await fenced.saveCheckpoint(cursor, of: shard, in: group, of: logstore, as: .holder(consumer))
    }

    /// Whether the shard is read-only; nil when it is not listed any more.
    func isReadOnly(_ shard: ShardID) async throws(ClientError) -> Bool? {
        try await listing.isReadOnly(shard, by: brief)
    }

    private var brief: SLSClient { client.limited(to: lease.current.timing.briefTimeout) }
}

extension SLSClient {
    /// The same client with another bound for one exchange.
    package func limited(to timeout: Duration) -> SLSClient {
        var client = self
        client.timeout = timeout
        return client
    }
}

extension ShardConsumer.CallFailure {
    /// Sorts a failure by what follows from it.
    package init(_ error: ClientError) {
        self =
            if error.means(.consumerNotExist) || error.means(.consumerNotMatch) {
                .notOwner
            } else if error.means(.invalidCursor) {
                .invalidCursor
            } else {
                error.isRetriable || error.isCancelled ? .retriable : .refused
            }
    }
}

extension Membership.HeartbeatFailure {
    /// Sorts a failure by what follows from it.
    package init(_ error: ClientError) {
        self =
            if error.means(.notExistConsumerWithBody) {
                .forgotten
            } else if error.means(.consumerGroupNotExist) {
                .groupMissing
            } else {
                error.isAuthorization ? .unauthorized : .unanswered
            }
    }
}
