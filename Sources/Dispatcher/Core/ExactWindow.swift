import DequeModule
import SLSClient
import SLSConsumer
public import SLSProtocol

/// The writes of one held shard, exactly once: one request in flight for each key, strictly in the order of the source.
///
/// Each target has L lanes, and a log group's cursor says which lane, key and sequence id are its own (`LaneKeys`). A
/// lane sends its head alone, and again under the same key and id, with the same log groups, until it is done with. So
/// the ids that a key has accepted are a beginning of its lane, and an id that is not above the last one is of a write
/// that was stored: by whoever held the shard before, as long as this lane has had nothing accepted yet, or by an earlier
/// try of our own that got no answer. A refusal that is neither has no explanation here, and the shard begins again at
/// its checkpoint. The rules are those of consumer-group.md 5.4.
///
/// With `batchLimit` a lane that has had a write accepted under a key sends several log groups in one request. Where
/// requests were cut need not be known to the next owner: it sends single log groups until one is accepted, for whatever
/// was stored under that key ended between two of them. A request that is refused for what is in it is sent as single log
/// groups, too, after a wait for its earlier tries.
public struct ExactWindow<Payload: Sendable>: DeliveryMachine {
    /// One request to one target.
    public typealias Write = Delivery<Payload>.Write
    /// One log group.
    public typealias Element = Delivery<Payload>.Element
    /// What happened outside.
    public typealias Event = Delivery<Payload>.Event
    /// What to do next.
    public typealias Action = Delivery<Payload>.Action

    /// A lane's head: sent at least once, or about to be.
    private struct Head {
        let write: Write
        var isInFlight = false
        /// Whether a try of this id ended without an answer or with 5xx. One that was answered 4xx counts for nothing.
        var mayBeStored = false
        var isRefused = false
        var backoff = Backoff()
        var notBefore: Instant
    }

    private struct Lane {
        /// Behind the head, in order.
        var queue: Deque<Element> = []
        var head: Head?
        /// Whether a write was accepted since the shard was taken over; until then a refused id was stored by others.
        var hasAccepted = false
        /// The epoch of the last such write. What was stored under the key of another is not known by it: the owner before
        /// may have passed over, as a dead letter, what is accepted now, and have stored what comes behind.
        var acceptedEpoch: Int64?
        /// The same of the dead letters of this lane, which have a key of their own.
        var hasAcceptedDeadLetter = false
        /// How many log groups must go alone next, for a request of several was refused.
        var singleCount = 0
        /// How many it was after the last refusal, and how many went in requests of several since. Where the next comes soon
        /// it is twice as many: the wait is to come seldom.
        var caution = 0
        var batchedCount = 0
        /// When the first of them may: by then no try of that request can land any more.
        var heldUntil: Instant?
        /// The position behind a request that was taken apart while an earlier try of it may have been stored: then so may be
        /// each of its log groups, under an id that is not above the request's.
        var mayBeStoredUpTo: Cursor?
        /// The key of the epoch that was last asked for.
        var key: (epoch: Int64, HashKey)?

        var pendingCount: Int { queue.count + (head?.write.elements.count ?? 0) }
        var isInFlight: Bool { head?.isInFlight ?? false }
        var isBlocked: Bool { head?.isRefused ?? false }
        /// When it may send next, as far as it is for itself to say.
        var notBefore: Instant? { head?.notBefore ?? heldUntil }

        /// Puts the log groups of the head back, to go alone.
        mutating func takeApart(_ refused: Head, after heldUntil: Instant) {
            head = nil
            if refused.mayBeStored { mayBeStoredUpTo = refused.write.end }
            queue.prepend(contentsOf: refused.write.elements)
            let isSoon = batchedCount < ExactWindow.longestCaution
            caution = max(refused.write.elements.count, isSoon ? min(2 * caution, ExactWindow.longestCaution) : 0)
            batchedCount = 0
            singleCount = caution
            self.heldUntil = heldUntil
        }

        /// Takes in that a request was accepted.
        mutating func accepted(_ write: Write) {
            hasAccepted = true
            mayBeStoredUpTo = nil  // For its id is below the request's: that was not stored, nor can it be any more.
            acceptedEpoch = LaneKeys.epoch(of: write.cursor)
            if write.elements.count > 1 { batchedCount += write.elements.count }
        }

        /// Forgets all but what is in flight.
        mutating func dropUnsent() {
            queue.removeAll()
            if let head, !head.isInFlight { self.head = nil }
        }
    }

    /// A stand-still of a target whose shards have changed, for the ids of its keys may be forgotten by that: until the
    /// checkpoint has passed everything that was sent to it, nothing new is, so that nothing of before is sent again.
    private struct Settling {
        /// The position behind the last log group that was sent to it.
        let bound: Cursor
        /// When it goes on in any case: another target may keep the checkpoint back for long.
        let end: Instant
    }

    private struct Target {
        var lanes: [Lane]
        /// The position behind the last log group that was sent to it.
        var sentUpTo: Cursor?
        var settling: Settling?
        /// Log groups let go of undelivered.
        var returnedCount = 0
        /// Whether nobody has answered since a try got no answer: then one request at a time asks.
        var isTroubled = false
        var backoff = Backoff()
        var notBefore: Instant?

        var inFlightCount: Int { lanes.count { $0.isInFlight } }
        var inFlightLimit: Int { isTroubled ? 1 : lanes.count }
        var isBlocked: Bool { lanes.contains { $0.isBlocked } }

        /// Whether a lane may send now, but for the time: a head again, and what is new where the target goes on.
        func mayLead(_ lane: Int) -> Bool {
            if let head = lanes[lane].head { return !head.isInFlight }
            return lanes[lane].queue.first.map { mayBegin($0.cursor) } ?? false
        }

        /// Whether a log group may be sent that never was: below what was sent, it keeps the checkpoint from passing that.
        func mayBegin(_ cursor: Cursor) -> Bool { settling.map { cursor < $0.bound } ?? true }
    }

    /// How long a target stands still at most when its shards have changed.
    static var settlingLimit: Duration { .seconds(30) }
    /// How soon the checkpoint is looked at again meanwhile.
    private static var settlingInterval: Duration { .milliseconds(500) }
    /// How often a write is tried that was refused for good.
    private static var refusedInterval: Duration { .seconds(30) }
    /// How many log groups a lane sends alone at most after a refusal, unless more were refused: they take about as long as
    /// the wait before them.
    private static var longestCaution: Int { 512 }
    /// How soon a write is looked at again that the lease left no time for.
    private static var barrierInterval: Duration { .milliseconds(500) }

    /// The position behind the last log group of which anything was sent; nil when nothing was.
    public private(set) var sentUpTo: Cursor?

    private let configuration: Configuration
    private var targets: [Target]
    private var fanOut = FanOut()
    private var lastID = 0
    private var drain: DrainReason?
    /// Nothing more is sent or said.
    private var isOver = false
    private var barrierRetry: Instant?
    /// When the checkpoint is looked at next for a target that stands still.
    private var settlingTick: Instant?

    /// A window that nothing was admitted to.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
        let lanes = Array(repeating: Lane(), count: configuration.keys.laneCount)
        targets = Array(repeating: Target(lanes: lanes), count: configuration.targets.count)
    }

    /// Log groups that are queued, waiting for another try or in flight, by target.
    public var pendingCounts: [Int] { targets.map { $0.lanes.reduce(0) { $0 + $1.pendingCount } } }
    /// Log groups let go of undelivered on the way out, by target.
    public var returnedCounts: [Int] { targets.map(\.returnedCount) }
    /// Whether a target refuses a log group of this shard for good.
    public var isBlocked: Bool { targets.contains { $0.isBlocked } }

    /// When `tick` is next due; nil when only an event can bring anything on.
    public var nextTimer: Instant? {
        if isOver { return nil }
        if let barrierRetry { return barrierRetry }
        let due = targets.compactMap { target -> Instant? in
            guard target.inFlightCount < target.inFlightLimit else { return nil }
            let ready = target.lanes.indices.filter { target.mayLead($0) }
                .map { target.lanes[$0].notBefore ?? configuration.firstWrite }.min()
            return ready.map { max($0, target.notBefore ?? $0) }
        }
        let next = due.min().map { max($0, configuration.firstWrite) }
        guard let settlingTick else { return next }
        return min(settlingTick, next ?? settlingTick)
    }

    /// Takes in one event and says what follows from it.
    public mutating func handle(
        _ event: Event, now: Instant, barrier: Instant?, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        if isOver { return [] }
        var actions: [Action] = []
        switch event {
        case .tick: break
        case .admit(let element, let owed): admit(element, to: owed)
        case .answered(let id, let answer):
            actions += answered(id, answer, now: now, isLeaseOver: barrier == nil, using: &generator)
        case .drain(let reason): beginDrain(reason)
        case .targetChanged(let target): beginSettling(target, now: now)
        case .committed(let cursor): endSettling { $0.bound <= cursor }
        }
        if isOver { return actions }
        endSettling { $0.end <= now }
        settlingTick = targets.contains { $0.settling != nil } ? now + Self.settlingInterval : nil
        actions += send(now: now, barrier: barrier)
        if drain != nil, pendingCount == 0 {
            isOver = true
            actions.append(.finish)
        }
        return actions
    }

    private mutating func admit(_ element: Element, to owed: [Int]) {
        guard drain == nil else {
            for target in owed { targets[target].returnedCount += 1 }
            return
        }
        fanOut.admit(element.cursor, targetCount: owed.count)
        let lane = configuration.keys.lane(of: element.cursor)
        for target in owed {
            let last = targets[target].lanes[lane].queue.last
            precondition(
                last.map { $0.cursor < element.cursor } ?? true, "\(element.cursor) comes after \(last as Any)")
            targets[target].lanes[lane].queue.append(element)
        }
    }

    // MARK: Answers

    private mutating func answered(
        _ id: Int, _ answer: DeliveryAnswer, now: Instant, isLeaseOver: Bool,
        using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard let (target, lane) = place(of: id), var head = targets[target].lanes[lane].head else { return [] }
        head.isInFlight = false
        switch answer {
        // What a dead-letter logstore answers, or that it does not, says nothing of the target.
        case .accepted, .alreadyStored, .refusedData, .refused:
            if !head.write.isDeadLetter { recovered(target) }
        case .unanswered, .postponed:
            if answer == .unanswered || !configuration.safeguards.contains(.answeredIsNotStored) {
                head.mayBeStored = true
            }
            if !head.write.isDeadLetter { trouble(target, now: now, using: &generator) }
            head.notBefore = now + head.backoff.next(using: &generator)
        case .notSent: head.notBefore = now
        }
        switch answer {
        case .accepted:
            if head.write.isDeadLetter {
                targets[target].lanes[lane].hasAcceptedDeadLetter = true
                return settled(head, .deadLettered, lane)
            }
            targets[target].lanes[lane].accepted(head.write)
            return settled(head, .accepted, lane)
        case .alreadyStored:
            if isLeaseOver {
                // By now others may have written it. Whether they have is theirs to find out.
                keep(head, lane)
                return []
            }
            return repeated(head, lane)
        case .refusedData: return refused(head, lane, now: now)
        case .refused where !configuration.safeguards.contains(.refusalsApart): return refused(head, lane, now: now)
        case .refused:
            if !head.write.isDeadLetter { targets[target].notBefore = now + Self.refusedInterval }
            return blocked(head, lane, now: now)
        case .unanswered, .postponed, .notSent: break
        }
        keep(head, lane)
        return []
    }

    /// Judges an id that is not above the last one of its key by where this happens.
    private mutating func repeated(_ head: Head, _ lane: Int) -> [Action] {
        let state = targets[head.write.target].lanes[lane]
        let isReplayed = head.write.isDeadLetter ? !state.hasAcceptedDeadLetter : !state.hasAccepted
        if isReplayed || head.mayBeStored || !configuration.safeguards.contains(.refusalNeedsReason) {
            return settled(head, head.write.isDeadLetter ? .deadLettered : .suppressed, lane)
        }
        isOver = true
        return [.restart(head.write)]
    }

    /// Takes in that log groups are refused for what is in them.
    private mutating func refused(_ head: Head, _ lane: Int, now: Instant) -> [Action] {
        let write = head.write
        if write.elements.count > 1, configuration.safeguards.contains(.takesApart) {
            // One of them may be to blame: each goes alone, in the same order and under ids of its own. Not before an
            // earlier try, or a copy of this one, would have landed: beside the first of them it would be stored again.
            guard mayStillSend(head) else {
                keep(head, lane)
                return []
            }
            targets[write.target].lanes[lane].takeApart(head, after: now + configuration.batchWait)
            return unblocked(after: head)
        }
        guard let deadLetter = configuration.deadLetter, let form = DeadLetterForm.next(after: write.deadLetter) else {
            return blocked(head, lane, now: now)
        }
        let cursor = write.cursor
        let origin =
            configuration.safeguards.contains(.deadLetterKeys) ? configuration.targets[write.target] : deadLetter
        let keys = configuration.keys.with(.deadLetter(origin: origin))
        let key = keys.key(
            shard: configuration.shard, target: deadLetter, lane: lane, epoch: LaneKeys.epoch(of: cursor))
        lastID += 1
        let deadWrite = Write(
            id: lastID, target: write.target, elements: write.elements,
            address: .key(key, sequenceID: LaneKeys.sequenceID(of: cursor, part: form.part)), deadLetter: form)
        keep(Head(write: deadWrite, notBefore: now), lane)
        return unblocked(after: head)
    }

    private mutating func blocked(_ head: Head, _ lane: Int, now: Instant) -> [Action] {
        var head = head
        head.isRefused = true
        head.notBefore = now + Self.refusedInterval
        keep(head, lane)
        return [.blocked(target: head.write.target, head.write.cursor)]
    }

    private mutating func settled(_ head: Head, _ ending: DeliveryEnding, _ lane: Int) -> [Action] {
        let write = head.write
        targets[write.target].lanes[lane].head = nil
        var actions: [Action] = [.settled(write, ending)]
        let delivered = fanOut.settle(write)
        if !delivered.isEmpty { actions.append(.acknowledge(delivered)) }
        return actions + unblocked(after: head)
    }

    /// Says that a target is blocked no more, where it was until this head went on.
    private func unblocked(after head: Head) -> [Action] {
        let target = head.write.target
        return head.isRefused && !targets[target].isBlocked ? [.unblocked(target: target)] : []
    }

    private mutating func trouble(_ target: Int, now: Instant, using generator: inout some RandomNumberGenerator) {
        targets[target].isTroubled = true
        // What fails together counts as one failure of the target.
        if targets[target].notBefore.map({ now >= $0 }) ?? true {
            targets[target].notBefore = now + targets[target].backoff.next(using: &generator)
        }
    }

    private mutating func recovered(_ target: Int) {
        targets[target].isTroubled = false
        targets[target].notBefore = nil
        targets[target].backoff.reset()
    }

    private func place(of id: Int) -> (target: Int, lane: Int)? {
        for target in targets.indices {
            let lane = targets[target].lanes.firstIndex { $0.isInFlight && $0.head?.write.id == id }
            if let lane { return (target, lane) }
        }
        return nil
    }

    // MARK: Letting go

    /// Whether a head may be tried again: not once the shard is handed over, nor below a refusal on the way out.
    private func mayStillSend(_ head: Head) -> Bool {
        switch drain {
        case nil: true
        case .handOver: false
        case .shutDown: !head.isRefused
        }
    }

    private mutating func keep(_ head: Head, _ lane: Int) {
        let target = head.write.target
        if mayStillSend(head) {
            targets[target].lanes[lane].head = head
        } else {
            targets[target].returnedCount += head.write.elements.count + targets[target].lanes[lane].queue.count
            targets[target].lanes[lane].head = nil
            targets[target].lanes[lane].queue.removeAll()
        }
    }

    private mutating func beginDrain(_ reason: DrainReason) {
        guard drain == nil else { return }
        drain = reason
        endSettling { _ in true }
        let sentUpTo = sentUpTo
        for target in targets.indices {
            // The checkpoint cannot pass what is refused, and a person has to come first.
            let keepsNothing = reason == .handOver || targets[target].isBlocked
            for lane in targets[target].lanes.indices {
                let before = targets[target].lanes[lane].pendingCount
                if keepsNothing {
                    targets[target].lanes[lane].dropUnsent()
                } else {
                    // What lies below something sent is still sent, so that the last checkpoint covers all that was.
                    targets[target].lanes[lane].queue.removeAll { element in
                        sentUpTo.map { element.cursor >= $0 } ?? true
                    }
                }
                targets[target].returnedCount += before - targets[target].lanes[lane].pendingCount
            }
        }
    }

    // MARK: Standing still

    private mutating func beginSettling(_ target: Int, now: Instant) {
        // On the way out there is no time for it, and nothing new is sent anyway.
        guard drain == nil, let sentUpTo = targets[target].sentUpTo else { return }
        targets[target].settling = Settling(bound: sentUpTo, end: now + Self.settlingLimit)
    }

    private mutating func endSettling(where isDone: (Settling) -> Bool) {
        for target in targets.indices where targets[target].settling.map(isDone) ?? false {
            targets[target].settling = nil
        }
    }

    // MARK: Sending

    private mutating func send(now: Instant, barrier: Instant?) -> [Action] {
        barrierRetry = nil
        var actions: [Action] = []
        guard now >= configuration.firstWrite else { return [] }
        for target in targets.indices {
            if let notBefore = targets[target].notBefore, now < notBefore { continue }
            var room = targets[target].inFlightLimit - targets[target].inFlightCount
            for lane in targets[target].lanes.indices where room > 0 {
                guard targets[target].mayLead(lane),
                    targets[target].lanes[lane].notBefore.map({ now >= $0 }) ?? true
                else { continue }
                guard let barrier, now < barrier else {
                    barrierRetry = now + Self.barrierInterval
                    return actions
                }
                actions.append(.put(begin(target, lane, now: now)))
                room -= 1
            }
        }
        return actions
    }

    /// Sends a lane's head, which is made from the front of its queue where there is none.
    private mutating func begin(_ target: Int, _ lane: Int, now: Instant) -> Write {
        var head = targets[target].lanes[lane].head ?? nextHead(target, lane, now: now)
        head.isInFlight = true
        targets[target].lanes[lane].head = head
        sentUpTo = max(sentUpTo ?? head.write.end, head.write.end)
        targets[target].sentUpTo = max(targets[target].sentUpTo ?? head.write.end, head.write.end)
        return head.write
    }

    private mutating func nextHead(_ target: Int, _ lane: Int, now: Instant) -> Head {
        let write = nextWrite(target, lane)
        let mayBeStored = targets[target].lanes[lane].mayBeStoredUpTo.map { write.end <= $0 } ?? false
        return Head(write: write, mayBeStored: mayBeStored, notBefore: now)
    }

    private mutating func nextWrite(_ target: Int, _ lane: Int) -> Write {
        let elements = takeElements(target, lane)
        let last = elements[elements.count - 1].cursor
        lastID += 1
        let address = PutLogsTarget.key(
            key(target, lane, epoch: LaneKeys.epoch(of: last)), sequenceID: LaneKeys.sequenceID(of: last))
        return Write(id: lastID, target: target, elements: elements, address: address)
    }

    /// Takes the log groups of the next request off a lane's queue: one, or as many as fit and share an epoch.
    private mutating func takeElements(_ target: Int, _ lane: Int) -> [Element] {
        var elements = [targets[target].lanes[lane].queue.removeFirst()]
        if targets[target].lanes[lane].singleCount > 0 {
            targets[target].lanes[lane].singleCount -= 1
            return elements
        }
        let epoch = LaneKeys.epoch(of: elements[0].cursor)
        guard let limit = configuration.batchLimit,
            targets[target].lanes[lane].acceptedEpoch == epoch || !configuration.safeguards.contains(.singlesFirst)
        else { return elements }
        var byteCount = elements[0].byteCount
        while elements.count < limit.count, let next = targets[target].lanes[lane].queue.first,
            LaneKeys.epoch(of: next.cursor) == epoch, targets[target].mayBegin(next.cursor),
            byteCount + next.byteCount <= limit.byteCount || !configuration.safeguards.contains(.requestBound)
        {
            byteCount += next.byteCount
            elements.append(targets[target].lanes[lane].queue.removeFirst())
        }
        return elements
    }

    private mutating func key(_ target: Int, _ lane: Int, epoch: Int64) -> HashKey {
        if let known = targets[target].lanes[lane].key, known.epoch == epoch { return known.1 }
        // Without the rule two lanes that each have a request in flight share a key.
        let named = configuration.safeguards.contains(.oneInFlight) ? lane : lane / 2
        let key = configuration.keys.key(
            shard: configuration.shard, target: configuration.targets[target], lane: named, epoch: epoch)
        targets[target].lanes[lane].key = (epoch, key)
        return key
    }
}
