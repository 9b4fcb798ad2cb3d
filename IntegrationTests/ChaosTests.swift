import System
import Testing

/// Real processes that are killed, stopped and cut off; the targets' bytes are the judge. `scripts/chaos` runs it at full
/// length.
@Suite(.serialized) struct ChaosTests {
    @Test(arguments: ChaosPlan.deliveries)
    func `X2, X4, X8, X16 whatever is killed, stopped or split, each log group arrives once`(delivery: String)
        async throws
    {
        let plan = ChaosPlan.fromEnvironment(delivery: delivery)
        let run = try await ChaosRun(plan)
        let verdict = try await run.run()
        let happened = run.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        StandardStream.output.write("chaos: \(plan.description)\nhappened: \(happened)\nverdict: \(verdict)\n")
        #expect(run.counts["kills"] == plan.kills)
        #expect(verdict.lost == 0 && verdict.duplicated == 0 && verdict.foreign == 0, "\(plan.description): \(verdict)")
    }
}
