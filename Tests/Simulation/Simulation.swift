/// Runs histories: a seed and a size are all that a history follows from.
package enum Simulation {
    /// Runs one history.
    ///
    /// - Parameters:
    ///   - mode: How log groups are delivered.
    ///   - rulesOff: Rules to leave out, to see what breaks without them.
    ///   - listener: Is told everything that happens, line by line.
    package static func run(
        seed: UInt64, size: Size, mode: DeliveryMode = .atLeastOnce, without rulesOff: Rules = .none,
        listener: ((String) -> Void)? = nil
    ) -> History {
        World(seed: seed, size: size, mode: mode, rules: Rules.all.subtracting(rulesOff), listener: listener).run()
    }

    /// The command that runs a history again.
    package static func replay(seed: UInt64, size: Size, mode: DeliveryMode = .atLeastOnce) -> String {
        "scripts/simulate --seeds 1 --from \(seed) --size \(size.rawValue) --delivery \(mode.rawValue)"
    }
}

/// What many histories came to.
package struct Tally: Sendable {
    package private(set) var historyCount = 0
    /// Those of at least 300 events, with a crash and a take-over.
    package private(set) var countedCount = 0
    package private(set) var eventCount = 0
    package private(set) var faults = FaultCounts()
    package private(set) var weakCount = 0
    package private(set) var storedCount = 0
    package private(set) var repeatedCount = 0
    /// Those in which nothing made a promise weaker.
    package private(set) var strictCount = 0
    /// The longest time from the end of the faults until all was settled, in seconds.
    package private(set) var longestSettling = 0.0
    package private(set) var violations: [(seed: UInt64, violation: Violation)] = []

    package init() {}

    package mutating func add(_ history: History, seed: UInt64) {
        historyCount += 1
        eventCount += history.eventCount
        let isCounted = history.eventCount >= 300 && history.faults[.crash] > 0 && history.faults[.takeOver] > 0
        if isCounted { countedCount += 1 }
        faults += history.faults
        weakCount += history.weakCount
        storedCount += history.storedCount
        repeatedCount += history.repeatedCount
        if !history.isWeakened { strictCount += 1 }
        longestSettling = max(longestSettling, Double(history.settledAfter.nanoseconds) / 1e9)
        if let violation = history.violation { violations.append((seed, violation)) }
    }

    package mutating func add(_ other: Tally) {
        historyCount += other.historyCount
        countedCount += other.countedCount
        eventCount += other.eventCount
        faults += other.faults
        weakCount += other.weakCount
        storedCount += other.storedCount
        repeatedCount += other.repeatedCount
        strictCount += other.strictCount
        longestSettling = max(longestSettling, other.longestSettling)
        violations += other.violations
    }

    /// Faults of a mode that never fired.
    package func silentFaults(_ mode: DeliveryMode = .atLeastOnce) -> [Fault] { mode.faults.filter { faults[$0] == 0 } }
}
