import Logging
import SLSClient
import SLSProtocol

/// Enters a consumer group: adopts the one that exists, or makes it.
///
/// An existing group is never changed: other members live by its timeout. Whoever makes it with a start position that
/// moves (`end`, relative) resolves that position for every listed shard before, and saves it right after: later askers
/// would find another one (consumer-group.md 4.4).
struct GroupDoor: Sendable {
    let client: SLSClient
    let configuration: Consumer.Configuration
    let clock: ConsumerClock
    let logger: Logger

    func enter() async throws(ConsumerError) -> GroupEntry {
        let shards = try await listShards()
        let adopted = try await adopt()
        let timing = if let adopted { adopted } else { try await create(for: shards) }
        let positions = InitialPositions(
            configured: configuration.start, isFixed: configuration.isStartFixed, listedBeforeJoining: Set(shards))
        return GroupEntry(timing: timing, positions: positions)
    }

    private func listShards() async throws(ConsumerError) -> [ShardID] {
        try await trying("ListShards") { () async throws(ClientError) in
            try await client.listShards(of: configuration.logstore).map { ShardID($0.id) }
        }
    }

    private func groups() async throws(ConsumerError) -> [ConsumerGroupDescription] {
        try await trying("ListConsumerGroup") { () async throws(ClientError) in
            try await client.listConsumerGroups(of: configuration.logstore)
        }
    }

    /// The times of the group that exists, nil when there is none.
    private func adopt() async throws(ConsumerError) -> GroupTiming? {
        let group = configuration.group
        guard let found = try await groups().first(where: { $0.name == group.value }) else { return nil }
        let timeout = Duration.seconds(found.timeout)
        guard let timing = GroupTiming(timeout: timeout) else {
            throw .timeoutTooShort(group: group, timeout: timeout)
        }
        if timeout != configuration.timeout {
            logger.notice(
                "the consumer group exists with another timeout, which is kept",
                metadata: ["group": "\(group)", "timeout": "\(found.timeout)s"])
        }
        return timing
    }

    private func create(for shards: [ShardID]) async throws(ConsumerError) -> GroupTiming {
        var initial: [(ShardID, Cursor)] = []
        if !configuration.isStartFixed {
            for shard in shards.sorted(by: >) {
                let cursor = try await trying("GetCursor") { () async throws(ClientError) in
                    try await client.getCursor(of: shard, in: configuration.logstore, from: configuration.start)
                }
                initial.append((shard, cursor))
            }
        }
        guard try await makeGroup() else { return try await adoptAfterRace() }
        for (shard, cursor) in initial {
            try await trying("UpdateCheckPoint") { () async throws(ClientError) in
                try await client.saveCheckpoint(
                    cursor, of: shard, in: configuration.group, of: configuration.logstore, as: .forced())
            }
        }
        guard let timing = GroupTiming(timeout: configuration.timeout) else {
            throw .timeoutTooShort(group: configuration.group, timeout: configuration.timeout)
        }
        return timing
    }

    /// - Returns: Whether the group is ours; false when somebody else made it meanwhile.
    private func makeGroup() async throws(ConsumerError) -> Bool {
        let refusal = try await trying("CreateConsumerGroup") { () async throws(ClientError) -> APIError? in
            do throws(ClientError) {
                try await client.createConsumerGroup(
                    configuration.group, of: configuration.logstore,
                    timeoutSeconds: Int(configuration.timeout.components.seconds))
                return nil
            } catch {
                guard let refusal = error.apiError, Self.isExpected(refusal.code) else { throw error }
                return refusal
            }
        }
        guard let refusal else {
            logger.notice("made the consumer group", metadata: ["group": "\(configuration.group)"])
            return true
        }
        if refusal.code.means(.consumerGroupAlreadyExist) { return false }
        throw .quotaExceeded(
            refusal, logstore: configuration.logstore, existing: try await groups().map(\.name).sorted())
    }

    private static func isExpected(_ code: APIError.Code) -> Bool {
        code.means(.consumerGroupAlreadyExist) || code.means(.consumerGroupQuotaExceed)
    }

    private func adoptAfterRace() async throws(ConsumerError) -> GroupTiming {
        if let timing = try await adopt() { return timing }
        throw .groupDeleted(configuration.group)
    }

    private func trying<Value: Sendable>(
        _ name: String, _ call: () async throws(ClientError) -> Value
    ) async throws(ConsumerError) -> Value {
        do throws(ClientError) {
            return try await PatientCaller(clock: clock, logger: logger).call(name, call)
        } catch {
            throw .call(name, error)
        }
    }
}

/// What a consumer must know before its first heartbeat.
struct GroupEntry: Sendable {
    let timing: GroupTiming
    let positions: InitialPositions
}
