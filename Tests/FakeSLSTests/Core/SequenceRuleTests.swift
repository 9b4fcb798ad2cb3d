import Testing

@testable import FakeSLS

@Suite struct SequenceRuleTests {
    private let last = SequenceRule.Last(number: 5, accepted: 1_000_000_000)

    @Test(arguments: [(1, false), (5, false), (6, true), (1 << 30, true)] as [(Int64, Bool)])
    func `an id is taken when it is above the last one`(number: Int64, isTaken: Bool) {
        #expect(SequenceRule().accepts(number, after: last, now: .max) == isTaken)
        #expect(SequenceRule().accepts(number, after: nil, now: 0))
    }

    @Test func `with a lifetime an old id is forgotten to the nanosecond`() {
        let rule = SequenceRule(lifetime: .seconds(2))
        #expect(!rule.accepts(1, after: last, now: 2_999_999_999))
        #expect(rule.accepts(1, after: last, now: 3_000_000_000))
    }
}
