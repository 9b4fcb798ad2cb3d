import System
import Testing

/// Real processes that are killed, stopped and cut off; the targets' bytes are the judge. `scripts/chaos` runs it at full
/// length.
@Suite(.serialized) struct ChaosTests {
    @Test(arguments: try ChaosPlan.wanted())
    func
        `X2, X4, X5, X6, X8, X11, X16 whatever is killed, stopped, cut off, refused or split, each log group arrives once`(
            plan: ChaosPlan
        ) async throws
    {
        let (run, verdict) = try await finished(plan)
        #expect(verdict.lost == 0 && verdict.foreign == 0, "\(verdict)")
        #expect(verdict.duplicated == 0 || plan.delivery == "at-least-once", "\(verdict)")
        #expect(verdict.owed > plan.groupCount / 2)
        #expect((verdict.deadLettered > 0) == (plan.events[.poison, default: 0] > 0))
        #expect(run.books.suppressed > 0 || plan.delivery == "at-least-once", "nothing was ever repeated")
    }

    @Test func `X1 the same attack brings copies where nothing suppresses them, and loses nothing`() async throws {
        let (_, verdict) = try await finished(.copies(seed: 3))
        #expect(verdict.lost == 0 && verdict.foreign == 0, "\(verdict)")
        #expect(verdict.duplicated > 0, "answers were lost, and yet nothing was written twice")
    }

    private func finished(_ plan: ChaosPlan) async throws -> (ChaosRun, DeliveryVerdict) {
        let run = try await ChaosRun(plan)
        let verdict = try await run.run()
        StandardStream.output.write(run.report(verdict))
        #expect(run.missing.isEmpty, "seed \(plan.seed): not as often as planned")
        #expect(run.books.mistakes.isEmpty, "seed \(plan.seed): \(run.books.mistakes)")
        return (run, verdict)
    }
}
