import SLSProtocol
import Testing

@testable import FakeSLS

struct QuotaLedgerTests {
    private static let holder = QuotaLedger.Holder.shard(7)
    private static let start = Instant(nanoseconds: 5_000_000_000)

    private func hasRoom(
        _ ledger: QuotaLedger, _ rate: Limits.Rate, limit: Int = 7, after time: Duration = .zero
    ) -> Bool {
        ledger.hasRoom(rate, Self.holder, limit: limit, now: Self.start + time)
    }

    private func used(_ amounts: [Int], of rate: Limits.Rate, limit: Int = 7) -> QuotaLedger {
        var ledger = QuotaLedger()
        for amount in amounts { ledger.use(amount, of: rate, Self.holder, limit: limit, now: Self.start) }
        return ledger
    }

    @Test(arguments: Limits.Rate.allCases)
    func `a rate is used up by as much as its limit, one by one or at once`(rate: Limits.Rate) {
        #expect(hasRoom(used([], of: rate), rate))
        #expect(hasRoom(used([6], of: rate), rate))
        #expect(hasRoom(used([1, 1, 1, 1, 1, 1], of: rate), rate))
        for amounts in [[7], [8], [1, 1, 1, 1, 1, 1, 1]] { #expect(!hasRoom(used(amounts, of: rate), rate)) }
    }

    @Test(arguments: Limits.Rate.allCases)
    func `what was used drains evenly, and what went beyond the limit is paid off first`(rate: Limits.Rate) {
        let full = used([7], of: rate)
        #expect(!hasRoom(full, rate, after: rate.period / 7 - .nanoseconds(1)))
        #expect(hasRoom(full, rate, after: rate.period / 7 + .nanoseconds(1)))
        // Three times the limit: two periods later it is full, as after one limit's worth.
        let beyond = used([21], of: rate)
        #expect(!hasRoom(beyond, rate, after: rate.period * 2))
        #expect(!hasRoom(beyond, rate, after: rate.period * 15 / 7 - .nanoseconds(1)))
        #expect(hasRoom(beyond, rate, after: rate.period * 15 / 7 + .nanoseconds(1)))
        // A seventh of a period makes room for one call, whose use fills it again.
        var again = full
        let later = Self.start + rate.period / 7 + .nanoseconds(1)
        #expect(again.hasRoom(rate, Self.holder, limit: 7, now: later))
        again.use(1, of: rate, Self.holder, limit: 7, now: later)
        #expect(!again.hasRoom(rate, Self.holder, limit: 7, now: later))
    }

    @Test func `over an hour, one is let in as often as the limit says`() {
        var ledger = QuotaLedger()
        var admitted = 0
        // Three a second are asked for, seven a minute are let in, and seven at once at first.
        for tick in 0..<10_800 {
            let now = Self.start + .nanoseconds(tick * 333_333_333)
            guard ledger.hasRoom(.projectWriteCalls, Self.holder, limit: 7, now: now) else { continue }
            ledger.use(1, of: .projectWriteCalls, Self.holder, limit: 7, now: now)
            admitted += 1
        }
        #expect((60 * 7...61 * 7).contains(admitted))
    }

    @Test func `holders and rates have accounts of their own`() {
        let ledger = used([7], of: .shardWriteCalls)
        #expect(ledger.hasRoom(.shardReadCalls, Self.holder, limit: 7, now: Self.start))
        #expect(ledger.hasRoom(.shardWriteCalls, .shard(8), limit: 7, now: Self.start))
    }

    @Test func `a limit of nothing lets nothing in, and no figure is too large`() {
        #expect(!hasRoom(QuotaLedger(), .shardWriteCalls, limit: 0))
        let largest = used([.max], of: .projectWriteBytes, limit: .max)
        #expect(!hasRoom(largest, .projectWriteBytes, limit: .max))
        #expect(hasRoom(largest, .projectWriteBytes, limit: .max, after: .seconds(3_600)))
    }

    @Test func `a clock that stands or goes back gives nothing away`() {
        let full = used([7], of: .shardReadBytes)
        #expect(!hasRoom(full, .shardReadBytes, after: .seconds(-5)))
    }

    @Test func `accounts that are empty again are swept out`() {
        var ledger = QuotaLedger()
        for index in 0..<100_000 {
            let now = Self.start + .milliseconds(index * 10)
            ledger.use(1, of: .shardWriteCalls, .shard(Int64(index)), limit: 1, now: now)
        }
        // A hundred are in use at any time.
        #expect(ledger.accountCount <= 257)
    }
}
