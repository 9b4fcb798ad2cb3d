public import FakeSLS
public import SLSConsumer
public import SLSProtocol
internal import System

/// A clock for loops that wait: it runs many times as fast as the machine's, and jumps when told to.
///
/// Everything of one test lives by it, the emulator included, so that a timeout of 30 s takes 3 s at a speed of 10.
///
/// A busy machine slows it down: it goes on only as far as a task of its own, which shares the threads with those under
/// test, gets its turns. So a bound in its seconds speaks of the code, not of the machine's other work.
public final class ScaledClock: Sendable {
    private struct Reading {
        /// The machine's nanoseconds that counted, up to the last turn.
        var counted: Int64 = 0
        var lastTurn = MonotonicClock.nanoseconds()
        var jumped: Int64 = 0

        func counted(at moment: Int64) -> Int64 { counted + min(moment - lastTurn, ScaledClock.longestTurn) }
    }

    /// How many of the machine's nanoseconds may count between two turns; turns are meant to be a fifth of it apart.
    private static let longestTurn: Int64 = 10_000_000

    private let speed: Int64
    private let reading = Lock(Reading())
    /// 2024-03-05T06:07:08Z, the time of the signature vectors.
    private let wallAtStart: Int64 = 1_709_618_828_000_000_000

    /// - Parameter speed: Of its seconds, how many pass in one of the machine's.
    public init(speed: Int64 = 10) {
        self.speed = speed
        Task.detached { [weak self] in
            while self?.takeTurn() != nil {
                // Never cancelled: it ends with the clock.
                try? await Task.sleep(for: .nanoseconds(Self.longestTurn / 5), tolerance: .zero)
            }
        }
    }

    private func takeTurn() {
        reading.withLock { reading in
            let moment = MonotonicClock.nanoseconds()
            reading.counted = reading.counted(at: moment)
            reading.lastTurn = moment
        }
    }

    private var elapsed: Int64 {
        reading.withLock { $0.counted(at: MonotonicClock.nanoseconds()) * speed + $0.jumped }
    }

    /// The moment now.
    public var now: Instant { Instant(nanoseconds: 1_000_000_000 + elapsed) }

    /// The time of day now.
    public var wall: Timestamp { Timestamp(seconds: Int((wallAtStart + elapsed) / 1_000_000_000)) }

    /// Lets time pass at once, unseen by whoever sleeps: as a process that was stopped, or a machine that slept, sees it.
    public func jump(by duration: Duration) { reading.withLock { $0.jumped += duration.nanoseconds } }

    /// Waits that long, by this clock; returns early when the task is cancelled.
    public func sleep(for duration: Duration) async { await sleep(until: now + duration) }

    /// Waits until then, by this clock; returns early when the task is cancelled.
    public func sleep(until deadline: Instant) async {
        while case let rest = (deadline - now).nanoseconds / speed, rest > 0 {
            do {
                try await Task.sleep(for: .nanoseconds(rest), tolerance: .nanoseconds(100_000))
            } catch {
                // The caller is over.
                return
            }
        }
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
