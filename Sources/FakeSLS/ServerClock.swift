public import SLSProtocol
internal import System

/// The two clocks of an emulator; tests give their own.
public struct ServerClock: Sendable {
    /// For timeouts: never jumps, nor goes backwards.
    public var monotonic: @Sendable () -> Instant
    /// The time of day: for receive times, creation times, first cursors and the dates of signatures.
    public var wall: @Sendable () -> WallTime

    /// Two clocks of any kind.
    public init(monotonic: @escaping @Sendable () -> Instant, wall: @escaping @Sendable () -> WallTime) {
        self.monotonic = monotonic
        self.wall = wall
    }

    /// The machine's clocks.
    public static let system = ServerClock(
        monotonic: { Instant(nanoseconds: MonotonicClock.nanoseconds()) },
        wall: { WallTime(nanoseconds: WallClock.nanoseconds()) })

    /// Both clocks, read now.
    var now: Moment { Moment(monotonic: monotonic(), wall: wall()) }
}

/// A time of day, finer than the seconds in which the service answers.
public struct WallTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public let nanoseconds: Int64

    /// A time by its distance from 1970.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Times compare in time.
    public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Whole seconds, cut off.
    public var timestamp: Timestamp { Timestamp(seconds: Int(nanoseconds / 1_000_000_000)) }
    /// Microseconds, as checkpoints carry them.
    public var microseconds: Int { Int(nanoseconds / 1_000) }
}

/// Both clocks at one moment: all requests of a turn see the same.
struct Moment: Sendable {
    let monotonic: Instant
    let wall: WallTime
}
