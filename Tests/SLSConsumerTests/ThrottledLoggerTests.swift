import Logging
import SLSProtocol
import System
import Testing

@testable import SLSConsumer

@Suite struct ThrottledLoggerTests {
    private final class Lines: LogHandler, Sendable {
        let all = Lock<[String]>([])
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            all.withLock { $0.append("\(event.message) \(event.metadata?["repeats"].map { "\($0)" } ?? "-")") }
        }
    }

    private let now = Lock(Instant(nanoseconds: 0))
    private let lines = Lines()

    private var logger: ThrottledLogger {
        ThrottledLogger(
            Logger(label: "test") { _ in lines },
            clock: ConsumerClock(
                now: { now.withLock { $0 } }, wall: { Timestamp(seconds: 0) }, sleep: { _ in }))
    }

    @Test func `the same is said once in 30 s, with the number of those left out`() {
        let logger = logger
        for second in 0..<65 {
            now.withLock { $0 = Instant(nanoseconds: Int64(second) * 1_000_000_000) }
            logger.log(.warning, "failed", about: "a")
            if second == 10 { logger.log(.warning, "failed", about: "b") }
        }
        #expect(lines.all.withLock { $0 } == ["failed -", "failed -", "failed 29", "failed 29"])
    }

    @Test func `what is below the logger's level is not even made`() {
        logger.log(
            .debug, "failed", about: "a",
            metadata: {
                Issue.record("made for nothing"); return [:]
            }())
        #expect(lines.all.withLock { $0.isEmpty })
    }

    @Test func `subjects are forgotten before they take memory without end`() {
        let logger = logger
        for number in 0..<3_000 { logger.log(.warning, "failed", about: "\(number)") }
        logger.log(.warning, "failed", about: "0")
        #expect(lines.all.withLock { $0.count } == 3_001)
    }
}

@Suite struct WakeTimerTests {
    /// A clock that stands still until it is moved, and sleeps that end a little early.
    private final class EarlyClock: Sendable {
        let now = Lock(Instant(nanoseconds: 0))
        let sleepCount = Lock(0)

        var clock: ConsumerClock {
            ConsumerClock(
                now: { self.now.withLock { $0 } }, wall: { Timestamp(seconds: 0) },
                sleep: { deadline in
                    self.sleepCount.withLock { $0 += 1 }
                    self.now.withLock { now in
                        // First it stops a microsecond short of it.
                        let early = deadline - .microseconds(1)
                        now = max(now, now < early ? early : deadline)
                    }
                })
        }
    }

    @Test func `a sleep that ends early is slept on, so that no tick comes before its time`() async {
        let early = EarlyClock()
        let ticked = Lock<[Instant]>([])
        await withDiscardingTaskGroup { group in
            var timer = WakeTimer(clock: early.clock) { ticked.withLock { $0.append(early.now.withLock { $0 }) } }
            timer.arm(Instant(nanoseconds: 5_000_000), in: &group)
        }
        #expect(ticked.withLock { $0 } == [Instant(nanoseconds: 5_000_000)])
        #expect(early.sleepCount.withLock { $0 } == 2)
    }

    @Test func `a later wake-up that is on its way is not ordered again`() async {
        let woken = Lock(0)
        let now = Lock(Instant(nanoseconds: 0))
        let clock = ConsumerClock(
            now: { now.withLock { $0 } }, wall: { Timestamp(seconds: 0) },
            sleep: { deadline in
                while now.withLock({ $0 }) < deadline, !Task.isCancelled { await Task.yield() }
            })
        await withDiscardingTaskGroup { group in
            var timer = WakeTimer(clock: clock) { woken.withLock { $0 += 1 } }
            for second in Int64(0)..<59 {
                timer.arm(Instant(nanoseconds: 60_000_000_000), in: &group)
                timer.arm(Instant(nanoseconds: second * 1_000_000_000 + 500_000_000), in: &group)
                now.withLock { $0 = Instant(nanoseconds: (second + 1) * 1_000_000_000) }
            }
            now.withLock { $0 = Instant(nanoseconds: 61_000_000_000) }
        }
        #expect(woken.withLock { $0 } == 60, "59 early ones and one late one")
    }
}
