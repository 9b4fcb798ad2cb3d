import SLSProtocol
import System

/// The lease as everything that writes sees it: until when, and whether it is still the same one.
///
/// The membership loop is its only writer. A task that was started under an earlier lease may do nothing under a later
/// one, however slowly it hears of its end.
final class Lease: Sendable {
    private struct State {
        var generation = 0
        var end: Instant?
        var timing: GroupTiming
    }

    private let state: Lock<State>

    init(timing: GroupTiming) { state = Lock(State(timing: timing)) }

    /// Takes over what the membership says after each event.
    func update(end: Instant?, generation: Int, timing: GroupTiming) {
        state.withLock { $0 = State(generation: generation, end: end, timing: timing) }
    }

    /// The number of the present lease; it grows with every loss.
    var generation: Int { state.withLock { $0.generation } }

    /// The group's present times.
    var timing: GroupTiming { state.withLock { $0.timing } }

    /// From when on nothing more may be written under the lease of this number; nil when it is over.
    func writeBarrier(generation: Int) -> Instant? {
        state.withLock { state in
            guard state.generation == generation, let end = state.end else { return nil }
            return state.timing.writeBarrier(leaseEnd: end)
        }
    }

    /// Whether the lease of this number holds.
    func holds(generation: Int, now: Instant) -> Bool {
        state.withLock { state in
            guard state.generation == generation, let end = state.end else { return false }
            return now < end
        }
    }
}
