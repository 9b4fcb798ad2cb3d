public import SLSProtocol

/// What goes wrong with one request that would otherwise have been served.
public enum Fault: Equatable, Sendable {
    /// It is refused with this error, and changes nothing.
    case refuse(APIError)
    /// It arrives this much later: it is applied then, whether or not its client is still there.
    case delayRequest(Duration)
    /// It is applied and committed; its answer leaves this much later.
    case delayAnswer(Duration)
    /// It never arrives: nothing is applied, and the client sees the connection reset.
    case dropRequest
    /// It is applied and committed, but the client sees the connection reset.
    case dropAnswer
    /// It arrives twice, one copy right behind the other; the answer is that to the first.
    case repeatRequest
    /// It never arrives, and the connection stays open without an answer.
    case hang
    /// It is applied and could be answered, but the commit waits for this long, and with it the whole emulator: the place
    /// for a `kill -9` between "answerable" and "durable".
    case holdCommit(Duration)

    /// A word for each kind, as the control API spells it.
    public enum Kind: String, CaseIterable, Sendable {
        case refuse
        case delayRequest = "delay-request"
        case delayAnswer = "delay-answer"
        case dropRequest = "drop-request"
        case dropAnswer = "drop-answer"
        case repeatRequest = "repeat"
        case hang
        case holdCommit = "hold-commit"
    }

    /// Which kind it is.
    public var kind: Kind {
        switch self {
        case .refuse: .refuse
        case .delayRequest: .delayRequest
        case .delayAnswer: .delayAnswer
        case .dropRequest: .dropRequest
        case .dropAnswer: .dropAnswer
        case .repeatRequest: .repeatRequest
        case .hang: .hang
        case .holdCommit: .holdCommit
        }
    }

    /// How long it takes; nil for kinds that take no time.
    public var duration: Duration? {
        switch self {
        case .delayRequest(let time), .delayAnswer(let time), .holdCommit(let time): time
        case .refuse, .dropRequest, .dropAnswer, .repeatRequest, .hang: nil
        }
    }
}

/// Which requests are struck by which fault, and how many of them.
public struct FaultRule: Equatable, Sendable {
    /// How many of the requests that it fits are struck.
    public enum Extent: Equatable, Sendable {
        /// So many, those that come first.
        case next(Int)
        /// This part of them, 0 to 1, drawn by a generator of this seed: the same of the same requests in each run.
        case fraction(Double, seed: UInt64)
        /// All, until the rule is taken back.
        case untilCleared
    }

    /// The call; nil for any.
    public var call: CallName?
    /// The project the request is addressed to; nil for any.
    public var project: String?
    /// The logstore in its path; nil for any.
    public var logstore: String?
    /// The shard in its path or query, or that of the checkpoint it saves; nil for any.
    public var shard: Int?
    /// The consumer it names; nil for any.
    public var consumer: String?
    /// What happens.
    public var fault: Fault
    /// How often.
    public var extent: Extent

    /// A rule for the next request of a call, unless more is said.
    public init(_ fault: Fault, on call: CallName? = nil, extent: Extent = .next(1)) {
        self.fault = fault
        self.call = call
        self.extent = extent
    }

    /// No fault takes longer than this.
    public static let durationLimit = Duration.seconds(600)

    /// - Throws: `ParameterInvalid`, naming the part that is out of its range.
    func check() throws(APIError) {
        if let duration = fault.duration, !(.zero...Self.durationLimit).contains(duration) {
            throw .parameterInvalid("\"seconds\": expected 0 to \(Self.durationLimit.inSeconds)")
        }
        if case .refuse(let error) = fault, !(400...599).contains(error.status) {
            throw .parameterInvalid("\"status\": expected 400 to 599")
        }
        switch extent {
        case .next(let count) where count < 1: throw .parameterInvalid("\"next\": expected 1 or more")
        case .fraction(let part, _) where !(0...1).contains(part):
            throw .parameterInvalid("\"fraction\": expected 0 to 1")
        case .next, .fraction, .untilCleared: break
        }
    }

    /// Whether it is about requests like this one.
    func fits(_ subject: FaultSubject) -> Bool {
        (call == nil || call == subject.call) && (project == nil || project == subject.project)
            && (logstore == nil || logstore == subject.logstore) && (shard == nil || shard == subject.shard)
            && (consumer == nil || consumer == subject.consumer)
    }
}

/// What a rule looks at in a request.
struct FaultSubject: Equatable, Sendable {
    var call: CallName
    var project: String?
    var logstore: String?
    var shard: Int?
    var consumer: String?
}
