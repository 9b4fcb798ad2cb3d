public import Logging
public import SLSClient
public import SLSProtocol
public import System

/// One member of a consumer group: takes the shards it is given, hands their log groups to a processor, and saves
/// checkpoints behind what the processor has acknowledged.
///
/// At least once: after a crash log groups may be handed over again, none is left out. The rules are those of
/// consumer-group.md chapter 4; `Membership` and `ShardConsumer` decide, this type does what they say.
public final class Consumer: Sendable {
    /// What a consumer must know, and what it may be told.
    public struct Configuration: Sendable {
        /// The logstore to read.
        public var logstore: LogstoreName
        /// The group to join.
        public var group: ConsumerGroupName
        /// The name under which to join; unique among live members, stable across restarts (`ConsumerIdentity`).
        public var consumer: ConsumerName
        /// T, whole seconds, for a group that is made here. Default 30 s. An existing group keeps its own.
        public var timeout = Duration.seconds(30)
        /// Where a shard without a checkpoint begins. Default the oldest log group. (Python: `cursor_position`.)
        public var start = CursorPosition.begin
        /// Whether `start` means the same whenever it is asked for; false for `end`, a relative and a future time.
        public var isStartFixed = true
        /// What happens to a shard whose checkpoint has expired. Default: it goes on with the oldest log group.
        public var gapPolicy = GapPolicy.earliest
        /// Told of each change of what this consumer holds, in order; it must return at once. Default: nothing is done.
        public var rebalanced: @Sendable (Rebalance) -> Void = { _ in }
        /// Pulled bytes held by all shards together. Default 256 MB. (Java: `maxInProgressingDataSizeInMB`.)
        public var byteBudget = 256_000_000
        /// Pulled bytes held by one shard. Default 32 MB.
        public var byteBudgetPerShard = 32_000_000

        /// A configuration with the defaults of everything else.
        public init(logstore: LogstoreName, group: ConsumerGroupName, consumer: ConsumerName) {
            self.logstore = logstore
            self.group = group
            self.consumer = consumer
        }
    }

    /// How a consumer stopped.
    public struct Outcome: Equatable, Sendable {
        /// Whether the saved checkpoints cover everything that was sent.
        public let isSettled: Bool
    }

    private let configuration: Configuration
    private let client: SLSClient
    private let heartbeatClient: SLSClient
    private let clock: ConsumerClock
    private let logger: Logger
    private let budget: ByteBudget
    private let board: StatusBoard

    /// - Parameters:
    ///   - client: For everything but heartbeats.
    ///   - heartbeatTransport: For heartbeats alone: they must not wait behind bulk.
    public init(
        _ configuration: Configuration, client: SLSClient, heartbeatTransport: any Transport,
        clock: ConsumerClock = .system, logger: Logger = Logger(label: "sls-consumer")
    ) {
        self.configuration = configuration
        self.client = client
        heartbeatClient = client.over(heartbeatTransport)
        self.clock = clock
        self.logger = logger
        board = StatusBoard(metrics: ConsumerMetrics())
        budget = ByteBudget(limit: configuration.byteBudget, limitPerShard: configuration.byteBudgetPerShard)
    }

    /// What the consumer does at this moment.
    public var status: ConsumerStatus {
        var status = board.status(now: clock.now(), wall: clock.wall())
        status.heldByteCount = budget.used
        return status
    }

    /// Joins the group and works until told to stop.
    ///
    /// - Parameters:
    ///   - stop: Set to stop: what is in flight is finished and saved, heartbeats go on until then, half of T at most.
    ///     Cancelling the task instead stops at once, without a last save.
    ///   - joined: Called after the first acknowledged heartbeat.
    ///   - process: Processes one shard; called once for each shard that is held.
    /// - Throws: `ConsumerError` when it cannot join, or the group is gone.
    public func run(
        until stop: Eventually<Void>, joined: @escaping @Sendable () -> Void = {},
        process: @escaping ShardProcessor
    ) async throws(ConsumerError) -> Outcome {
        let door = GroupDoor(client: client, configuration: configuration, clock: clock, logger: logger)
        // Stopped before anything was sent: nothing is owed.
        guard let entry = try await door.enter(until: stop) else { return Outcome(isSettled: true) }
        let lease = Lease(timing: entry.timing)
        let calls = ShardCalls(
            client: client, lease: lease, clock: clock, listing: ShardListing(configuration.logstore, clock: clock),
            logstore: configuration.logstore, group: configuration.group, consumer: configuration.consumer)
        let surroundings = ShardTask.Surroundings(
            calls: calls, lease: lease, budget: budget,
            reservationByteCount: min(ShardCalls.pullByteCount, configuration.byteBudgetPerShard), clock: clock,
            board: board, process: process, rebalanced: configuration.rebalanced, logger: logger,
            troubles: ThrottledLogger(logger, clock: clock))
        var loop = MemberLoop(
            membership: Membership(timing: entry.timing, now: clock.now()), lease: lease, positions: entry.positions,
            surroundings: surroundings, configuration: configuration, client: client,
            heartbeatClient: heartbeatClient, joined: joined)
        let reason = await loop.run(until: stop)
        switch reason {
        case .shutDown: return Outcome(isSettled: await isCovered(loop.debts, calls))
        case .groupMissing: throw .groupDeleted(configuration.group)
        case .timeoutTooShort(let timeout): throw .timeoutTooShort(group: configuration.group, timeout: timeout)
        }
    }

    /// Whether the checkpoints cover everything that was sent; where it is not known, the service is asked, once.
    private func isCovered(_ debts: SentPositions, _ calls: ShardCalls) async -> Bool {
        if debts.isCovered { return true }
        do {
            return debts.covered(by: try await calls.readCheckpoints(of: nil).cursors).isCovered
        } catch {
            return false
        }
    }
}
