import DequeModule
import SLSClient
package import SLSConsumer
public import SLSProtocol

/// The writes of one held shard, at least once: which may be sent now, which are under way, which must be tried again.
///
/// Each target has a lane of its own with a bounded number of requests in flight, so that one that is slow or down holds
/// up no other. A write that fails is tried again until it is accepted, after waits of its own; none is ever left out.
/// While a target answers nothing, one request at a time asks whether it is back. While it refuses a write for good,
/// its lane stands still but for that write, tried every 30 s; what it refuses for its data goes to the dead-letter
/// logstore where there is one.
public struct DeliveryWindow<Payload: Sendable>: DeliveryMachine {
    /// One log group for one target.
    public typealias Write = Delivery<Payload>.Write
    /// What happened outside.
    public typealias Event = Delivery<Payload>.Event
    /// What to do next.
    public typealias Action = Delivery<Payload>.Action

    /// A write that was sent at least once.
    private struct Attempt {
        var write: Write
        var backoff = Backoff()
        var notBefore: Instant
        var isRefused = false
    }

    private struct Lane {
        /// Not sent yet, in order.
        var queue: Deque<Write> = []
        /// To be sent again, ascending by id.
        var retries: [Attempt] = []
        var inFlight: [Int: Attempt] = [:]
        /// Log groups let go of undelivered.
        var returnedCount = 0
        /// How many attempts, waiting or in flight, the target refused for good when last answered.
        var refusedCount = 0
        /// How many the dead-letter logstore refused, which says nothing of the target: other writes go on.
        var refusedDeadLetterCount = 0
        /// Whether no try has succeeded since one got no answer.
        var isTroubled = false
        var backoff = Backoff()
        var notBefore: Instant?

        var isBlocked: Bool { refusedCount + refusedDeadLetterCount > 0 }
        var isProbing: Bool { isTroubled || refusedCount > 0 }

        /// When the lane may send next, if time alone holds it up.
        var nextTry: Instant? {
            var next = retries.map(\.notBefore).min()
            if let notBefore, !queue.isEmpty, refusedCount == 0 { next = min(next ?? notBefore, notBefore) }
            return next.map { max($0, notBefore ?? $0) }
        }

        /// Takes out what is to be sent next: what failed before what is new, each in order.
        mutating func next(_ now: Instant) -> Attempt? {
            if let index = retries.firstIndex(where: { $0.notBefore <= now }) { return retries.remove(at: index) }
            if refusedCount > 0 { return nil }
            return queue.popFirst().map { Attempt(write: $0, notBefore: now) }
        }

        /// Counts an attempt that was refused for good, or is not any more.
        mutating func count(_ attempt: Attempt, by change: Int) {
            if attempt.write.isDeadLetter { refusedDeadLetterCount += change } else { refusedCount += change }
        }

        /// Puts an attempt back among those to be sent again.
        mutating func keep(_ attempt: Attempt) {
            let index = retries.firstIndex { $0.write.id > attempt.write.id } ?? retries.endIndex
            retries.insert(attempt, at: index)
        }

        /// Lets go of everything that is not in flight.
        mutating func dropUnsent() {
            returnedCount += queue.count + retries.count
            queue.removeAll()
            retries.removeAll()
        }

        /// Lets go of what was never sent and does not lie below something sent.
        mutating func dropUnsent(from end: Cursor?) {
            let before = queue.count
            queue.removeAll { write in end.map { write.cursor >= $0 } ?? true }
            returnedCount += before - queue.count
        }
    }

    /// How often a write is tried that was refused for good.
    static var refusedInterval: Duration { .seconds(30) }
    /// How soon a write is looked at again that the lease left no time for.
    private static var barrierInterval: Duration { .milliseconds(500) }

    /// The position behind the last log group of which anything was sent; nil when nothing was.
    public private(set) var sentUpTo: Cursor?

    private let inFlightLimit: Int
    private let hasDeadLetter: Bool
    private let safeguards: Safeguards
    private var fanOut = FanOut()
    private var lanes: [Lane]
    private var lastID = 0
    private var drain: DrainReason?
    private var isFinished = false
    private var barrierRetry: Instant?

    /// - Parameter inFlightLimit: Requests under way to one target at a time, at least 1.
    public init(targetCount: Int, inFlightLimit: Int, hasDeadLetter: Bool = false) {
        self.init(
            targetCount: targetCount, inFlightLimit: inFlightLimit, hasDeadLetter: hasDeadLetter, safeguards: .all)
    }

    package init(targetCount: Int, inFlightLimit: Int, hasDeadLetter: Bool = false, safeguards: Safeguards) {
        precondition(inFlightLimit > 0, "a window of \(inFlightLimit) requests would send nothing")
        lanes = Array(repeating: Lane(), count: targetCount)
        self.inFlightLimit = inFlightLimit
        self.hasDeadLetter = hasDeadLetter
        self.safeguards = safeguards
    }

    /// Writes that are queued, waiting for another try or in flight, by target.
    public var pendingCounts: [Int] { lanes.map { $0.queue.count + $0.retries.count + $0.inFlight.count } }
    /// Log groups let go of undelivered on the way out, by target.
    public var returnedCounts: [Int] { lanes.map(\.returnedCount) }
    /// Writes that are in flight.
    public var inFlightCount: Int { lanes.reduce(0) { $0 + $1.inFlight.count } }
    /// Whether a target refuses a log group of this shard for good.
    public var isBlocked: Bool { lanes.contains { $0.isBlocked } }

    /// When `tick` is next due; nil when only an event can bring anything on.
    public var nextTimer: Instant? {
        if let barrierRetry { return barrierRetry }
        return lanes.filter { $0.inFlight.count < limit(of: $0) }.compactMap(\.nextTry).min()
    }

    /// Takes in one event and says what follows from it.
    ///
    /// - Parameters:
    ///   - barrier: No write may start at or after this moment; nil when the lease is over.
    ///   - generator: Spreads the retries of several shards.
    public mutating func handle(
        _ event: Event, now: Instant, barrier: Instant?, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        if isFinished { return [] }
        var actions: [Action] = []
        switch event {
        case .tick: break
        case .admit(let element, let targets):
            admit(element, to: targets)
        case .answered(let id, let answer): actions += answered(id, answer, now: now, using: &generator)
        case .drain(let reason): beginDrain(reason)
        // Without sequence ids nothing is forgotten.
        case .targetChanged, .committed: break
        }
        actions += send(now: now, barrier: barrier)
        if drain != nil, pendingCount == 0 {
            isFinished = true
            actions.append(.finish)
        }
        return actions
    }

    private mutating func admit(_ element: Delivery<Payload>.Element, to targets: [Int]) {
        guard drain == nil else {
            for target in targets { lanes[target].returnedCount += 1 }
            return
        }
        fanOut.admit(element.cursor, targetCount: targets.count)
        for target in targets {
            lastID += 1
            lanes[target].queue.append(
                Write(id: lastID, target: target, elements: [element], address: .loadBalanced))
        }
    }

    private mutating func answered(
        _ id: Int, _ answer: DeliveryAnswer, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard let target = lanes.firstIndex(where: { $0.inFlight[id] != nil }),
            var attempt = lanes[target].inFlight.removeValue(forKey: id)
        else { return [] }
        switch answer {
        case .accepted: return accepted(attempt)
        case .notSent:
            attempt.notBefore = now
            keep(attempt)
            return []
        case .unanswered, .postponed:
            attempt.notBefore = now + attempt.backoff.next(using: &generator)
            if !attempt.write.isDeadLetter { trouble(target, now: now, using: &generator) }
            keep(attempt)
            return []
        case .refusedData where hasDeadLetter && DeadLetterForm.next(after: attempt.write.deadLetter) != nil:
            if attempt.isRefused { lanes[target].count(attempt, by: -1) }
            lastID += 1
            let write = Write(
                id: lastID, target: target, elements: attempt.write.elements, address: .loadBalanced,
                deadLetter: DeadLetterForm.next(after: attempt.write.deadLetter))
            keep(Attempt(write: write, notBefore: now))
            return attempt.isRefused && !lanes[target].isBlocked ? [.unblocked(target: target)] : []
        // Without sequence ids no write can be a repetition.
        case .refusedData, .refused, .alreadyStored:
            if !attempt.isRefused { lanes[target].count(attempt, by: 1) }
            attempt.isRefused = true
            attempt.notBefore = now + Self.refusedInterval
            if !attempt.write.isDeadLetter { lanes[target].notBefore = now + Self.refusedInterval }
            keep(attempt)
            return [.blocked(target: target, attempt.write.cursor)]
        }
    }

    private mutating func accepted(_ attempt: Attempt) -> [Action] {
        let write = attempt.write
        let target = write.target
        if !write.isDeadLetter {
            lanes[target].isTroubled = false
            lanes[target].notBefore = nil
            lanes[target].backoff.reset()
        }
        if attempt.isRefused { lanes[target].count(attempt, by: -1) }
        var actions: [Action] = [.settled(write, write.isDeadLetter ? .deadLettered : .accepted)]
        let delivered = fanOut.settle(write)
        if !delivered.isEmpty { actions.append(.acknowledge(delivered)) }
        if attempt.isRefused, !lanes[target].isBlocked { actions.append(.unblocked(target: target)) }
        return actions
    }

    private mutating func trouble(_ target: Int, now: Instant, using generator: inout some RandomNumberGenerator) {
        lanes[target].isTroubled = true
        // What fails together counts as one failure of the target.
        if lanes[target].notBefore.map({ now >= $0 }) ?? true {
            lanes[target].notBefore = now + lanes[target].backoff.next(using: &generator)
        }
    }

    /// Keeps a write for another try, unless nothing is to be tried any more.
    private mutating func keep(_ attempt: Attempt) {
        let target = attempt.write.target
        switch drain {
        case .handOver: lanes[target].returnedCount += 1
        case .shutDown where lanes[target].isBlocked:
            lanes[target].returnedCount += 1
            lanes[target].dropUnsent()
        case .shutDown, nil: lanes[target].keep(attempt)
        }
    }

    private mutating func beginDrain(_ reason: DrainReason) {
        guard drain == nil else { return }
        drain = reason
        let sentUpTo = sentUpTo
        for target in lanes.indices {
            switch reason {
            case .handOver: lanes[target].dropUnsent()
            // The checkpoint cannot pass what is refused, and a person has to come first.
            case .shutDown where lanes[target].isBlocked: lanes[target].dropUnsent()
            // What lies below something sent is still sent, so that the last checkpoint covers everything that was.
            case .shutDown: lanes[target].dropUnsent(from: sentUpTo)
            }
        }
    }

    private func limit(of lane: Lane) -> Int { lane.isProbing ? 1 : inFlightLimit }

    private mutating func send(now: Instant, barrier: Instant?) -> [Action] {
        barrierRetry = nil
        var actions: [Action] = []
        for target in lanes.indices {
            if let notBefore = lanes[target].notBefore, now < notBefore { continue }
            while lanes[target].inFlight.count < limit(of: lanes[target]) {
                guard let barrier, now < barrier else {
                    if pendingCount > inFlightCount { barrierRetry = now + Self.barrierInterval }
                    return actions
                }
                guard let attempt = lanes[target].next(now) else { break }
                let write = attempt.write
                lanes[target].inFlight[write.id] = attempt
                sentUpTo = max(sentUpTo ?? write.cursor, write.cursor.advanced(by: 1))
                actions.append(.put(write))
                if !safeguards.contains(.acknowledgesAnswers) {
                    actions.append(.acknowledge(write.elements.map(\.cursor)))
                }
            }
        }
        return actions
    }
}
