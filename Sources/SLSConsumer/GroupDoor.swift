import Logging
import SLSClient
import SLSProtocol
import System

/// Enters a consumer group: does what `GroupEntrance` says and tells it what came of it.
struct GroupDoor: Sendable {
    private let client: SLSClient
    private let configuration: Consumer.Configuration
    private let caller: PatientCaller
    private let clock: ConsumerClock
    private let logger: Logger

    init(client: SLSClient, configuration: Consumer.Configuration, clock: ConsumerClock, logger: Logger) {
        self.client = client.limited(to: Patience.callTimeout)
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        caller = PatientCaller(clock: clock, logger: logger)
    }

    /// - Returns: nil when `stop` was set first.
    func enter(until stop: Eventually<Void>) async throws(ConsumerError) -> GroupEntry? {
        var entrance = GroupEntrance(
            timeout: configuration.timeout, start: configuration.start,
            isStartFixed: configuration.isStartFixed ?? configuration.start.isFixed(at: clock.wall()))
        var step = entrance.first
        while true {
            switch step {
            case .enter(let timing, let positions):
                return GroupEntry(timing: timing, positions: positions, savedFirst: entrance.savedFirst)
            case .refuse(.timeoutTooShort(let timeout)):
                throw .timeoutTooShort(group: configuration.group, timeout: timeout)
            case .refuse(.groupDeleted): throw .groupDeleted(configuration.group)
            default: break
            }
            let next = step
            let event = try await until(entrance.isStoppable ? stop : Eventually()) {
                () async throws(ConsumerError) in try await perform(next)
            }
            guard let event else { return nil }
            step = entrance.handle(event)
        }
    }

    private func perform(_ step: GroupEntrance.Step) async throws(ConsumerError) -> GroupEntrance.Event {
        switch step {
        case .listShards: .shardsListed(try await listShards())
        case .findGroup: .groupFound(timeout: try await findGroup())
        case .resolve(let shard, let position):
            .resolved(
                try await trying("GetCursor") { () async throws(ClientError) in
                    try await client.getCursor(of: shard, in: configuration.logstore, from: position)
                })
        case .create(let timeout): .created(by: try await makeGroup(timeout))
        case .readCheckpoints:
            try await trying("GetCheckPoint") { () async throws(ClientError) in
                let read = try await maker.listCheckpoints(of: configuration.group, in: configuration.logstore)
                return .checkpointsRead(of: Set(read.filter { !$0.checkpoint.isEmpty }.map { ShardID($0.shard) }))
            }
        case .save(let shard, let cursor):
            try await trying("UpdateCheckPoint") { () async throws(ClientError) in
                try await maker.saveCheckpoint(
                    cursor, of: shard, in: configuration.group, of: configuration.logstore, as: .forced())
                return .saved
            }
        case .enter, .refuse: preconditionFailure("\(step) is not a step to perform")
        }
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

    /// The timeout of the group that exists, nil when there is none.
    private func findGroup() async throws(ConsumerError) -> Duration? {
        let group = configuration.group
        guard let found = try await groups().first(where: { $0.name == group.value }) else { return nil }
        let timeout = Duration.seconds(found.timeout)
        if timeout != configuration.timeout {
            logger.notice(
                "the consumer group exists with another timeout, which is kept",
                metadata: ["group": "\(group)", "timeout": "\(found.timeout)s"])
        }
        return timeout
    }

    private var maker: SLSClient { client.limited(to: Patience.makingTimeout) }

    private func makeGroup(_ timeout: Duration) async throws(ConsumerError) -> GroupEntrance.Maker {
        var tryCount = 0
        let refusal = try await trying("CreateConsumerGroup") { () async throws(ClientError) -> APIError? in
            tryCount += 1
            do throws(ClientError) {
                try await maker.createConsumerGroup(
                    configuration.group, of: configuration.logstore, timeoutSeconds: Int(timeout.components.seconds))
                return nil
            } catch {
                guard let refusal = error.apiError, Self.isExpected(refusal.code) else { throw error }
                return refusal
            }
        }
        guard let refusal else {
            logger.notice("made the consumer group", metadata: ["group": "\(configuration.group)"])
            return .us
        }
        if refusal.code.means(.consumerGroupAlreadyExist) { return tryCount == 1 ? .somebodyElse : .unknown }
        throw .quotaExceeded(
            refusal, logstore: configuration.logstore, existing: try await groups().map(\.name).sorted())
    }

    private static func isExpected(_ code: APIError.Code) -> Bool {
        code.means(.consumerGroupAlreadyExist) || code.means(.consumerGroupQuotaExceed)
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
    /// The first checkpoints of a group that was made here with a start that moves.
    let savedFirst: [ShardID: Cursor]
}
