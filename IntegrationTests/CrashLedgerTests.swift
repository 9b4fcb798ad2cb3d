import SLSProtocol
import Testing

/// The judge of `CrashTests` must be able to say no.
struct CrashLedgerTests {
    private let write = CrashLedger.Write(writer: 1, id: 1)
    private let shard = ShardID(0)

    private func stored(_ topics: [String], group: [UInt8] = [1]) -> [ShardID: StoredShard] {
        [shard: StoredShard(groups: [100: group], topics: topics, end: Cursor(number: 101))]
    }

    private func judged(
        _ stored: [ShardID: StoredShard], checkpoint: String = "", kill: CrashKill = .unprepared,
        after tell: (inout CrashLedger) -> Void
    ) -> [String] {
        var ledger = CrashLedger()
        tell(&ledger)
        ledger.judge(stored, checkpoints: [shard: checkpoint], after: kill)
        return ledger.violations
    }

    @Test func `what was answered is there once`() {
        let tell: (inout CrashLedger) -> Void = { ledger in
            ledger.sends(write)
            ledger.answered(write, isRefused: false)
        }
        #expect(judged(stored(["1-1"]), after: tell).isEmpty)
        #expect(judged(stored([]), after: tell) == ["1-1 was answered, and is there 0 times"])
        #expect(judged(stored(["1-1", "1-1"]), after: tell) == ["1-1 was answered, and is there 2 times"])
    }

    @Test func `what was not answered may be there, but not twice, nor after a commit that was held`() {
        let tell: (inout CrashLedger) -> Void = { $0.sends(write) }
        #expect(judged(stored([]), after: tell).isEmpty)
        #expect(judged(stored(["1-1"]), after: tell).isEmpty)
        #expect(judged(stored(["1-1", "1-1"]), after: tell).count == 1)
        #expect(judged(stored(["1-1"]), kill: .commitHeld, after: tell).count == 1)
    }

    @Test func `what was found before may be sent again and stay unanswered before a commit that is held`() {
        var ledger = CrashLedger()
        ledger.sends(write)
        ledger.judge(stored(["1-1"]), checkpoints: [:], after: .unprepared)
        ledger.judge(stored(["1-1"]), checkpoints: [:], after: .commitHeld)
        #expect(ledger.violations.isEmpty)
    }

    @Test func `a write whose answer was dropped is there`() {
        let tell: (inout CrashLedger) -> Void = { $0.sends(write) }
        #expect(judged(stored(["1-1"]), kill: .answerDropped, after: tell).isEmpty)
        #expect(judged(stored([]), kill: .answerDropped, after: tell).count == 1)
    }

    @Test func `an id that was answered and is taken again is a violation`() {
        var ledger = CrashLedger()
        ledger.sends(write)
        ledger.answered(write, isRefused: false)
        #expect(ledger.lastWrites == [write])
        ledger.wasTaken(write)
        #expect(ledger.violations.count == 1)
    }

    @Test(arguments: [(["1-1"], false), ([], true)])
    func `an id that says otherwise than the store is a violation`(topics: [String], isRefused: Bool) {
        var ledger = CrashLedger()
        ledger.sends(write)
        ledger.judge(stored(topics), checkpoints: [:], after: .unprepared)
        #expect(ledger.next(of: 1) == write)
        var agreeing = ledger
        agreeing.answered(write, isRefused: !isRefused)
        #expect(agreeing.violations.isEmpty)
        #expect(agreeing.settledCount == 1)
        ledger.answered(write, isRefused: isRefused)
        #expect(ledger.violations.count == 1)
    }

    @Test func `an id that was never sent before is not refused`() {
        var ledger = CrashLedger()
        ledger.sends(write)
        ledger.answered(write, isRefused: true)
        #expect(ledger.violations.count == 1)
    }

    @Test func `what a pull showed stays at its cursor, and the end does not go back`() {
        #expect(judged(stored([], group: [1])) { $0.pulled([[1]], from: 100, of: shard) }.isEmpty)
        #expect(judged(stored([], group: [2])) { $0.pulled([[1]], from: 100, of: shard) }.count == 1)
        #expect(judged(stored([])) { $0.pulled([[1]], from: 101, of: shard) }.count == 1)
        #expect(judged(stored([])) { $0.hasEnd(Cursor(number: 101), shard) }.isEmpty)
        #expect(judged(stored([])) { $0.hasEnd(Cursor(number: 102), shard) }.count == 1)
    }

    @Test func `a checkpoint is the last that was answered, or the one in doubt`() {
        let tell: (inout CrashLedger) -> Void = { ledger in
            ledger.saves("a", of: shard)
            ledger.saved("a", of: shard)
            ledger.saves("b", of: shard)
        }
        #expect(judged(stored([]), checkpoint: "a", after: tell).isEmpty)
        #expect(judged(stored([]), checkpoint: "b", after: tell).isEmpty)
        #expect(judged(stored([]), checkpoint: "", after: tell).count == 1)
        #expect(judged(stored([]), checkpoint: "c", after: tell).count == 1)
    }
}
