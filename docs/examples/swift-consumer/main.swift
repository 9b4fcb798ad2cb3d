// Prints the logs of a logstore, one line each, as one member of a consumer group; start it twice and they share the
// shards. It takes the variables SLS_ENDPOINT, SLS_AK_ID, SLS_AK_KEY, SLS_PROJECT, SLS_LOGSTORE and SLS_CG, and ends by
// SIGTERM or Ctrl-C with everything that was printed saved.

import Foundation
import SLSClient
import SLSConsumer
import SLSProtocol
import UnixSignals

struct Missing: Error {
    let variable: String
}

func variable(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { throw Missing(variable: name) }
    return value
}

let credentials = Credentials(accessKeyID: try variable("SLS_AK_ID"), accessKeySecret: try variable("SLS_AK_KEY"))
let consumer = try Consumer(
    endpoint: Endpoint(parsing: variable("SLS_ENDPOINT")),
    credentials: { credentials },
    source: .init(project: variable("SLS_PROJECT"), logstore: variable("SLS_LOGSTORE"), group: variable("SLS_CG"))
) { configuration in
    configuration.rebalanced = { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
}

let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
let isSettled = try await withThrowingTaskGroup(of: Bool.self) { group in
    group.addTask {
        for await _ in signals { consumer.stop() }
        return false
    }
    group.addTask {
        // A batch is saved when this returns; should it throw, the same batch comes again.
        let outcome = try await consumer.run { batch in
            var lines = ""
            for (_, logGroup) in try batch.logGroups() {
                for log in logGroup.logs {
                    let fields = log.contents.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
                    lines += "\(log.time) shard=\(batch.shard) topic=\(logGroup.topic ?? "") \(fields)\n"
                }
            }
            FileHandle.standardOutput.write(Data(lines.utf8))
        }
        return outcome.isSettled
    }
    // Whichever ends first ends the other: the consumer when it was stopped or cannot go on.
    let isSettled = try await group.next() ?? false
    group.cancelAll()
    return isSettled
}
// Something that was printed may be printed again by the next who has its shard.
if !isSettled { exit(1) }
