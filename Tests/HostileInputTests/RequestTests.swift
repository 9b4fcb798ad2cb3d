import EventHTTP
import System
import TestKit
import Testing

/// Requests that are nearly right, to the emulator without sockets: every call of its table, in every part.
///
/// Replay one seed, with each input printed before it is given:
/// `SLS_HOSTILE_SEED=7 swift test --disable-xctest --filter HostileInputTests.RequestTests`.
struct RequestTests {
    @Test(arguments: Batch.all)
    func `whatever is asked, the answer is the service's and the state stays sound`(batch: Batch) throws {
        let folder = batch.seed % 4 == 0 ? try Files.makeTemporaryFolder(prefix: "hostile-input-") : nil
        defer { if let folder { try? Files.removeTree(folder) } }
        let faults = try batch.run(SampleCalls(), folder: folder)
        #expect(faults.prefix(5).isEmpty, "replay: SLS_HOSTILE_SEED=\(batch.seed); \(faults.count) in all")
    }

    @Test func `unharmed samples reach every call: each is answered 200 some time, but for those that never are`()
        throws
    {
        let calls = try SampleCalls()
        let server = try InProcessEmulator()
        var chance = Chance(seed: 1)
        var accepted: Set<String> = []
        var refusals: [String: String] = [:]
        calls.restore(server)
        for round in 0..<16_000 {
            let sample = calls.any(&chance)
            // What is deleted all the time is never found; and the cursors are those of a logstore's first hours.
            let deletesAll = ["DeleteProject", "DeleteLogstore", "DeleteMetricStore"].contains(sample.call)
            if sample.call.hasPrefix("Delete") && (round < 4_000 || deletesAll && !chance.oneIn(8)) { continue }
            let answer = server.turn([sample.request])[0]
            if answer.status == 200 { accepted.insert(sample.call) } else { refusals[sample.call] = answer.text }
            if deletesAll { calls.restore(server) }
            // Now and then a day, so that data expires as well.
            if round > 4_000 && chance.oneIn(200) { server.clock.advance(by: .seconds(86_400)) }
        }
        let missed = calls.names.subtracting(calls.refusedNames).subtracting(accepted)
        #expect(missed == [], "\(missed.map { refusals[$0] ?? "" })")
    }
}
