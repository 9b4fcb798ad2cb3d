import Logging
import SLSClient
import SLSProtocol
import System

/// Enters a consumer group: adopts the one that exists, or makes it.
///
/// An existing group is never changed: other members live by its timeout. Whoever makes it with a start position that
/// moves (`end`, relative) resolves that position for every listed shard before, and saves it right after: later askers
/// would find another one (consumer-group.md 4.4).
struct GroupDoor: Sendable {
    /// What was there before anything is made.
    private struct View: Sendable {
        let shards: [ShardID]
        /// nil where there is no group yet.
        let timing: GroupTiming?
        /// Where each shard begins, highest id first; only for a group to be made with a start position that moves.
        var initial: [(shard: ShardID, cursor: Cursor)] = []
    }

    private let client: SLSClient
    private let configuration: Consumer.Configuration
    private let caller: PatientCaller
    private let logger: Logger

    init(client: SLSClient, configuration: Consumer.Configuration, clock: ConsumerClock, logger: Logger) {
        self.client = client.limited(to: PatientCaller.callTimeout)
        self.configuration = configuration
        self.logger = logger
        caller = PatientCaller(clock: clock, logger: logger)
    }

    /// - Returns: nil when `stop` was set first.
    func enter(until stop: Eventually<Void>) async throws(ConsumerError) -> GroupEntry? {
        let view = try await SLSConsumer.until(stop) { () async throws(ConsumerError) in try await look() }
        guard let view else { return nil }
        let positions = InitialPositions(
            configured: configuration.start, isFixed: configuration.isStartFixed,
            listedBeforeJoining: Set(view.shards))
        if let timing = view.timing { return GroupEntry(timing: timing, positions: positions) }
        // A group without the checkpoints of its maker would begin later for everybody: once begun, this is finished.
        let isStoppable = configuration.isStartFixed
        let timing = try await SLSConsumer.until(isStoppable ? stop : Eventually()) {
            () async throws(ConsumerError) in try await create(view)
        }
        return timing.map { GroupEntry(timing: $0, positions: positions) }
    }

    private func look() async throws(ConsumerError) -> View {
        var view = View(shards: try await listShards(), timing: try await adopt())
        if view.timing != nil || configuration.isStartFixed { return view }
        for shard in view.shards.sorted(by: >) {
            let cursor = try await trying("GetCursor") { () async throws(ClientError) in
                try await client.getCursor(of: shard, in: configuration.logstore, from: configuration.start)
            }
            view.initial.append((shard, cursor))
        }
        return view
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

    private func create(_ view: View) async throws(ConsumerError) -> GroupTiming {
        guard let timing = GroupTiming(timeout: configuration.timeout) else {
            throw .timeoutTooShort(group: configuration.group, timeout: configuration.timeout)
        }
        guard try await makeGroup() else { return try await adoptAfterRace() }
        for (shard, cursor) in view.initial {
            try await trying("UpdateCheckPoint") { () async throws(ClientError) in
                try await client.saveCheckpoint(
                    cursor, of: shard, in: configuration.group, of: configuration.logstore, as: .forced())
            }
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
            return try await caller.call(name, call)
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
