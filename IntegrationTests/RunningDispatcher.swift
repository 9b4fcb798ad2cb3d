import Foundation
import Glibc
import System
import Testing

/// An `sls-dispatch run` process of its own; killed when the last reference goes away.
final class RunningDispatcher: Sendable {
    /// The program's ready line.
    struct Ready: Decodable, Sendable {
        let event: String
        let consumer: String
        let admin: String?
        let pid: Int32
    }
    /// What `/status` tells, as far as tests look.
    struct Status: Decodable, Sendable {
        struct Shard: Decodable, Sendable {
            let shard: Int
            let state: String
            let restarts: Int
            let read: Int
            let routed: Int
            let dropped: Int
        }
        struct Route: Decodable, Sendable {
            /// Project and logstore.
            let logstore: String
            /// Accepted.
            let logGroups: Int
            let routed: Int
            let suppressed: Int
            let deadLettered: Int
            let inFlight: Int
            let returned: Int
        }
        let connections: Int
        let leaseLosses: Int
        let failedPuts: Int
        let unrouted: Int
        let unroutedTopics: [String: Int]
        let ledgerMistakes: [String]
        let routes: [Route]
        let shards: [Shard]

        /// Where its ledger does not add up: what it says itself, and the sums done again.
        var mistakes: [String] {
            var mistakes = ledgerMistakes.map { "it says: \($0)" }
            for shard in shards where shard.read != shard.routed + shard.dropped {
                mistakes.append(
                    "shard \(shard.shard): read \(shard.read), routed \(shard.routed), dropped \(shard.dropped)")
            }
            for route in routes {
                let known = route.logGroups + route.suppressed + route.deadLettered + route.inFlight + route.returned
                if route.routed != known {
                    mistakes.append("\(route.logstore): routed \(route.routed), accounted for \(known)")
                }
            }
            return mistakes
        }
    }

    let ready: Ready
    let process: ChildProcess
    /// Whether its admin listener can be reached from here.
    private let isNear: Bool

    private init(ready: Ready, process: ChildProcess, isNear: Bool) {
        self.ready = ready
        self.process = process
        self.isNear = isNear
    }

    /// The article's variables for three targets in the same project, on top of those of the server.
    ///
    /// The group's timeout is long: on a busy machine short ones expire, which is no fault and sends things twice.
    static func environment(
        _ server: RunningFakeSLS, _ way: RunningFakeSLS.Way = .http, changed: [String: String] = [:]
    ) -> [String: String] {
        server.clientEnvironment(way).merging([
            "SLS_LOGSTORE_TO1": "to-1", "SLS_LOGSTORE_TO2": "to-2", "SLS_LOGSTORE_TO3": "to-3", "SLS_CG": "dispatch",
            "SLS_GROUP_TIMEOUT": "60s", "SLS_LOG_LEVEL": "info",
        ]) { $1 }.merging(changed) { $1 }
    }

    /// Starts the program without waiting for anything, on this host's network unless another is named.
    static func launch(
        _ arguments: [String] = ["run"], environment: [String: String], in network: RemoteNetwork? = nil
    ) throws -> ChildProcess {
        let program = try BuiltPrograms.path("sls-dispatch")
        let command = network?.command(program, arguments) ?? (program: program, arguments: arguments)
        return try ChildProcess(
            .init(
                command.program, arguments: command.arguments, environment: environment,
                standardOutput: .collected, standardError: .collected))
    }

    /// Starts the program and waits until its ready line came. In another network its admin listener cannot be reached.
    static func start(
        environment: [String: String], in network: RemoteNetwork? = nil
    ) async throws -> RunningDispatcher {
        let process = try launch(["run", "--admin", "127.0.0.1:0"], environment: environment, in: network)
        let line = await process.standardOutput?.line(within: Patience.start) { $0.contains("\"ready\"") }
        guard let line else {
            throw HarnessError("sls-dispatch is not ready: \(process.standardError?.text ?? "")")
        }
        return RunningDispatcher(
            ready: try JSONDecoder().decode(Ready.self, from: Data(line.utf8)), process: process, isNear: network == nil
        )
    }

    /// What it logged.
    var log: String { process.standardError?.text ?? "" }

    /// Asks it to stop, and waits, for the end of its log too. Until then its ledger must add up.
    func stop() async -> ChildProcess.Exit? {
        await expectBalance()
        process.kill(SIGTERM)
        let exit = await process.wait(within: Patience.step)
        _ = await process.standardError?.waitForEnd(within: Patience.step)
        return exit
    }

    /// Adds up its ledger, if it still runs.
    func expectBalance() async {
        guard isNear, process.exit == nil else { return }
        do {
            let mistakes = try await status().mistakes
            #expect(mistakes.isEmpty, "\(ready.consumer): \(mistakes)")
        } catch {
            #expect(process.exit != nil, "\(ready.consumer) runs and does not tell its ledger: \(error)")
        }
    }

    /// Asks the admin listener.
    func status() async throws -> Status {
        let answer = try await page("/status")
        let body = answer.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
        return try JSONDecoder().decode(Status.self, from: Data(body.utf8))
    }

    /// A page of the admin listener, head included.
    func page(_ path: String) async throws -> String {
        let connection = try RawConnection(port: Int(ready.admin?.split(separator: ":").last ?? "") ?? 0)
        try await connection.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return try await connection.read()
    }

    /// Runs the program until it ends by itself.
    static func run(
        _ arguments: [String] = ["run"], environment: [String: String]
    ) async throws -> (exit: ChildProcess.Exit?, errors: String) {
        let process = try launch(arguments, environment: environment)
        let exit = await process.wait(within: Patience.step)
        _ = await process.standardError?.waitForEnd(within: Patience.step)
        return (exit, process.standardError?.text ?? "")
    }
}
