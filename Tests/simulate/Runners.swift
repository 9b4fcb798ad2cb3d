import Simulation
import System

/// Threads that share out a range of seeds.
final class Runners: Sendable {
    private struct State {
        var next: UInt64
        var tally = Tally()
        var isStopped = false
    }

    private let end: UInt64
    private let size: Size
    private let mode: DeliveryMode
    private let limit: Int
    private let rulesOff: Rules
    private let state: Lock<State>

    /// - Parameter limit: Violations after which no new history begins.
    init(first: UInt64, count: Int, size: Size, mode: DeliveryMode, limit: Int, rulesOff: Rules) {
        end = first + UInt64(count)
        self.size = size
        self.mode = mode
        self.limit = limit
        self.rulesOff = rulesOff
        state = Lock(State(next: first))
    }

    /// Runs all of them and returns when they are done.
    func run(on threadCount: Int) async throws -> Tally {
        let threads = try (0..<threadCount).map { index in
            try Thread.start(name: "simulate-\(index)") { self.work() }
        }
        for thread in threads { await thread.join() }
        return tally
    }

    /// Begins no further history; those under way are run to their ends.
    func stop() { state.withLock { $0.isStopped = true } }

    /// What has been run so far.
    var tally: Tally { state.withLock { $0.tally } }

    private func work() {
        while let seeds = take() {
            var tally = Tally()
            for seed in seeds {
                tally.add(Simulation.run(seed: seed, size: size, mode: mode, without: rulesOff), seed: seed)
            }
            state.withLock { $0.tally.add(tally) }
        }
    }

    private func take() -> Range<UInt64>? {
        state.withLock { state in
            guard !state.isStopped, state.next < end, state.tally.violations.count < limit else { return nil }
            let first = state.next
            state.next = min(end, first + (size == .small ? 50 : 1))
            return first..<state.next
        }
    }
}
