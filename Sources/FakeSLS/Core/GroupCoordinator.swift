package import SLSProtocol

/// One consumer group of one logstore: who is a member, who works on which shard, how far each shard is consumed.
///
/// Follows the vendor's published automaton (aliyun-log-consumer-java, README), as consumer-group.md 1.2 to 1.8 fixes
/// it. At most one consumer is acked a shard; a shard changes hands only after its holder stopped reporting it, or was
/// silent for longer than the timeout. A throwing method changes nothing but what time alone has changed (`expire`).
package struct GroupCoordinator: Equatable, Sendable {
    /// What a group is created with, and what an update changes.
    package struct Settings: Equatable, Sendable {
        /// How long a consumer may be silent: exactly that long is still alive.
        package var timeout: Duration
        /// Whether a shard born of a split or merge waits until all its ancestors are consumed.
        package var inOrder: Bool

        package init(timeout: Duration, inOrder: Bool) {
            self.timeout = timeout
            self.inOrder = inOrder
        }
    }

    /// One member: a process that has sent a heartbeat and was not silent for too long since.
    package struct Consumer: Equatable, Sendable {
        package let name: ConsumerName
        let joinSequence: Int
        var lastHeartbeat: Instant
    }

    /// One shard of the logstore as this group sees it.
    package struct GroupShard: Equatable, Sendable {
        package var facts: ShardFacts
        package var row: ShardRow
        /// Whether the row is to be stored anew.
        var isChanged = true

        /// Read-only, and saved at its end. An empty shard counts only once somebody saved its end.
        var isConsumed: Bool {
            guard let end = facts.finalEnd, let saved = row.checkpoint?.cursor else { return false }
            return saved >= end
        }
    }

    /// The shards that one consumer holds.
    private struct Share: Equatable, Sendable {
        /// Those it may work on, ascending.
        var granted: [ShardID] = []
        /// The places of those it is asked to give up, ascending.
        var leaving: [Int] = []
    }

    package private(set) var settings: Settings
    /// Ascending by `joinSequence`.
    package private(set) var consumers: [Consumer] = []
    /// Ascending by id.
    package internal(set) var shards: [GroupShard] = []
    /// No consumer can be expired at this time or before: a lower bound that spares looking at each.
    private(set) var quietUntil = Instant(nanoseconds: .max)
    /// Set by every change of a state or member; a balanced group stays balanced without one.
    var needsBalance = false
    var hasChanges = true
    var haveConsumersChanged = false
    var removedShards: [ShardID] = []
    private var nextJoinSequence = 0
    /// What each consumer has, as the shards say it; nil since something changed. Thus a heartbeat in a settled group, as
    /// hardly any is not, looks at no shard.
    private var shares: [ConsumerName: Share]?
    var rules: GroupRules

    /// A new group, on a logstore with any history.
    package init(_ settings: Settings, shards facts: [ShardFacts], rules: GroupRules = GroupRules()) {
        self.settings = settings
        self.rules = rules
        update(shards: facts)
    }

    /// A group as it was stored. Every member gets a fresh full timeout: it could not heartbeat while nobody listened.
    ///
    /// - Parameter facts: The shards that exist now; rows of others are dropped, missing ones made.
    package init(
        restoring settings: Settings, consumers: [ConsumerRow], shards rows: [ShardRow], facts: [ShardFacts],
        now: Instant, rules: GroupRules = GroupRules()
    ) {
        self.settings = settings
        self.rules = rules
        self.consumers = consumers.sorted { $0.joinSequence < $1.joinSequence }.map {
            Consumer(name: $0.name, joinSequence: $0.joinSequence, lastHeartbeat: now)
        }
        nextJoinSequence = (self.consumers.last?.joinSequence ?? -1) + 1
        shards = rows.sorted { $0.shard < $1.shard }.map {
            GroupShard(facts: ShardFacts(id: $0.shard), row: $0, isChanged: false)
        }
        hasChanges = false
        needsBalance = true
        update(shards: facts)
        setQuietUntil()
    }

    /// Takes a heartbeat: the consumer is alive and works on these shards.
    ///
    /// - Parameter reported: Held or still being drained, in any order; ids it does not hold are ignored.
    /// - Returns: The shards it may work on from now on, ascending. One it reports and does not find here it should give
    ///   up: save, stop, and then stop reporting it.
    /// - Throws: `NotExistConsumerWithBody` when the consumer is unknown, or expired, and reports shards.
    package mutating func heartbeat(
        from name: ConsumerName, reporting reported: [ShardID], now: Instant
    ) throws(APIError) -> [ShardID] {
        expire(now: now)
        if let index = consumers.firstIndex(where: { $0.name == name }) {
            consumers[index].lastHeartbeat = now
        } else {
            guard reported.isEmpty else {
                throw APIError(
                    .notExistConsumerWithBody, "non-exist consumer with non-empty body of heartbeat message")
            }
            join(name, now: now)
        }
        handOver(from: name, stillReporting: reported)
        rebalance()
        return share(of: name).granted
    }

    /// Takes every consumer out that has been silent for longer than the timeout. Its shards become free; a shard that
    /// was on its way to it stays where it is.
    package mutating func expire(now: Instant) {
        guard now > quietUntil else { return }
        let expired = consumers.filter { now - $0.lastHeartbeat > settings.timeout }.map(\.name)
        for name in expired { remove(name) }
        setQuietUntil()
    }

    /// Takes one consumer out as if it had been silent for too long.
    ///
    /// - Throws: `ConsumerNotExist` (404) where it is not alive.
    mutating func expire(_ name: ConsumerName, now: Instant) throws(APIError) {
        expire(now: now)
        guard isAlive(name) else { throw rules.consumerNotExist(name) }
        remove(name)
        setQuietUntil()
    }

    /// Changes timeout or order. Without order no shard waits any longer; with it, only shards born later do.
    package mutating func update(_ settings: Settings) {
        self.settings = settings
        setQuietUntil()
        finish()
    }

    /// Takes over the logstore's shards after a split, a merge, a deletion or the end of a retention.
    ///
    /// - Parameter facts: All shards that exist now. New ones appear, missing ones vanish with their checkpoints.
    package mutating func update(shards facts: [ShardFacts]) {
        let present = Set(facts.map(\.id))
        for shard in shards where !present.contains(shard.row.shard) {
            removedShards.append(shard.row.shard)
            noteChange()
        }
        shards.removeAll { !present.contains($0.row.shard) }
        for fact in facts {
            let index = shards.partitionPoint { $0.row.shard < fact.id }
            if index < shards.count, shards[index].row.shard == fact.id {
                shards[index].facts = fact
            } else {
                // Waits at first; `finish` lets it go where nothing is to be waited for.
                shards.insert(GroupShard(facts: fact, row: ShardRow(shard: fact.id, state: .wait)), at: index)
                noteChange()
            }
        }
        finish()
    }

    /// Follows from checkpoints, topology and order, so it runs whenever one of them changed: consumed shards are over,
    /// shards set back are not, and those that wait for nothing become free.
    ///
    /// - Parameter saved: The place of the shard whose checkpoint was saved just now; nil when something else changed.
    mutating func finish(saved: Int? = nil) {
        for index in shards.indices where index == saved || !rules.judgesEndsOnSaveOnly {
            switch (shards[index].row.state, shards[index].isConsumed) {
            case (.over, false): set(index, .notAllocated)
            case (.over, true), (_, false): break
            case (_, true): set(index, .over)
            }
        }
        let waiting = shards.indices.filter { shards[$0].row.state == .wait }
        guard !waiting.isEmpty else { return }
        let unfinished = settings.inOrder ? Set(shards.filter { $0.row.state != .over }.map(\.row.shard)) : []
        for index in waiting {
            if unfinished.isDisjoint(with: shards[index].facts.ancestors) { set(index, .notAllocated) }
        }
    }

    /// The only way a shard changes its state.
    mutating func set(_ index: Int, _ state: State, holder: ConsumerName? = nil, next: ConsumerName? = nil) {
        shards[index].row.state = state
        shards[index].row.holder = holder
        shards[index].row.next = next
        shards[index].isChanged = true
        noteChange()
    }

    /// The shard's place among `shards`, which are sorted; nil if the group does not know it.
    package func index(of shard: ShardID) -> Int? {
        let index = shards.partitionPoint { $0.row.shard < shard }
        return index < shards.count && shards[index].row.shard == shard ? index : nil
    }

    /// Whether that consumer is a member at this moment.
    package func isAlive(_ name: ConsumerName) -> Bool { consumers.contains { $0.name == name } }

    /// Edge 6a: a shard in transfer that its holder no longer reports goes to the next one.
    private mutating func handOver(from name: ConsumerName, stillReporting reported: [ShardID]) {
        let leaving = share(of: name).leaving
        guard !leaving.isEmpty else { return }
        let reported = Set(reported)
        for index in leaving {
            let row = shards[index].row
            if !reported.contains(row.shard) { set(index, .allocated, holder: row.next) }
        }
    }

    private mutating func share(of name: ConsumerName) -> Share {
        if shares == nil { shares = currentShares() }
        return shares?[name] ?? Share()
    }

    private func currentShares() -> [ConsumerName: Share] {
        var shares: [ConsumerName: Share] = [:]
        for (index, shard) in shards.enumerated() {
            guard let holder = shard.row.holder else { continue }
            if shard.row.state == .allocated { shares[holder, default: Share()].granted.append(shard.row.shard) }
            if shard.row.state == .transfer { shares[holder, default: Share()].leaving.append(index) }
        }
        return shares
    }

    private mutating func join(_ name: ConsumerName, now: Instant) {
        consumers.append(Consumer(name: name, joinSequence: nextJoinSequence, lastHeartbeat: now))
        nextJoinSequence += 1
        haveConsumersChanged = true
        quietUntil = min(quietUntil, now + settings.timeout)
        noteChange()
    }

    private mutating func remove(_ name: ConsumerName) {
        for index in shards.indices {
            let row = shards[index].row
            if row.holder == name {
                set(index, .notAllocated)
            } else if row.next == name {
                set(index, .allocated, holder: row.holder)
            }
        }
        consumers.removeAll { $0.name == name }
        haveConsumersChanged = true
        noteChange()
    }

    private mutating func noteChange() {
        shares = nil
        hasChanges = true
        needsBalance = true
    }

    private mutating func setQuietUntil() {
        let earliest = consumers.map(\.lastHeartbeat).min()
        quietUntil = earliest.map { $0 + settings.timeout } ?? Instant(nanoseconds: .max)
    }
}
