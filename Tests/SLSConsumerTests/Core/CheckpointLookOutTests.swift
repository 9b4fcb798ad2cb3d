import SLSConsumer
import SLSProtocol
import Testing

@Suite struct CheckpointLookOutTests {
    /// Took over at 100, then saved up to 103 with every answer.
    private func savedUpTo103() -> CheckpointLookOut {
        var lookOut = CheckpointLookOut()
        lookOut.tookOver(at: at(100))
        for cursor in cursors(101..<104) {
            lookOut.sent(cursor)
            lookOut.confirmed(cursor)
        }
        return lookOut
    }

    @Test func `what was saved last is current, what was saved before is a late copy, anything else is foreign`() {
        var lookOut = savedUpTo103()
        lookOut.began()
        #expect(lookOut.verdict(of: at(103)) == .current)
        #expect(lookOut.verdict(of: at(102)) == .olderOwn)
        #expect(lookOut.verdict(of: at(100)) == .olderOwn, "the position of the take-over counts as own")
        #expect(lookOut.verdict(of: at(99)) == .foreign)
        #expect(lookOut.verdict(of: at(104)) == .foreign)
        #expect(lookOut.verdict(of: nil) == .foreign)
    }

    @Test func `a save that is under way or was never answered may be what is read`() {
        var lookOut = savedUpTo103()
        lookOut.sent(at(104))
        lookOut.began()
        #expect(lookOut.verdict(of: at(103)) == .current)
        #expect(lookOut.verdict(of: at(104)) == .current)
        lookOut.sent(at(105))
        lookOut.confirmed(at(105))
        #expect(lookOut.verdict(of: at(103)) == .current, "the answer may have left before the save arrived")
        lookOut.began()
        #expect(lookOut.verdict(of: at(104)) == .olderOwn, "a save without an answer that came late")
    }

    @Test func `a repeated save takes no memory, and what is long past counts as foreign`() {
        var lookOut = savedUpTo103()
        for _ in 0..<10_000 { lookOut.sent(at(103)) }
        lookOut.began()
        #expect(lookOut.verdict(of: at(102)) == .olderOwn)
        for cursor in cursors(104..<(104 + Int64(CheckpointLookOut.memory))) {
            lookOut.sent(cursor)
            lookOut.confirmed(cursor)
        }
        lookOut.began()
        #expect(lookOut.verdict(of: at(103)) == .foreign)
        #expect(lookOut.verdict(of: at(104)) == .olderOwn)
    }
}

@Suite struct RestartPacingTests {
    @Test func `waits double from 1 s to 60 s, and progress of the checkpoint begins anew`() {
        var pacing = RestartPacing()
        var now = Instant(nanoseconds: 0)
        var waits: [Duration] = []
        for _ in 0..<8 {
            waits.append(pacing.next(at: at(100), now: now).wait)
            now = now + .seconds(60)
            pacing.saved(at(100))
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
        pacing.saved(at(101))
        #expect(pacing.next(at: at(101), now: now).wait == .seconds(1))
        #expect(pacing.count == 9)
    }

    @Test func `a second restart within the hour is worth an alarm`() {
        var pacing = RestartPacing()
        let start = Instant(nanoseconds: 0)
        #expect(!pacing.next(at: nil, now: start).isRepeated)
        #expect(!pacing.next(at: nil, now: start + .seconds(3_600)).isRepeated)
        #expect(pacing.next(at: nil, now: start + .seconds(3_600 + 3_599)).isRepeated)
        var later = RestartPacing(last: pacing.last)
        #expect(later.next(at: nil, now: start + .seconds(2 * 3_600)).isRepeated, "of the task before")
    }

    @Test func `a checkpoint that somebody has set is no reason for an alarm`() {
        var pacing = RestartPacing()
        let start = Instant(nanoseconds: 0)
        #expect(!pacing.next(at: nil, now: start, isExplained: true).isRepeated)
        #expect(!pacing.next(at: nil, now: start + .seconds(1)).isRepeated)
        #expect(!pacing.next(at: nil, now: start + .seconds(2), isExplained: true).isRepeated)
        #expect(pacing.next(at: nil, now: start + .seconds(3)).isRepeated)
    }
}
