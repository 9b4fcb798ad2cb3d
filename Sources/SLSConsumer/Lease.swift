import SLSProtocol
import System

/// The present `LeaseTerm`, for everything that writes: the membership loop is its only writer.
final class Lease: Sendable {
    private let term: Lock<LeaseTerm>

    init(timing: GroupTiming) { term = Lock(LeaseTerm(timing: timing)) }

    /// What holds now.
    var current: LeaseTerm { term.withLock { $0 } }

    /// Takes over what the membership says after each event.
    func update(to term: LeaseTerm) { self.term.withLock { $0 = term } }
}
