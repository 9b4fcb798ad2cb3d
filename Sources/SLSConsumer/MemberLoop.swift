import Logging
import SLSClient
import SLSProtocol
import System

/// Carries one membership: does what `Membership` says and tells it what came of it. Used by one task alone.
struct MemberLoop {
    private enum Message: Sendable {
        case event(Membership.Event)
        case ended(ShardID, ShardOutcome)
    }

    var membership: Membership
    let lease: Lease
    let positions: InitialPositions
    private(set) var surroundings: ShardTask.Surroundings
    let configuration: Consumer.Configuration
    let client: SLSClient
    let heartbeatClient: SLSClient
    let joined: @Sendable () -> Void

    /// What was sent, and by all we know is not covered by a checkpoint.
    private(set) var debts: SentPositions
    /// The checkpoints that our tasks last saw confirmed.
    private var lastConfirmed: [ShardID: Cursor] = [:]

    /// What is to be told of when the group has been made anew, now that it is gone.
    var leftBehind: LeftBehind {
        var left = surroundings.left
        left.leave(lastConfirmed)
        return left
    }

    /// The shards that were let go, here or before, and have not come back.
    private(set) var letGo: LetGo
    /// When shards were last started again for a reason of their processor's, here or before.
    private(set) var restarted: [ShardID: Instant]

    private let mailbox = Mailbox<Message>()
    private var tasks: [ShardID: ShardTask] = [:]
    /// Heartbeats that were answered.
    private var answerCount = 0
    var hasJoined: Bool { answerCount > 0 }
    private var random = SystemRandomNumberGenerator()

    init(
        membership: Membership, lease: Lease, positions: InitialPositions, surroundings: ShardTask.Surroundings,
        configuration: Consumer.Configuration, client: SLSClient, heartbeatClient: SLSClient,
        joined: @escaping @Sendable () -> Void, before: Consumer.Outcome?
    ) {
        self.membership = membership
        self.lease = lease
        self.positions = positions
        self.surroundings = surroundings
        self.configuration = configuration
        self.client = client
        self.heartbeatClient = heartbeatClient
        self.joined = joined
        debts = before?.owed.withoutHolds ?? SentPositions()
        letGo = before?.letGo ?? LetGo()
        restarted = before?.restarted ?? [:]
    }

    /// Runs until the membership says that nothing is left to do.
    ///
    /// - Returns: nil when the calling task was cancelled first: then nothing is known of what was sent.
    mutating func run(until stop: Eventually<Void>) async -> Membership.LeaveReason? {
        await withDiscardingTaskGroup { group in
            var timer = WakeTimer(clock: surroundings.clock) { [mailbox] in mailbox.send(.event(.tick)) }
            group.addTask { [mailbox] in if await stop.value() != nil { mailbox.send(.event(.shutDown)) } }
            group.addTask { [self] in await watchGroup() }
            group.addTask { [self] in
                await LagWatch(surroundings: surroundings, client: client, logstore: configuration.logstore).run()
            }
            mailbox.send(.event(.tick))
            for await message in mailbox.events {
                for action in take(message) {
                    if case .leave(let reason) = action {
                        group.cancelAll()
                        return reason
                    }
                    perform(action, in: &group)
                }
                timer.arm(membership.nextTimer, in: &group)
            }
            return nil
        }
    }

    private mutating func take(_ message: Message) -> [Membership.Action] {
        let event: Membership.Event
        switch message {
        case .event(let plain): event = plain
        case .ended(let shard, let outcome):
            tasks[shard] = nil
            surroundings.rebalanced(outcome.ending == .lost ? .lost(shard) : .released(shard))
            debts.add(outcome, of: shard)
            if let confirmed = outcome.confirmed { lastConfirmed[shard] = confirmed }
            letGo.ended(shard, outcome)
            restarted[shard] = outcome.restarted
            logger.notice("shard stopped", metadata: ["shard": "\(shard)", "ending": "\(outcome.ending)"])
            event = .ended(shard)
        }
        if case .answered(_, let granted) = event { noteAnswer(granted) }
        let actions = membership.handle(event, now: surroundings.clock.now(), using: &random)
        // Before any action is taken: who asks in between must see the lease that the actions rest on.
        lease.update(to: LeaseTerm(membership))
        surroundings.board.setLease(end: membership.leaseEnd, lossCount: membership.leaseLossCount)
        return actions
    }

    private mutating func noteAnswer(_ granted: [ShardID]) {
        surroundings.board.update {
            $0.heartbeatCount += 1
            $0.isUnauthorized = false
            $0.healthError = nil
        }
        answerCount += 1
        // The first answer may come before the shards are dealt out.
        if answerCount == 2 { letGo.joined(granting: granted) }
        if answerCount == 1 { joined() }
    }

    private mutating func perform(_ action: Membership.Action, in group: inout DiscardingTaskGroup) {
        switch action {
        case .heartbeat(let id, let shards): sendHeartbeat(id, reporting: shards, in: &group)
        case .start(let shard): start(shard, in: &group)
        case .drain(let shard, let reason): tasks[shard]?.mailbox.send(.drain(reason))
        case .hurry(let shard): tasks[shard]?.mailbox.send(.event(.hurry))
        case .drop(let shard): tasks[shard]?.mailbox.send(.event(.drop))
        case .leaseRenewed:
            for shard in tasks.keys.sorted() { tasks[shard]?.mailbox.send(.event(.leaseRenewed)) }
        case .report(let report): log(report)
        case .leave: preconditionFailure("leaving is not an action to perform")
        }
    }

    private func sendHeartbeat(_ id: Int, reporting shards: [ShardID], in group: inout DiscardingTaskGroup) {
        let client = heartbeatClient.limited(to: membership.timing.heartbeatTimeout)
        group.addTask { [configuration, mailbox, surroundings, troubles = surroundings.troubles] in
            let sent = surroundings.clock.now()
            do throws(ClientError) {
                let granted = try await client.heartbeat(
                    configuration.consumer, in: configuration.group, of: configuration.logstore, holding: shards)
                surroundings.board.answered(after: surroundings.clock.now() - sent)
                mailbox.send(.event(.answered(heartbeat: id, granted: granted)))
            } catch {
                if !error.isCancelled {
                    surroundings.board.update { $0.healthError = "heartbeats fail: \(error)" }
                    troubles.log(
                        .warning, "a heartbeat failed and is tried again", about: error.code,
                        metadata: ["error": "\(error)"])
                }
                mailbox.send(.event(.failed(heartbeat: id, Membership.HeartbeatFailure(error))))
            }
        }
    }

    private mutating func start(_ shard: ShardID, in group: inout DiscardingTaskGroup) {
        var shardConfiguration = ShardConsumer.Configuration()
        shardConfiguration.gapPolicy = configuration.gapPolicy
        shardConfiguration.pullCount = configuration.pullCount
        shardConfiguration.saveInterval = configuration.saveInterval
        shardConfiguration.runAhead = configuration.runAhead
        shardConfiguration.restarted = restarted[shard]
        let task = ShardTask(shard, positions: positions, configuration: shardConfiguration, in: surroundings)
        // A shard that comes back has gone on meanwhile: that is no gap.
        surroundings.left.forget(shard)
        letGo.began(shard)
        tasks[shard] = task
        logger.notice("shard gained", metadata: ["shard": "\(shard)"])
        surroundings.board.gained(shard)
        surroundings.rebalanced(.gained(shard))
        group.addTask { [mailbox] in mailbox.send(.ended(shard, await task.run())) }
    }

    private func watchGroup() async {
        let client = client.limited(to: GroupTiming.watchTimeout)
        while !Task.isCancelled {
            await surroundings.clock.sleep(until: surroundings.clock.now() + GroupTiming.watchInterval)
            do throws(ClientError) {
                let groups = try await client.listConsumerGroups(of: configuration.logstore)
                if let found = groups.first(where: { $0.name == configuration.group.value }) {
                    mailbox.send(.event(.timeoutSeen(.seconds(found.timeout))))
                }
            } catch  where error.isCancelled {
                return
            } catch {
                logger.debug("the group could not be listed", metadata: ["error": "\(error)"])
            }
        }
    }

    private var logger: Logger { surroundings.logger }

    private func log(_ report: Membership.Report) {
        let name: Logger.Metadata = ["group": "\(configuration.group)", "consumer": "\(configuration.consumer)"]
        switch report {
        case .leaseLost: logger.warning("the lease ran out without an answer; all shards dropped", metadata: name)
        case .forgotten: logger.warning("the group had forgotten us; joining anew", metadata: name)
        case .silent:
            logger.error(
                "no heartbeat answered for a whole lease; silent for the group's timeout, so that others get our shards",
                metadata: name)
        case .timeoutChanged(let timeout):
            logger.error(
                "somebody changed the group's timeout",
                metadata: name.merging(["timeout": "\(timeout.components.seconds)s"]) { $1 })
        case .unauthorized:
            surroundings.board.update { $0.isUnauthorized = true }
            surroundings.troubles.log(
                .error, "heartbeats are refused: check the access key and its rights", about: "", metadata: name)
        }
    }
}
