public import FakeSLS
public import SLSProtocol
internal import System

/// Both of an emulator's clocks, standing still until a test moves them.
public final class VirtualClock: Sendable {
    private struct Reading {
        var monotonic: Int64
        var wall: Int64
    }

    private let reading: Lock<Reading>

    /// - Parameter wall: Unix seconds to begin with; by default 2024-03-05T06:07:08Z, the time of the signature vectors.
    public init(wall: Int = 1_709_618_828) {
        reading = Lock(Reading(monotonic: 1_000_000_000, wall: Int64(wall) * 1_000_000_000))
    }

    /// The wall clock's time.
    public var now: Timestamp { Timestamp(seconds: Int(reading.withLock { $0.wall } / 1_000_000_000)) }

    /// Lets time pass on both clocks.
    public func advance(by duration: Duration) {
        reading.withLock {
            $0.monotonic += duration.nanoseconds
            $0.wall += duration.nanoseconds
        }
    }

    /// Sets the wall clock alone, as people do.
    public func setWall(_ time: Timestamp) { reading.withLock { $0.wall = Int64(time.seconds) * 1_000_000_000 } }

    /// The clocks as an emulator takes them.
    public var serverClock: ServerClock {
        ServerClock(
            monotonic: { Instant(nanoseconds: self.reading.withLock { $0.monotonic }) },
            wall: { WallTime(nanoseconds: self.reading.withLock { $0.wall }) })
    }
}
