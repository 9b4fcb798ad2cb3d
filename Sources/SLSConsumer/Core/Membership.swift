package import SLSProtocol

/// One consumer's membership of its group: when to heartbeat, which shards are ours, and until when.
///
/// Heartbeats report every shard whose task still runs. A shard that is missing from an answer is drained and reported
/// until its task has ended; one that is new in it is started. At the end of the lease, whatever the network does, all
/// tasks are dropped: by then others may have been given our shards.
package struct Membership: Sendable {
    /// What happened outside.
    package enum Event: Equatable, Sendable {
        /// A timer fired; `nextTimer` says when the next is due.
        case tick
        /// A heartbeat was answered with the shards we hold.
        case answered(heartbeat: Int, granted: [ShardID])
        /// A heartbeat was refused or got no answer.
        case failed(heartbeat: Int, HeartbeatFailure)
        /// The group was listed with this timeout.
        case timeoutSeen(Duration)
        /// A shard's task is over; its last save, if any, has been answered.
        case ended(ShardID)
        /// Leave: drain everything, then fall silent.
        case shutDown
    }

    /// Why a heartbeat brought no shards.
    package enum HeartbeatFailure: Equatable, Sendable {
        /// No answer, or one that may be different next time.
        case unanswered
        /// The server has forgotten us (`NotExistConsumerWithBody`).
        case forgotten
        /// The group is gone (`ConsumerGroupNotExist`).
        case groupMissing
        /// We may not ask (401, 403, a signature that does not match).
        case unauthorized
    }

    /// What to do next, in this order.
    package enum Action: Equatable, Sendable {
        /// Send a heartbeat; exactly one answer or failure must come back for it.
        case heartbeat(Int, reporting: [ShardID])
        /// Start a task for a shard that is newly ours.
        case start(ShardID)
        /// Let a shard go: finish what is in flight, save, end.
        case drain(ShardID, DrainReason)
        /// Cancel what a draining task still has in flight, save what is acknowledged, end.
        case hurry(ShardID)
        /// End a task at once, without a save: the lease is over.
        case drop(ShardID)
        /// Tell every task that the server has just confirmed the lease.
        case leaseRenewed
        /// Something a person should know.
        case report(Report)
        /// Nothing is left to do.
        case leave(LeaveReason)
    }

    /// What a person should know.
    package enum Report: Equatable, Sendable {
        /// No heartbeat was acknowledged in time; all shards were dropped.
        case leaseLost
        /// The server had forgotten us; all shards were dropped.
        case forgotten
        /// Nothing was answered for a whole lease after one was lost: silent for T, so that the server forgets us too.
        case silent(until: Instant)
        /// Somebody changed the group's timeout.
        case timeoutChanged(Duration)
        /// Heartbeats are refused for who we are.
        case unauthorized
    }

    /// Why the member has left.
    package enum LeaveReason: Equatable, Sendable {
        /// It was asked to.
        case shutDown
        /// The group was deleted.
        case groupMissing
        /// Somebody set the group's timeout below what a lease can work with.
        case timeoutTooShort(Duration)
    }

    private enum Task: Equatable {
        case running
        /// `isWanted`: granted again meanwhile, so it starts anew once this task has ended.
        case draining(isWanted: Bool)
        case dropped(isWanted: Bool)
    }

    private struct Heartbeat: Equatable {
        let id: Int
        let sent: Instant
        let reportsShards: Bool
        /// False once the lease was lost while it was under way: its answer is ignored.
        var counts = true
    }

    /// While draining or just after a change of shards, heartbeats come this often.
    private static let hurriedInterval = Duration.seconds(1)

    /// The times that follow from the group's present timeout.
    package private(set) var timing: GroupTiming
    /// The end of the lease, nil without one: the **send** time of the last acknowledged heartbeat, plus T, less a margin.
    package private(set) var leaseEnd: Instant?
    /// How often the lease was lost.
    package private(set) var leaseLossCount = 0

    private let safeguards: Safeguards
    private var tasks: [ShardID: Task] = [:]
    private var inFlight: Heartbeat?
    private var lastHeartbeat = 0
    private var nextHeartbeat: Instant
    private var lastAcknowledged: Instant?
    private var longerTiming: GroupTiming?
    /// A shard was let go while a heartbeat that still reported it was under way: the next one follows its answer.
    private var isReleaseOwed = false
    /// Since when, after a lost lease, no heartbeat has been answered; before the first lease, when it would have ended.
    private var unansweredSince: Instant?
    private var silentUntil: Instant?
    private var leaving: LeaveReason?
    private var leaveDeadline: Instant?
    private var isFarewellSent = false
    private var hasLeft = false

    /// A member that has not sent its first heartbeat.
    package init(timing: GroupTiming, now: Instant) { self.init(timing: timing, now: now, safeguards: .all) }

    package init(timing: GroupTiming, now: Instant, safeguards: Safeguards) {
        self.timing = timing
        self.safeguards = safeguards
        nextHeartbeat = now
    }

    /// When `tick` is next due; nil once it has left.
    package var nextTimer: Instant? {
        if hasLeft { return nil }
        var due = [isWatched ? leaseEnd : nil, leaveDeadline].compactMap(\.self)
        if let silentUntil {
            due.append(silentUntil)
        } else {
            if isHeartbeatWanted { due.append(nextHeartbeat) }
            if let unansweredSince, leaving == nil { due.append(unansweredSince + timing.timeout - timing.margin) }
        }
        return due.min()
    }

    /// The shards whose task must be reported, ascending.
    package var reported: [ShardID] {
        tasks.filter { task in
            switch task.value {
            case .running: true
            case .draining: safeguards.contains(.reportsDraining)
            case .dropped: false
            }
        }.keys.sorted()
    }

    /// Takes in one event and says what follows from it.
    ///
    /// - Parameter generator: Spreads the retries of several consumers.
    package mutating func handle(
        _ event: Event, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        if hasLeft { return [] }
        var actions: [Action] = []
        if isWatched, let leaseEnd, now >= leaseEnd { actions += loseLease(.leaseLost, now: now) }
        switch event {
        case .tick: break
        case .answered(let id, let granted): actions += answered(id, granted, now: now)
        case .failed(let id, let failure): actions += failed(id, failure, now: now, using: &generator)
        case .timeoutSeen(let timeout): actions += timeoutSeen(timeout, now: now)
        case .ended(let shard): actions += ended(shard, now: now)
        case .shutDown: actions += leave(.shutDown, now: now)
        }
        return actions + due(now)
    }

    private var isWatched: Bool { safeguards.contains(.watchdog) }

    // MARK: Events

    private mutating func answered(_ id: Int, _ granted: [ShardID], now: Instant) -> [Action] {
        guard let heartbeat = inFlight, heartbeat.id == id else { return [] }
        inFlight = nil
        guard heartbeat.counts else {
            nextHeartbeat = now
            return []
        }
        lastAcknowledged = heartbeat.sent
        unansweredSince = nil
        silentUntil = nil  // The way back works after all.
        let end = timing.leaseEnd(sent: safeguards.contains(.leaseFromSending) ? heartbeat.sent : now)
        guard now < end else { return loseLease(.leaseLost, now: now) }
        leaseEnd = end
        let changes = take(over: Set(granted))
        let isHurried = changes.contains { if case .start = $0 { true } else { false } } || isDraining
        let interval = isHurried ? min(Self.hurriedInterval, timing.heartbeatInterval) : timing.heartbeatInterval
        nextHeartbeat = isReleaseOwed ? now : max(now, heartbeat.sent + interval)
        return changes + [.leaseRenewed]
    }

    private mutating func failed(
        _ id: Int, _ failure: HeartbeatFailure, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard let heartbeat = inFlight, heartbeat.id == id else { return [] }
        inFlight = nil
        let retry = now + .milliseconds(Int.random(in: 500...1_000, using: &generator))
        nextHeartbeat = retry
        guard heartbeat.counts else {
            nextHeartbeat = now
            return []
        }
        switch failure {
        case .unanswered: return []
        case .unauthorized:
            unansweredSince = nil  // It was an answer: whoever is refused is not kept alive either.
            return [.report(.unauthorized)]
        case .forgotten:
            let actions = loseLease(.forgotten, now: now)
            unansweredSince = nil  // It was an answer: the way back works.
            if !heartbeat.reportsShards { nextHeartbeat = retry }  // Said of an empty report it is no invitation.
            return actions
        case .groupMissing:
            return dropAll() + leave(.groupMissing, now: now)
        }
    }

    private mutating func timeoutSeen(_ timeout: Duration, now: Instant) -> [Action] {
        let workable = GroupTiming(timeout: timeout, safeguards: safeguards)
        let changed = workable ?? .leaving(timeout, safeguards: safeguards)
        guard changed != longerTiming ?? timing else { return [] }
        var actions: [Action] = [.report(.timeoutChanged(timeout))]
        if changed.timeout > timing.timeout {
            longerTiming = changed  // The present lease was granted under the shorter one.
        } else if safeguards.contains(.followsTimeout) {
            actions += shorten(to: changed, now: now)
        }
        if workable == nil { actions += leave(.timeoutTooShort(timeout), now: now) }
        return actions
    }

    /// The server goes by the shorter timeout from its next look on, also while we leave.
    private mutating func shorten(to shorter: GroupTiming, now: Instant) -> [Action] {
        timing = shorter
        longerTiming = nil
        nextHeartbeat = min(nextHeartbeat, now + shorter.heartbeatInterval)
        guard leaseEnd != nil, let lastAcknowledged else { return [] }
        let end = shorter.leaseEnd(sent: lastAcknowledged)
        leaseEnd = end
        return now < end ? [] : loseLease(.leaseLost, now: now)
    }

    private mutating func ended(_ shard: ShardID, now: Instant) -> [Action] {
        guard let task = tasks.removeValue(forKey: shard) else { return [] }
        switch task {
        case .running: return []  // It ended by itself; the next heartbeat tells whether it is still ours.
        case .draining(let isWanted):
            nextHeartbeat = now  // Somebody waits for this shard.
            isReleaseOwed = true
            return restart(shard, ifWanted: isWanted)
        case .dropped(let isWanted): return restart(shard, ifWanted: isWanted)
        }
    }

    // MARK: Shards

    /// Follows the server's latest grant; stops come before starts.
    private mutating func take(over granted: Set<ShardID>) -> [Action] {
        var actions: [Action] = []
        for shard in tasks.keys.sorted() {
            let isGranted = granted.contains(shard)
            switch tasks[shard] {
            case .running where !isGranted:
                tasks[shard] = .draining(isWanted: false)
                actions.append(.drain(shard, .handOver))
            case .draining where isGranted && !safeguards.contains(.stopBeforeStart): actions += start(shard)
            case .draining: tasks[shard] = .draining(isWanted: isGranted)
            case .dropped: tasks[shard] = .dropped(isWanted: isGranted)
            case .running, nil: break
            }
        }
        for shard in granted.sorted() where tasks[shard] == nil { actions += start(shard) }
        return actions
    }

    private mutating func restart(_ shard: ShardID, ifWanted isWanted: Bool) -> [Action] {
        isWanted && leaseEnd != nil ? start(shard) : []
    }

    private mutating func start(_ shard: ShardID) -> [Action] {
        guard leaving == nil else { return [] }
        tasks[shard] = .running
        return [.start(shard)]
    }

    private var isDraining: Bool {
        tasks.contains { if case .draining = $0.value { true } else { false } }
    }

    private mutating func loseLease(_ report: Report, now: Instant) -> [Action] {
        let actions = dropAll()
        leaseLossCount += 1
        unansweredSince = now
        nextHeartbeat = now
        return actions + [.report(report)]
    }

    private mutating func dropAll() -> [Action] {
        leaseEnd = nil
        inFlight?.counts = false
        var actions: [Action] = []
        for shard in tasks.keys.sorted() {
            if case .dropped = tasks[shard] { continue }
            tasks[shard] = .dropped(isWanted: false)
            actions.append(.drop(shard))
        }
        return actions
    }

    // MARK: Leaving and timers

    private mutating func leave(_ reason: LeaveReason, now: Instant) -> [Action] {
        guard leaving == nil else { return [] }
        leaving = reason
        leaveDeadline = now + timing.timeout / 2
        var actions: [Action] = []
        for shard in tasks.keys.sorted() {
            switch tasks[shard] {
            case .running:
                tasks[shard] = .draining(isWanted: false)
                actions.append(.drain(shard, .shutDown))
            case .draining: tasks[shard] = .draining(isWanted: false)
            case .dropped: tasks[shard] = .dropped(isWanted: false)
            case nil: break
            }
        }
        nextHeartbeat = min(nextHeartbeat, now + Self.hurriedInterval)
        return actions
    }

    /// What is due by the clock alone.
    private mutating func due(_ now: Instant) -> [Action] {
        var actions: [Action] = []
        if let leaveDeadline, now >= leaveDeadline {
            self.leaveDeadline = nil
            actions += reported.map { .hurry($0) }
        }
        if let end = silentUntil, now >= end {
            silentUntil = nil
            unansweredSince = now
            nextHeartbeat = now
        }
        if let since = unansweredSince, silentUntil == nil, leaving == nil,
            now >= since + timing.timeout - timing.margin
        {
            // The server may hear us while we do not hear it: it would keep us alive, holding shards that nobody reads.
            let until = now + timing.timeout
            silentUntil = until
            actions.append(.report(.silent(until: until)))
        }
        if let leaving, tasks.isEmpty { return actions + depart(leaving, now: now) }
        if silentUntil == nil, isHeartbeatWanted, now >= nextHeartbeat { actions.append(heartbeat(now)) }
        return actions
    }

    /// Who leaves and has lost its lease keeps silent: another heartbeat would only bring it shards anew.
    private var isHeartbeatWanted: Bool { inFlight == nil && (leaving == nil || leaseEnd != nil) }

    private mutating func heartbeat(_ now: Instant) -> Action {
        if let longer = longerTiming {
            timing = longer
            longerTiming = nil
        }
        lastHeartbeat += 1
        let shards = reported
        inFlight = Heartbeat(id: lastHeartbeat, sent: now, reportsShards: !shards.isEmpty)
        nextHeartbeat = now + timing.heartbeatInterval
        isReleaseOwed = false
        // Heard but never answered, we would be given shards that nobody reads: as after a lease lost at its end.
        if lastHeartbeat == 1 { unansweredSince = timing.leaseEnd(sent: now) }
        return .heartbeat(lastHeartbeat, reporting: shards)
    }

    /// With the last task gone: one heartbeat that reports nothing hands over what others wait for, then silence.
    private mutating func depart(_ reason: LeaveReason, now: Instant) -> [Action] {
        if inFlight != nil { return [] }
        if reason != .groupMissing, leaseEnd != nil, !isFarewellSent {
            isFarewellSent = true
            return [heartbeat(now)]
        }
        hasLeft = true
        return [.leave(reason)]
    }
}
