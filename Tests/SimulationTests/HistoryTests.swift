import SLSConsumer
import Simulation
import Testing

@Suite struct HistoryTests {
    /// Seeds that are run each time; enough for every fault to fire.
    private static let fixed: ClosedRange<UInt64> = 1...120

    @Test func `fixed seeds keep every promise, and every fault has fired`() {
        var tally = Tally()
        for seed in Self.fixed { tally.add(Simulation.run(seed: seed, size: .small), seed: seed) }
        expectNoViolation(tally, .small)
        #expect(tally.silentFaults.isEmpty)
        #expect(tally.countedCount > 100)
    }

    @Test func `a full history keeps every promise`() {
        var tally = Tally()
        tally.add(Simulation.run(seed: 1, size: .full), seed: 1)
        expectNoViolation(tally, .full)
    }

    @Test func `fresh seeds keep every promise`() {
        let first = UInt64.random(in: 1_000_000...1_000_000_000)
        print("fresh seeds from \(first) on")
        var tally = Tally()
        let clock = ContinuousClock()
        let end = clock.now + .seconds(6)
        while clock.now < end {
            let seed = first + UInt64(tally.historyCount)
            tally.add(Simulation.run(seed: seed, size: .small), seed: seed)
        }
        #expect(tally.historyCount > 0)
        expectNoViolation(tally, .small)
    }

    @Test func `a seed brings the same history each time`() {
        var (first, second): ([String], [String]) = ([], [])
        _ = Simulation.run(seed: 7, size: .small, listener: { first.append($0) })
        _ = Simulation.run(seed: 7, size: .small, listener: { second.append($0) })
        #expect(first == second && first.count > 100)
    }

    private func expectNoViolation(_ tally: Tally, _ size: Size) {
        for (seed, violation) in tally.violations {
            Issue.record(
                "\(violation.property.rawValue): \(violation.detail); replay: \(Simulation.replay(seed: seed, size: size))"
            )
        }
    }
}

@Suite struct RuleTests {
    @Test(arguments: Rule.table) func `a rule left out is found out by a promise that breaks`(rule: Rule) {
        guard let broken = rule.broken else { return }
        let without = Simulation.run(seed: broken.seed, size: .small, without: rule.safeguards)
        #expect(without.violation?.property == broken.property, "\(rule.name): \(rule.fault)")
        #expect(Simulation.run(seed: broken.seed, size: .small).violation == nil, "\(rule.name)")
    }

    @Test func `every safeguard has its row`() {
        let named = Rule.table.reduce(into: Safeguards()) { $0.formUnion($1.safeguards) }
        #expect(named.rawValue.nonzeroBitCount == Safeguards.count)
    }
}
