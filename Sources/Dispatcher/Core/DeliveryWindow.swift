import DequeModule
import SLSClient
public import SLSConsumer
public import SLSProtocol

/// The writes of one held shard: which may be sent now, which are under way, which must be tried again.
///
/// Each target has a lane of its own with a bounded number of requests in flight, so that one that is slow or down holds
/// up no other. A write that fails is tried again until it is accepted; none is ever left out. While a target is in
/// trouble, one request at a time asks whether it is back.
public struct DeliveryWindow<Payload: Sendable>: Sendable {
    /// One log group for one target.
    public struct Write: Sendable {
        /// Its number within this window.
        public let id: Int
        /// The log group's cursor in the source.
        public let cursor: Cursor
        /// The index of the target.
        public let target: Int
        /// What is to be written.
        public let payload: Payload
    }

    /// How a try of a write ended.
    public enum Answer: Equatable, Sendable {
        /// The target has stored it.
        case accepted
        /// No answer, 5xx or a quota.
        case retriable
        /// The target refuses it, and will again.
        case refused
        /// The lease left no time to start it.
        case notSent
    }

    /// What happened outside.
    public enum Event: Sendable {
        /// A timer fired; `nextTimer` says when the next is due.
        case tick
        /// A log group is to be written.
        case admit(Cursor, target: Int, Payload)
        /// A try of a write ended.
        case answered(Int, Answer)
        /// The shard is let go.
        case drain(Membership.DrainReason)
    }

    /// What to do next, in this order.
    public enum Action: Sendable {
        /// Send this write; exactly one answer must come back.
        case put(Write)
        /// These log groups are delivered.
        case acknowledge([Cursor])
        /// A target refuses a log group for good: the shard is blocked until it takes it.
        case blocked(target: Int, Cursor)
        /// A target that had refused takes log groups again.
        case unblocked(target: Int)
        /// After a drain: nothing is in flight any more.
        case finish
    }

    private struct Lane {
        var queue: Deque<Write> = []
        var inFlight: [Int: Write] = [:]
        var backoff = Backoff()
        var isTroubled = false
        var isBlocked = false
        var notBefore: Instant?
    }

    /// How often a write is tried that was refused for good.
    static var refusedInterval: Duration { .seconds(30) }
    /// How soon a write is looked at again that the lease left no time for.
    private static var barrierInterval: Duration { .milliseconds(500) }

    /// The position behind the last log group of which anything was sent; nil when nothing was.
    public private(set) var sentUpTo: Cursor?

    private let inFlightLimit: Int
    private var lanes: [Lane]
    private var lastID = 0
    private var drain: Membership.DrainReason?
    private var isFinished = false
    private var barrierRetry: Instant?

    /// - Parameter inFlightLimit: Requests under way to one target at a time, at least 1.
    public init(targetCount: Int, inFlightLimit: Int) {
        precondition(inFlightLimit > 0, "a window of \(inFlightLimit) requests would send nothing")
        lanes = Array(repeating: Lane(), count: targetCount)
        self.inFlightLimit = inFlightLimit
    }

    /// Writes that are queued or in flight.
    public var pendingCount: Int { lanes.reduce(0) { $0 + $1.queue.count + $1.inFlight.count } }
    /// Writes that are in flight.
    public var inFlightCount: Int { lanes.reduce(0) { $0 + $1.inFlight.count } }
    /// Whether a target refuses a log group of this shard for good.
    public var isBlocked: Bool { lanes.contains { $0.isBlocked } }

    /// When `tick` is next due; nil when only an event can bring anything on.
    public var nextTimer: Instant? {
        let retries = lanes.filter { !$0.queue.isEmpty && $0.inFlight.isEmpty }.compactMap(\.notBefore)
        return (retries + [barrierRetry].compactMap(\.self)).min()
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
        case .admit(let cursor, let target, let payload):
            guard drain == nil else { break }
            lastID += 1
            lanes[target].queue.append(Write(id: lastID, cursor: cursor, target: target, payload: payload))
        case .answered(let id, let answer): actions += answered(id, answer, now: now, using: &generator)
        case .drain(let reason): beginDrain(reason)
        }
        actions += send(now: now, barrier: barrier)
        if drain != nil, pendingCount == 0 {
            isFinished = true
            actions.append(.finish)
        }
        return actions
    }

    private mutating func answered(
        _ id: Int, _ answer: Answer, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard let target = lanes.firstIndex(where: { $0.inFlight[id] != nil }),
            let write = lanes[target].inFlight.removeValue(forKey: id)
        else { return [] }
        switch answer {
        case .accepted:
            let wasBlocked = lanes[target].isBlocked
            lanes[target].isTroubled = false
            lanes[target].isBlocked = false
            lanes[target].notBefore = nil
            lanes[target].backoff.reset()
            return [.acknowledge([write.cursor])] + (wasBlocked ? [.unblocked(target: target)] : [])
        case .notSent:
            requeue(write)
            return []
        case .retriable:
            requeue(write)
            if !lanes[target].isBlocked {
                lanes[target].notBefore = now + lanes[target].backoff.next(using: &generator)
            }
            lanes[target].isTroubled = true
            return []
        case .refused:
            requeue(write)
            lanes[target].isTroubled = true
            lanes[target].isBlocked = true
            lanes[target].notBefore = now + Self.refusedInterval
            return [.blocked(target: target, write.cursor)]
        }
    }

    /// Puts a write back where it was in the order of the lane, unless the shard is being handed over.
    private mutating func requeue(_ write: Write) {
        if drain == .handOver { return }
        let index = lanes[write.target].queue.firstIndex { $0.id > write.id } ?? lanes[write.target].queue.endIndex
        lanes[write.target].queue.insert(write, at: index)
    }

    private mutating func beginDrain(_ reason: Membership.DrainReason) {
        guard drain == nil else { return }
        drain = reason
        let sentUpTo = sentUpTo
        for target in lanes.indices {
            switch reason {
            case .handOver: lanes[target].queue.removeAll()
            // What lies below something sent is still sent, so that the last checkpoint covers everything that was.
            case .shutDown: lanes[target].queue.removeAll { write in sentUpTo.map { write.cursor >= $0 } ?? true }
            }
        }
    }

    private mutating func send(now: Instant, barrier: Instant?) -> [Action] {
        barrierRetry = nil
        var actions: [Action] = []
        for target in lanes.indices {
            if let notBefore = lanes[target].notBefore, now < notBefore { continue }
            let limit = lanes[target].isTroubled ? 1 : inFlightLimit
            while lanes[target].inFlight.count < limit, let write = lanes[target].queue.first {
                guard let barrier, now < barrier else {
                    barrierRetry = now + Self.barrierInterval
                    return actions
                }
                lanes[target].queue.removeFirst()
                lanes[target].inFlight[write.id] = write
                sentUpTo = max(sentUpTo ?? write.cursor, write.cursor.advanced(by: 1))
                actions.append(.put(write))
            }
        }
        return actions
    }
}
