import System
import Testing

/// How long shards are in nobody's hands, with real processes; `scripts/handover` measures it more often and for longer timeouts.
struct HandoverTests {
    @Test(arguments: try HandoverTests.timeouts())
    func `O2, C3 shards change hands in the time of 1.10, and never before the lease is over`(timeout: Duration)
        async throws
    {
        let repetitions = try Self.number("HANDOVER_REPETITIONS") ?? 1
        let run = try await HandoverRun(timeout: timeout)
        try await run.run(repetitions: repetitions)
        #expect(run.mistakes.isEmpty, "\(run.mistakes)")
        var table = "hand-over, T \(timeout.components.seconds) s, heartbeats every \(Self.text(run.heartbeat)) s\n"
        for way in Handover.allCases {
            let sorted = (run.times[way] ?? []).sorted()
            #expect(sorted.count == repetitions * (way == .join ? 2 : 1))
            let limit = way.limit(timeout: timeout, heartbeat: run.heartbeat)
            // On a busy machine programs start and answer late; the figures of a quiet one stand in docs/measurements.md.
            #expect(sorted.allSatisfy { $0 < limit * 3 + .seconds(10) }, "\(way.rawValue): \(sorted)")
            table +=
                "  \(way.rawValue): min \(Self.text(sorted.first)), median \(Self.text(sorted[sorted.count / 2])), "
                + "max \(Self.text(sorted.last)) s of \(sorted.count); 1.10 allows \(Self.text(limit)) s\n"
        }
        StandardStream.output.write(table)
    }

    /// The group's timeouts to measure with.
    static func timeouts() throws -> [Duration] {
        try (Environment.value("HANDOVER_TIMEOUTS") ?? "6").split(separator: " ").map { text in
            guard let seconds = Int(text) else { throw HarnessError("no number of seconds: \(text)") }
            return .seconds(seconds)
        }
    }

    private static func number(_ name: String) throws -> Int? {
        guard let text = Environment.value(name) else { return nil }
        guard let number = Int(text), number > 0 else { throw HarnessError("\(name) is no number: \(text)") }
        return number
    }

    private static func text(_ duration: Duration?) -> String {
        guard let duration else { return "-" }
        let hundredths = (duration / .milliseconds(10)).rounded()
        return "\(hundredths / 100)"
    }
}
