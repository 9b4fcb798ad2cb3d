public import SLSClient
public import SLSConsumer
public import SLSProtocol

/// What a window of writes and its surroundings say to each other.
public enum Delivery<Payload: Sendable> {
    /// One log group of the source.
    public struct Element: Sendable {
        /// Its cursor there.
        public let cursor: Cursor
        /// What is to be written.
        public let payload: Payload
        /// The size of that, uncompressed; bounds a request of several.
        public let byteCount: Int

        /// A log group that is to be written.
        public init(_ cursor: Cursor, _ payload: Payload, byteCount: Int = 0) {
            self.cursor = cursor
            self.payload = payload
            self.byteCount = byteCount
        }
    }

    /// One request to one target.
    public struct Write: Sendable {
        /// Its number within its window; a repeated try keeps it.
        public let id: Int
        /// The index of the target.
        public let target: Int
        /// The log groups it carries, at least one, in the order of the source; all are stored or none.
        public let elements: [Element]
        /// Which shard it goes to, and under which sequence id.
        public let address: PutLogsTarget
        /// How it goes to the dead-letter logstore, for the target has refused it; nil where it goes to the target.
        public let deadLetter: DeadLetterForm?

        init(id: Int, target: Int, elements: [Element], address: PutLogsTarget, deadLetter: DeadLetterForm? = nil) {
            precondition(!elements.isEmpty, "write \(id) carries nothing")
            self.id = id
            self.target = target
            self.elements = elements
            self.address = address
            self.deadLetter = deadLetter
        }

        /// Whether it goes to the dead-letter logstore.
        public var isDeadLetter: Bool { deadLetter != nil }
        /// The cursor of the first log group.
        public var cursor: Cursor { elements[0].cursor }
        /// The position behind the last log group.
        var end: Cursor { elements[elements.count - 1].cursor.advanced(by: 1) }
    }

    /// What happened outside.
    public enum Event: Sendable {
        /// A timer fired; `nextTimer` says when the next is due.
        case tick
        /// A log group is to be written to each of these targets; the cursors ascend.
        case admit(Element, targets: [Int])
        /// A try of a write ended.
        case answered(Int, DeliveryAnswer)
        /// The shard is let go.
        case drain(DrainReason)
        /// The shards of a target were split or merged.
        case targetChanged(Int)
        /// The checkpoint that is saved and confirmed.
        case committed(Cursor)
    }

    /// What to do next, in this order.
    public enum Action: Sendable {
        /// Send this write; exactly one answer must come back.
        case put(Write)
        /// This write is done with.
        case settled(Write, DeliveryEnding)
        /// These log groups are delivered everywhere they were owed to.
        case acknowledge([Cursor])
        /// A target refuses a log group for good: the shard is blocked until it takes it.
        case blocked(target: Int, Cursor)
        /// A target that had refused takes log groups again.
        case unblocked(target: Int)
        /// A refusal of this write that cannot be explained: nothing more is sent; the shard is to be begun again at its
        /// checkpoint.
        case restart(Write)
        /// After a drain: nothing is in flight any more.
        case finish
    }
}

/// In what form a log group goes to the dead-letter logstore.
public enum DeadLetterForm: Equatable, Sendable {
    /// As it is, with tags behind it.
    case plain
    /// As text in logs of its own. What is refused for its size, its times or its keys by a rule of the whole service is
    /// refused in the plain form too.
    case sealed

    /// What is tried when log groups were refused for their data.
    ///
    /// - Parameter form: nil where the target has refused them.
    /// - Returns: nil where nothing is left to try.
    static func next(after form: DeadLetterForm?) -> DeadLetterForm? {
        switch form {
        case nil: .plain
        case .plain: .sealed
        case .sealed: nil
        }
    }

    /// Which part of a log group's ids is its own. The sealed form comes second: then whoever begins with the plain one
    /// again, after either of them was stored, is told so.
    var part: Int { self == .plain ? 0 : 1 }
}

/// How a try of a write ended.
public enum DeliveryAnswer: Equatable, Sendable {
    /// The target has stored it.
    case accepted
    /// No answer, or 5xx: it may have been stored.
    case unanswered
    /// Not stored, and worth another try: a quota, or nobody could be reached.
    case postponed
    /// The sequence id is not above the last one of its key.
    case alreadyStored
    /// The target refuses these log groups for what is in them, and will again.
    case refusedData
    /// The target refuses everything: it does not exist, or we may not.
    case refused
    /// The lease left no time to start it.
    case notSent
}

/// How a write is done with.
public enum DeliveryEnding: Equatable, Sendable {
    /// The target has taken it.
    case accepted
    /// The target had it already.
    case suppressed
    /// The dead-letter logstore has it.
    case deadLettered
}

/// Decides for one held shard which writes may be sent now, which must be tried again, and what is delivered.
public protocol DeliveryMachine<Payload>: Sendable {
    /// What a log group is to the surroundings.
    associatedtype Payload: Sendable

    /// The position behind the last log group of which anything was sent; nil when nothing was.
    var sentUpTo: Cursor? { get }
    /// When `tick` is next due; nil when only an event can bring anything on.
    var nextTimer: Instant? { get }
    /// Whether a target refuses a log group of this shard for good.
    var isBlocked: Bool { get }
    /// Log groups admitted and not done with, by target: counted from the queues.
    var pendingCounts: [Int] { get }
    /// Log groups admitted and then let go of undelivered, by target: counted where each is let go of.
    var returnedCounts: [Int] { get }

    /// Takes in one event and says what follows from it.
    ///
    /// - Parameters:
    ///   - barrier: No write may start at or after this moment; nil when the lease is over.
    ///   - generator: Spreads the retries of several shards.
    mutating func handle(
        _ event: Delivery<Payload>.Event, now: Instant, barrier: Instant?,
        using generator: inout some RandomNumberGenerator
    ) -> [Delivery<Payload>.Action]
}

extension DeliveryMachine {
    /// Log groups admitted and not done with, over all targets.
    public var pendingCount: Int { pendingCounts.reduce(0, +) }
}

/// The log groups that more than one target is owed.
struct FanOut: Sendable {
    private var owed: [Cursor: Int] = [:]

    /// Takes in a log group and how many targets it goes to.
    mutating func admit(_ cursor: Cursor, targetCount: Int) {
        if targetCount > 1 { owed[cursor] = targetCount }
    }

    /// Takes in that one target has them, and says which of them are now delivered everywhere.
    mutating func settle<Payload>(_ write: Delivery<Payload>.Write) -> [Cursor] {
        write.elements.map(\.cursor).filter { cursor in
            guard let left = owed[cursor] else { return true }
            owed[cursor] = left > 1 ? left - 1 : nil
            return left == 1
        }
    }
}
