import ArgumentParser
import Simulation
import System
import UnixSignals

/// Runs seeded histories of one server and its consumers, on several threads, and says what broke.
@main struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run seeded histories of a server, its consumers and their targets, and judge them by the truth.")

    @Option(help: "How many histories to run.") var seeds = 10_000
    @Option(help: "The first seed.") var from: UInt64 = 1
    @Option(help: "The size of the histories: small or full.") var size = Size.small
    @Option(
        help: """
            How log groups are delivered: at-least-once, exactly-once or exactly-once-batched. (default: at-least-once, or \
            the mode of the rule that is left out)
            """)
    var delivery: DeliveryMode?
    @Option(help: "How many threads run them.") var threads = 2
    @Option(help: "Stop after so many violations.") var violations = 10

    @Option(help: "Leave out a rule, by its name in docs/simulation.md, to see what breaks. (default: none)")
    var without: String?
    @Flag(help: "Print everything that happens in the first history, and run no other.") var trace = false

    func validate() throws {
        for (name, count) in [("seeds", seeds), ("threads", threads), ("violations", violations)] where count < 1 {
            throw ValidationError("--\(name) \(count): write 1 or more")
        }
    }

    func run() async throws {
        let rule = try without.map { name in
            guard let rule = (Rule.table + Rule.exactly).first(where: { $0.name == name }) else {
                throw ValidationError("--without \(name): there is no such rule in docs/simulation.md")
            }
            return rule
        }
        let mode = delivery ?? rule?.mode ?? .atLeastOnce
        if trace {
            let history = Simulation.run(
                seed: from, size: size, mode: mode, without: rule?.rules ?? .none, listener: { print($0) })
            if let violation = history.violation {
                print("VIOLATION \(violation.property.rawValue): \(violation.detail)")
            }
            return
        }
        let began = MonotonicClock.nanoseconds()
        let runners = Runners(
            first: from, count: seeds, size: size, mode: mode, limit: violations, rulesOff: rule?.rules ?? .none)
        let tally = try await watched(runners, since: began)
        print(report(tally, mode, seconds: Self.seconds(since: began)))
        // By then the rarest fault has fired ten times, on the average.
        let isLong = tally.historyCount >= (size == .full ? 200 : 1_000)
        if !tally.violations.isEmpty || (isLong && !tally.silentFaults(mode).isEmpty) { throw ExitCode.failure }
    }

    /// Runs them all, says now and then how far they are, and stops early when told to.
    private func watched(_ runners: Runners, since began: Int64) async throws -> Tally {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Tally?.self) { group in
            group.addTask { try await runners.run(on: threads) }
            group.addTask {
                for await _ in signals { runners.stop() }
                return nil
            }
            if StandardStream.error.isTerminal {
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(10))) != nil {
                        let count = runners.tally.historyCount
                        let rate = Double(count) / Self.seconds(since: began)
                        StandardStream.error.write(
                            "simulate: \(count) of \(seeds) histories, \(Int(rate)) a second, "
                                + "\(runners.tally.violations.count) violations\n")
                    }
                    return nil
                }
            }
            defer { group.cancelAll() }
            while let tally = try await group.next() {
                if let tally { return tally }
            }
            preconditionFailure("the histories ended without a tally")
        }
    }

    private static func seconds(since began: Int64) -> Double { Double(MonotonicClock.nanoseconds() - began) / 1e9 }

    private func report(_ tally: Tally, _ mode: DeliveryMode, seconds: Double) -> String {
        var lines = [
            "\(tally.historyCount) histories (\(size.rawValue), \(mode.rawValue)), \(tally.countedCount) of them counted; "
                + "\(tally.eventCount) events, \(tally.eventCount / max(1, tally.historyCount)) a history",
            "\(Int(Double(tally.historyCount) / seconds)) histories/s, \(Int(Double(tally.eventCount) / seconds)) events/s, "
                + "\(Int(seconds)) s on \(threads) threads",
            "\(tally.storedCount) log groups delivered, \(tally.repeatedCount) of them again; settled after "
                + "\(Int(tally.longestSettling)) s at the latest",
            "broken as some faults may: \(tally.weakCount); \(tally.strictCount) histories without such a fault",
        ]
        lines += mode.faults.map { "  \($0): \(tally.faults[$0])" }
        for fault in tally.silentFaults(mode) { lines.append("never fired: \(fault)") }
        for (seed, violation) in tally.violations.sorted(by: { $0.seed < $1.seed }) {
            lines.append(
                "VIOLATION \(violation.property.rawValue), at \(violation.time) s: \(violation.detail)\n    "
                    + Simulation.replay(seed: seed, size: size, mode: mode))
        }
        return lines.joined(separator: "\n")
    }
}

extension Size: ExpressibleByArgument {}
extension DeliveryMode: ExpressibleByArgument {}
