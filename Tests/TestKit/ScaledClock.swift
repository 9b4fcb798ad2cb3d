public import FakeSLS
public import SLSConsumer
public import SLSProtocol
internal import System

/// A clock for loops that wait: it runs many times as fast as the machine's, and jumps when told to.
///
/// Everything of one test lives by it, the emulator included, so that a timeout of 30 s takes 3 s at a speed of 10.
public final class ScaledClock: Sendable {
    private let speed: Int64
    private let began = MonotonicClock.nanoseconds()
    private let jumped = Lock<Int64>(0)
    /// 2024-03-05T06:07:08Z, the time of the signature vectors.
    private let wallAtStart: Int64 = 1_709_618_828_000_000_000

    /// - Parameter speed: Of its seconds, how many pass in one of the machine's.
    public init(speed: Int64 = 10) { self.speed = speed }

    private var elapsed: Int64 { (MonotonicClock.nanoseconds() - began) * speed + jumped.withLock { $0 } }

    /// The moment now.
    public var now: Instant { Instant(nanoseconds: 1_000_000_000 + elapsed) }

    /// The time of day now.
    public var wall: Timestamp { Timestamp(seconds: Int((wallAtStart + elapsed) / 1_000_000_000)) }

    /// Lets time pass at once, unseen by whoever sleeps: as a process that was stopped, or a machine that slept, sees it.
    public func jump(by duration: Duration) { jumped.withLock { $0 += duration.nanoseconds } }

    /// Waits that long, by this clock; returns early when the task is cancelled.
    public func sleep(for duration: Duration) async { await sleep(until: now + duration) }

    /// Waits until then, by this clock; returns early when the task is cancelled.
    public func sleep(until deadline: Instant) async {
        let rest = max(0, (deadline - now).nanoseconds / speed)
        // Cancelled: the caller is over.
        try? await Task.sleep(for: .nanoseconds(rest), tolerance: .nanoseconds(100_000))
    }

    /// As an emulator takes it.
    public var serverClock: ServerClock {
        ServerClock(
            monotonic: { self.now }, wall: { WallTime(nanoseconds: self.wallAtStart + self.elapsed) })
    }

    /// As a consumer takes it.
    public var consumerClock: ConsumerClock {
        ConsumerClock(now: { self.now }, wall: { self.wall }, sleep: { await self.sleep(until: $0) })
    }
}
