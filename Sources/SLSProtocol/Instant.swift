/// A moment of a monotonic clock, for timeouts and leases; it says nothing about the time of day.
public struct Instant: InstantProtocol, Hashable, Sendable, CustomStringConvertible {
    /// Nanoseconds since that clock's own zero.
    public let nanoseconds: Int64

    /// A moment by its distance from the clock's zero.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The moment `duration` later; fractions of a nanosecond are cut off.
    public func advanced(by duration: Duration) -> Instant { Instant(nanoseconds: nanoseconds + duration.nanoseconds) }

    /// How long it is from this moment to `other`; negative when `other` came first.
    public func duration(to other: Instant) -> Duration { .nanoseconds(other.nanoseconds - nanoseconds) }

    /// Moments of one clock compare in time.
    public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
    /// The moment `b` later than `a`.
    public static func + (a: Self, b: Duration) -> Instant { a.advanced(by: b) }
    /// The moment `b` earlier than `a`.
    public static func - (a: Self, b: Duration) -> Instant { a.advanced(by: .zero - b) }
    /// How long it is from `b` to `a`.
    public static func - (a: Self, b: Instant) -> Duration { b.duration(to: a) }
    /// The distance from the clock's zero.
    public var description: String { "\(Duration.nanoseconds(nanoseconds))" }
}

extension Duration {
    /// The whole duration in nanoseconds; the range of 292 years is not checked.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }

    /// The whole duration in milliseconds, rounded up: what a timer is given, so that it never fires early.
    public var millisecondsRoundedUp: Int64 { (nanoseconds + 999_999) / 1_000_000 }

    /// The duration in seconds, for metrics and messages.
    public var inSeconds: Double { Double(nanoseconds) / 1e9 }
}
