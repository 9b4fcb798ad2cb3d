import Glibc
import System
import Testing

/// The article's own dispatcher, corrected, on the official Python SDK: consumer-group.md chapter 6, O6.
@Suite(.enabled(if: PythonScript.isWanted, "\(PythonScript.howToGet)"))
struct ArticleTests {
    @Test(arguments: [RunningFakeSLS.Way.proxy, .tunnel, .https])
    func `O6 the article's dispatcher routes three topics to three logstores`(way: RunningFakeSLS.Way) async throws {
        let server = try await RunningFakeSLS.start()
        var environment = server.clientEnvironment(way)
        try await server.create(["source": 4, "to-1": 1, "to-2": 2, "to-3": 1])
        try await PythonScript.produce(
            ["--groups", "90", "--topics", "ngnix,sql_audit,click,other,-", "--tags", "2"], environment: environment)
        environment.merge(
            [
                "SLS_LOGSTORE": "source", "SLS_LOGSTORE_TO1": "to-1", "SLS_LOGSTORE_TO2": "to-2",
                "SLS_LOGSTORE_TO3": "to-3",
                "SLS_CG": "dispatch", "SLS_HEARTBEAT_SECONDS": "3", "SLS_FETCH_SECONDS": "0.2",
            ]) { $1 }
        let dispatcher = try PythonScript.start("sls_dispatch_article", environment: environment)
        let targets = ["to-1", "to-2", "to-3"]
        let isDone = try await eventually {
            let delivered = try await DeliveredLogs.read(targets, environment: environment)
            return targets.indices.allSatisfy { index in
                delivered.ids(in: targets[index])
                    == DeliveredLogs.expectedIDs(groups: 90, logs: 2, topic: index, of: 5)
            }
        }
        #expect(isDone, "\(dispatcher.standardError?.text.suffix(3000) ?? "")")
        dispatcher.kill(SIGTERM)
        #expect(await dispatcher.wait(within: Patience.step) == .exited(0))
        let delivered = try await DeliveredLogs.read(targets, environment: environment)
        #expect(targets.map { delivered.topics[$0] } == [["ngnix"], ["sql_audit"], ["click"]])
        #expect(targets.map(delivered.duplicateCount) == [0, 0, 0])
        let state = try await GroupState.read("dispatch", environment: environment)
        #expect(state.saved == state.ends)
    }
}
