import SLSClient
import Testing

/// The same numbers in every run.
private struct Counter: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}

@Suite struct BackoffTests {
    @Test func `waits double up to the limit, each less up to a quarter`() {
        var generator = Counter(state: 1)
        var backoff = Backoff()
        var step = 0.2
        for _ in 0..<100 {
            let wait = backoff.next(using: &generator)
            #expect(wait >= .seconds(step * 0.75) && wait <= .seconds(step))
            step = min(step * 2, 30)
        }
        #expect(step == 30)
    }

    @Test func `after a success it starts over, and chance is the caller's`() {
        var generator = Counter(state: 7)
        var backoff = Backoff()
        let waits = (0..<5).map { _ in backoff.next(using: &generator) }
        backoff.reset()
        generator = Counter(state: 7)
        #expect((0..<5).map { _ in backoff.next(using: &generator) } == waits)
    }
}
