package import SLSProtocol

/// The lease as everything that writes sees it: until when it holds, by which times, and which one in a row it is.
///
/// A task that was started under an earlier lease may do nothing under a later one, however slowly it hears of its end.
package struct LeaseTerm: Equatable, Sendable {
    /// The number of the lease; it grows with every loss.
    package let generation: Int
    /// When it ends; nil without one.
    package let end: Instant?
    /// The group's present times.
    package let timing: GroupTiming

    private let safeguards: Safeguards

    /// No lease yet.
    package init(timing: GroupTiming, safeguards: Safeguards = .all) {
        generation = 0
        end = nil
        self.timing = timing
        self.safeguards = safeguards
    }

    /// The lease as the membership sees it after its latest event.
    package init(_ membership: Membership, safeguards: Safeguards = .all) {
        self.safeguards = safeguards
        generation = membership.leaseLossCount
        end = membership.leaseEnd
        timing = membership.timing
    }

    /// Whether the lease of that number holds: checkpoints may be saved under it.
    package func holds(generation: Int, now: Instant) -> Bool {
        if !safeguards.contains(.fence) { return true }
        guard isPresent(generation), let end else { return false }
        return now < end
    }

    /// From when on no write may start under the lease of that number: it could end after others have been given the
    /// shard. nil when the lease is over.
    package func writeBarrier(generation: Int) -> Instant? {
        if !safeguards.contains(.fence) { return Instant(nanoseconds: .max) }
        guard isPresent(generation), let end else { return nil }
        return timing.writeBarrier(leaseEnd: end)
    }

    private func isPresent(_ generation: Int) -> Bool {
        self.generation == generation || !safeguards.contains(.leaseGenerations)
    }

    /// Whether a write may start under the lease of that number.
    package func allowsWrite(generation: Int, now: Instant) -> Bool {
        writeBarrier(generation: generation).map { now < $0 } ?? false
    }
}
