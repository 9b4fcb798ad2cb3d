import SLSConsumer
import Simulation
import Testing

@Suite struct HistoryTests {
    /// Seeds that are run each time; enough for every fault to fire.
    private static let fixed: ClosedRange<UInt64> = 1...160

    @Test(arguments: DeliveryMode.allCases) func `fixed seeds keep every promise, and every fault has fired`(
        mode: DeliveryMode
    ) {
        var tally = Tally()
        for seed in Self.fixed { tally.add(Simulation.run(seed: seed, size: .small, mode: mode), seed: seed) }
        expectNoViolation(tally, .small, mode)
        #expect(tally.silentFaults(mode).isEmpty)
        #expect(tally.countedCount > 100)
    }

    @Test(arguments: DeliveryMode.allCases) func `a full history keeps every promise`(mode: DeliveryMode) {
        var tally = Tally()
        tally.add(Simulation.run(seed: 1, size: .full, mode: mode), seed: 1)
        expectNoViolation(tally, .full, mode)
    }

    /// What broke a promise once, by a mistake of the code, of the judge or of the world.
    private static let regressions: [(size: Size, mode: DeliveryMode, seed: UInt64)] = [
        (.full, .atLeastOnce, 303_562),
        (.small, .exactlyOnceBatched, 4_397), (.small, .exactlyOnceBatched, 8_304),
        (.small, .exactlyOnceBatched, 9_896), (.small, .exactlyOnceBatched, 30_164_100),
        (.full, .exactlyOnceBatched, 6_000_589),
    ]

    @Test(arguments: regressions) func `a history that broke a promise once keeps every one`(
        size: Size, mode: DeliveryMode, seed: UInt64
    ) {
        var tally = Tally()
        tally.add(Simulation.run(seed: seed, size: size, mode: mode), seed: seed)
        expectNoViolation(tally, size, mode)
    }

    @Test(arguments: DeliveryMode.allCases) func `fresh seeds keep every promise`(mode: DeliveryMode) {
        let first = UInt64.random(in: 1_000_000...1_000_000_000)
        print("fresh seeds from \(first) on, \(mode.rawValue)")
        var tally = Tally()
        let clock = ContinuousClock()
        let end = clock.now + .seconds(4)
        while clock.now < end {
            let seed = first + UInt64(tally.historyCount)
            tally.add(Simulation.run(seed: seed, size: .small, mode: mode), seed: seed)
        }
        #expect(tally.historyCount > 0)
        expectNoViolation(tally, .small, mode)
    }

    @Test(arguments: DeliveryMode.allCases) func `a seed brings the same history each time`(mode: DeliveryMode) {
        var (first, second): ([String], [String]) = ([], [])
        _ = Simulation.run(seed: 7, size: .small, mode: mode, listener: { first.append($0) })
        _ = Simulation.run(seed: 7, size: .small, mode: mode, listener: { second.append($0) })
        #expect(first == second && first.count > 100)
    }

    private func expectNoViolation(_ tally: Tally, _ size: Size, _ mode: DeliveryMode) {
        for (seed, violation) in tally.violations {
            let replay = Simulation.replay(seed: seed, size: size, mode: mode)
            Issue.record("\(violation.property.rawValue): \(violation.detail); replay: \(replay)")
        }
    }
}

@Suite struct RuleTests {
    @Test(arguments: Rule.table + Rule.exactly) func `a rule left out is found out by a promise that breaks`(rule: Rule)
    {
        guard let broken = rule.broken else { return }
        let without = Simulation.run(seed: broken.seed, size: .small, mode: rule.mode, without: rule.rules)
        #expect(without.violation?.property == broken.property, "\(rule.name): \(rule.fault)")
        #expect(Simulation.run(seed: broken.seed, size: .small, mode: rule.mode).violation == nil, "\(rule.name)")
    }

    @Test func `every safeguard has its row`() {
        let named = (Rule.table + Rule.exactly).reduce(into: Rules.none) { named, rule in
            named.safeguards.formUnion(rule.rules.safeguards)
            named.store.formUnion(rule.rules.store)
        }
        #expect(named.safeguards.rawValue.nonzeroBitCount == Safeguards.count)
        #expect(named.store.rawValue.nonzeroBitCount == StoreRules.count)
    }
}
