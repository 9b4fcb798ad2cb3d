public import Logging
public import SLSClient
public import SLSProtocol
package import System

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
        /// T, 6 s or more, for a group that is made here; a part of a second is left out. Default 30 s. An existing group
        /// keeps its own. (Java: `heartBeatTimeout`; Go: `HeartbeatTimeoutInSecond`; Python: twice `heartbeat_interval`.)
        public var timeout = Duration.seconds(30)
        /// Where a shard without a checkpoint begins. Default the oldest log group. (Python: `cursor_position`; Go:
        /// `CursorPosition`.)
        public var start = CursorPosition.begin
        /// Whether `start` means the same whenever it is asked for, where that cannot be seen from it: a relative time,
        /// which was turned into an absolute one at this start, is another at the next. nil: as it says itself.
        package var isStartFixed: Bool?
        /// Whether each log group must have its own cursor, the same at every pull, even if that takes many small pulls.
        package var needsOwnCursors = false
        /// What happens to a shard whose checkpoint has expired. Default: it goes on with the oldest log group.
        public var gapPolicy = GapPolicy.earliest
        /// What to do when the group is deleted while it is consumed. Default: end.
        public var missingGroupPolicy = MissingGroupPolicy.fail
        /// Told of each change of what this consumer holds, in order; it must return at once. Default: nothing is done.
        public var rebalanced: @Sendable (Rebalance) -> Void = { _ in }
        /// Log groups to ask for in one pull, 1 to 1,000. Default 1,000. (Python: `max_fetch_log_group_size`; Go:
        /// `MaxFetchLogGroupCount`.)
        public var pullCount = 1_000
        /// How often a changed checkpoint is saved. Default 1 s. (Java and Go: `autoCommitInterval`, 60 s.)
        public var saveInterval = Duration.seconds(1)
        /// Log groups that may be handed over past the confirmed checkpoint, per shard: bounds what a crash repeats.
        /// Default 16,384; at least 2.
        public var runAhead = 16_384
        /// Pulled bytes held by all shards of this consumer together. Default 256 MB. (Java: `maxInProgressingDataSizeInMB`.)
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
        /// The shards that were let go, because it stopped or others were to have them.
        var letGo = LetGo()
        /// When shards were last started again for a reason of their processor's.
        var restarted: [ShardID: Instant] = [:]
        /// The group's times when it stopped; nil where it did not stop as a member.
        var timing: GroupTiming?
        /// What was sent, by this run and those before it, that no checkpoint is known to cover.
        package var owed = SentPositions()

        /// The shards let go at the stop of which others may have sent more, before us, than their checkpoint covers.
        package var inDoubt: [ShardID] { letGo.inDoubt }
    }

    let clock: ConsumerClock
    let logger: Logger
    /// Its own to end; nil where the caller brings the transports.
    let possessions: Possessions?
    /// Set by `stop()`.
    let stopping = Eventually<Void>()

    let configuration: Configuration
    let client: SLSClient
    let heartbeatClient: SLSClient
    private let budget: ByteBudget
    private let board: StatusBoard
    private let directory = ShardDirectory()
    /// Whether a run is at work, or has ended the connections behind it.
    private let isTaken = Lock(false)

    /// The long way: a consumer over transports of any kind, under a name that the caller answers for.
    ///
    /// - Parameters:
    ///   - configuration: What to read, and how.
    ///   - client: For everything but heartbeats.
    ///   - heartbeatTransport: For heartbeats alone: they must not wait behind bulk.
    ///   - clock: For leases, waits and start positions.
    ///   - logger: For everything that a person may want to know.
    /// - Throws: `ConsumerError.invalidConfiguration` when a setting is outside its range.
    public convenience init(
        _ configuration: Configuration, client: SLSClient, heartbeatTransport: any Transport,
        clock: ConsumerClock = .system, logger: Logger = Logger(label: "sls-consumer")
    ) throws(ConsumerError) {
        try self.init(
            configuration, client: client, heartbeatTransport: heartbeatTransport, possessions: nil, clock: clock,
            logger: logger)
    }

    init(
        _ configuration: Configuration, client: SLSClient, heartbeatTransport: any Transport,
        possessions: Possessions?, clock: ConsumerClock, logger: Logger
    ) throws(ConsumerError) {
        let mistakes = configuration.mistakes
        guard mistakes.isEmpty else { throw .invalidConfiguration(mistakes) }
        var configuration = configuration
        configuration.timeout = .seconds(configuration.timeout.components.seconds)
        self.possessions = possessions
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

    /// Writes the gauges as they are now. It is done every 10 s anyway; whoever shows metrics when they are asked for calls
    /// this first.
    public func writeGauges() {
        board.writeGauges(now: clock.now(), wall: clock.wall(), heldByteCount: budget.used)
    }

    /// Joins the group and works until told to stop.
    ///
    /// - Parameters:
    ///   - stop: Set to stop: what is in flight is finished and saved, heartbeats go on until then, half of T at most.
    ///     Cancelling the task instead stops at once, without a last save.
    ///   - joined: Called after the first acknowledged heartbeat.
    ///   - before: How the run before it stopped: what that one sent is owed until a checkpoint covers it.
    ///   - process: Processes one shard; called once for each shard that is held.
    /// - Throws: `ConsumerError` when it cannot join, the group is gone, or a run is at work.
    package func run(
        until stop: Eventually<Void>, joined: @escaping @Sendable () -> Void = {}, after before: Outcome? = nil,
        process: @escaping ShardProcessor
    ) async throws(ConsumerError) -> Outcome {
        try begin()
        defer { isTaken.withLock { $0 = false } }
        return try await work(until: stop, joined: joined, after: before, process: process)
    }

    /// Lets one run be at work: a second would report other shards under the same name.
    func begin() throws(ConsumerError) {
        let isFirst = isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
        guard isFirst else { throw .alreadyRun(configuration.consumer) }
    }

    func work(
        until stop: Eventually<Void>, joined: @escaping @Sendable () -> Void, after before: Outcome? = nil,
        process: @escaping ShardProcessor
    ) async throws(ConsumerError) -> Outcome {
        var left = LeftBehind()
        let hasJoined = Eventually<Void>()
        let joinedOnce: @Sendable () -> Void = { if hasJoined.set(()) { joined() } }
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        while true {
            let door = GroupDoor(client: client, configuration: configuration, clock: clock, logger: logger)
            guard let entry = try await door.enter(until: stop) else {
                // Nothing was sent by this run. What a deleted group had is not saved any more.
                return left.isEmpty ? await stoppedOutside(after: before) : Outcome(isSettled: false)
            }
            let calls = calls(entry)
            let surroundings = surroundings(
                calls, left: await told(of: left, by: entry, calls), process: process)
            var loop = MemberLoop(
                membership: Membership(timing: entry.timing, now: clock.now()), lease: calls.lease,
                positions: entry.positions, surroundings: surroundings, configuration: configuration, client: client,
                heartbeatClient: heartbeatClient, joined: joinedOnce, before: left.isEmpty ? before : nil)
            switch await loop.run(until: stop) {
            case nil: return Outcome(isSettled: false)
            case .shutDown:
                let owed = await unpaid(loop.debts) { () async throws(ClientError) in
                    try await calls.readCheckpoints(of: nil).table
                }
                return Outcome(
                    isSettled: owed.isCovered, letGo: loop.letGo, restarted: loop.restarted,
                    timing: loop.membership.timing, owed: owed)
            case .timeoutTooShort(let timeout):
                throw .timeoutTooShort(group: configuration.group, timeout: timeout)
            case .groupMissing:
                guard case .recreate = configuration.missingGroupPolicy else {
                    throw .groupDeleted(configuration.group)
                }
                logger.error("the group was deleted; making it anew", metadata: ["group": "\(configuration.group)"])
                left = loop.leftBehind
                // The list of groups may show for a while what heartbeats say is gone.
                if loop.hasJoined { backoff.reset() }
                let next = clock.now() + backoff.next(using: &random)
                _ = await until(stop) { [clock] in await clock.sleep(until: next) }
            }
        }
    }

    /// Sends one of this consumer's shards elsewhere: what is in flight ends, the position is saved, and log groups are
    /// handed over from there. It may lie before the present one; a position that the shard does not have is a gap.
    ///
    /// - Returns: Whether the position was saved; false when the shard is not ours, or was let go before.
    public func seek(_ shard: ShardID, to cursor: Cursor) async -> Bool { await directory.seek(shard, to: cursor) }

    private func calls(_ entry: GroupEntry) -> ShardCalls {
        ShardCalls(
            client: client, lease: Lease(timing: entry.timing), clock: clock,
            listing: ShardListing(configuration.logstore, clock: clock), checkpoints: CheckpointListing(clock: clock),
            logstore: configuration.logstore, group: configuration.group, consumer: configuration.consumer,
            needsOwnCursors: configuration.needsOwnCursors)
    }

    /// Tells what a group made anew skips, as far as it is known before the first heartbeat.
    private func told(of left: LeftBehind, by entry: GroupEntry, _ calls: ShardCalls) async -> LeftBehind {
        var left = left
        let (isFixed, isMaker) = (entry.positions.isFixed, !entry.savedFirst.isEmpty)
        var checkpoints = entry.savedFirst
        if left.asksForCheckpoints(isStartFixed: isFixed, isMaker: isMaker) {
            do throws(ClientError) {
                checkpoints = try await calls.readCheckpoints(of: nil).cursors
            } catch {
                // Then each shard's first start tells.
                logger.debug("the new group's checkpoints could not be read", metadata: ["error": "\(error)"])
            }
        }
        for stretch in left.entered(isStartFixed: isFixed, checkpoints: checkpoints, isMaker: isMaker) {
            let troubles = ThrottledLogger(logger, clock: clock)
            ShardReportLog(logger: logger, troubles: troubles, board: board, shard: stretch.shard).skipped(stretch)
        }
        return left
    }

    private func surroundings(
        _ calls: ShardCalls, left: LeftBehind, process: @escaping ShardProcessor
    ) -> ShardTask.Surroundings {
        ShardTask.Surroundings(
            calls: calls, lease: calls.lease, budget: budget,
            reservationByteCount: min(ShardCalls.pullByteCount, configuration.byteBudgetPerShard), clock: clock,
            board: board, directory: directory, left: left, process: process, rebalanced: configuration.rebalanced,
            logger: logger, troubles: ThrottledLogger(logger, clock: clock))
    }

    /// How a run stopped that did not become a member: what those before it sent is owed as before.
    private func stoppedOutside(after before: Outcome?) async -> Outcome {
        guard let before else { return Outcome(isSettled: true) }
        let owed = await unpaid(before.owed) { () async throws(ClientError) in try await checkpointsNow() }
        return Outcome(
            isSettled: owed.isCovered, letGo: before.letGo, restarted: before.restarted, timing: before.timing,
            owed: owed)
    }

    /// What the checkpoints do not cover; where it is not known, the service is asked.
    private func unpaid(
        _ debts: SentPositions, _ checkpoints: () async throws(ClientError) -> CheckpointTable
    ) async -> SentPositions {
        if debts.isCovered { return debts }
        do throws(ClientError) {
            return debts.covered(by: try await checkpoints())
        } catch {
            logger.debug("what is owed cannot be looked up", metadata: ["error": "\(error)"])
            return debts
        }
    }
}
