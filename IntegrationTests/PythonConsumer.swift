import Foundation
import System

/// A worker of the official SDK's consumer library in a process of its own, and what it has said so far.
struct PythonConsumer {
    private struct Event: Decodable {
        let event: String
        let shard: Int?
        let ids: [String]?
    }
    let process: ChildProcess

    /// Starts a worker whose group has twice `heartbeat` seconds as timeout.
    static func start(
        _ name: String, group: String = "readers", heartbeat: Int = 2, environment: [String: String]
    ) throws -> PythonConsumer {
        PythonConsumer(
            process: try PythonScript.start(
                "consumer", ["--group", group, "--name", name, "--heartbeat", "\(heartbeat)", "--save-each"],
                environment: environment))
    }

    /// The ids of all logs it was given.
    var ids: [String] { events.flatMap { $0.ids ?? [] } }
    /// The shards it began with, in that order; one that came back stands twice.
    var shards: [Int] { events.filter { $0.event == "shard" }.compactMap(\.shard) }
    /// What the library logged.
    var log: String { process.standardError?.text ?? "" }

    private var events: [Event] {
        (process.standardOutput?.lines ?? []).compactMap { line in
            // A line that is no event is something the library printed.
            try? JSONDecoder().decode(Event.self, from: Data(line.utf8))
        }
    }

    /// Waits until something holds of the workers' output.
    ///
    /// - Returns: false if the time was up first.
    static func wait(until holds: () throws -> Bool) async rethrows -> Bool {
        let deadline = ContinuousClock.now + Patience.step
        while ContinuousClock.now < deadline {
            if try holds() { return true }
            // The output tells when it changes only line by line: looking often is the simpler way.
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }
}
