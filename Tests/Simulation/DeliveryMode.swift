/// How the log groups of a history are delivered.
package enum DeliveryMode: String, CaseIterable, Sendable {
    case atLeastOnce = "at-least-once"
    case exactlyOnce = "exactly-once"
    case exactlyOnceBatched = "exactly-once-batched"

    var isExact: Bool { self != .atLeastOnce }

    /// The faults that a run in this mode must have seen.
    package var faults: [Fault] {
        Fault.allCases.filter { fault in
            switch fault {
            case .makerCrash, .lateFirstSave: !isExact
            case .zombie: self == .exactlyOnce
            case .straggler, .tooLate: self == .exactlyOnceBatched
            case .proxyRepeat, .nodeRefusal, .tooLarge, .quotaStorm, .unreachable, .lostCommit, .falseError, .targetCut,
                .idsForgotten,
                .deadLetter, .sealedLetter, .foreignWriter, .rewind, .resetBeforeStart, .epochCrossing, .cleanChange,
                .mixedSetups,
                .refusedID:
                isExact
            default: true
            }
        }
    }
}
