import Foundation
import System

/// What a person sees who waits for a long run, and the table at its end.
struct ChaosProgress {
    private static let interval = Duration.seconds(15)
    private let plan: ChaosPlan
    private let began = ContinuousClock.now
    private var shown = ContinuousClock.now

    init(_ plan: ChaosPlan) { self.plan = plan }

    /// A line now and then.
    mutating func show(_ done: Int, written: Int) {
        guard ContinuousClock.now - shown >= Self.interval else { return }
        shown = .now
        StandardStream.output.write(
            "chaos: \(plan.delivery): \(done) of \(plan.order.count) events, \(written) log groups written, \(elapsed)\n"
        )
    }

    private var elapsed: String { (ContinuousClock.now - began).formatted(.time(pattern: .minuteSecond)) }

    func report(_ run: ChaosRun, _ verdict: DeliveryVerdict) -> String {
        var rows = [("event", "planned", "happened")]
        for event in ChaosEvent.allCases where plan.events[event] ?? 0 > 0 {
            rows.append((event.rawValue, "\(plan.events[event] ?? 0)", "\(run.happened[event] ?? 0)"))
        }
        var lines = [
            "chaos: \(plan.delivery), seed \(plan.seed), \(plan.sourceShards) source shards, "
                + "timeout \(ChaosRun.timeout.components.seconds) s, took \(elapsed)"
        ]
        lines += rows.map { name, planned, happened in
            "  " + name.padding(to: 28) + planned.padding(toRight: 9) + happened.padding(toRight: 10)
        }
        lines.append(
            "  " + run.details.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
        let books = run.books
        lines.append(
            "  \(run.writer.written) log groups written; \(books.suppressed) writes repeated and suppressed, "
                + "\(books.failedPuts) failed, \(verdict.deadLettered) dead letters, \(books.leaseLosses) leases lost, \(books.restarts) shards restarted"
        )
        lines += books.mistakes.map { "  MISTAKE: \($0)" }
        lines.append("  \(verdict)")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
    fileprivate func padding(toRight width: Int) -> String {
        String(repeating: " ", count: max(1, width - count)) + self
    }
}
