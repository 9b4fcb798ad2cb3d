public import SLSProtocol
import System

/// The time as a consumer sees it, so that tests can give their own.
public struct ConsumerClock: Sendable {
    /// The moment, on a clock that goes on while the machine sleeps: for leases and timeouts.
    public let now: @Sendable () -> Instant
    /// The time of day: for start positions and signatures.
    public let wall: @Sendable () -> Timestamp
    private let sleeper: @Sendable (Instant) async -> Void

    /// A clock of these parts; `sleep` returns early when its task is cancelled.
    public init(
        now: @escaping @Sendable () -> Instant, wall: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Instant) async -> Void
    ) {
        self.now = now
        self.wall = wall
        sleeper = sleep
    }

    /// The machine's own clocks.
    public static let system = ConsumerClock(
        now: { Instant(nanoseconds: MonotonicClock.nanoseconds()) },
        wall: { Timestamp(seconds: Int(WallClock.nanoseconds() / 1_000_000_000)) },
        sleep: { deadline in
            let rest = deadline - Instant(nanoseconds: MonotonicClock.nanoseconds())
            // Cancelled: the loop that waits is over and ignores the wake-up.
            try? await Task.sleep(for: max(rest, .zero), tolerance: .milliseconds(1))
        })

    /// Waits until `deadline`, or until the calling task is cancelled.
    public func sleep(until deadline: Instant) async { await sleeper(deadline) }
}
