import SLSProtocol
import System

/// One `sls-dispatch run` as a child process: the very program that runs the demo. Killed with its last reference.
final class DispatcherProcess: Sendable {
    /// SIGKILL and SIGTERM, as numbers of the system.
    private enum Signal {
        static let kill: Int32 = 9
        static let terminate: Int32 = 15
    }

    let name: String
    private let process: ChildProcess

    init(name: String, endpoint: String, stores: DemoStores, project: ProjectName) throws {
        var variables = Environment.all().filter { !$0.key.hasPrefix("SLS_") }
        variables["no_proxy"] = "*"
        variables["SLS_ENDPOINT"] = endpoint
        variables["SLS_AK_ID"] = "fake-id"
        variables["SLS_AK_KEY"] = "fake-secret"
        variables["SLS_PROJECT"] = project.value
        variables["SLS_LOGSTORE"] = stores.source.value
        variables["SLS_CG"] = DemoStores.group
        variables["SLS_CONSUMER_NAME"] = name
        variables["SLS_LOG_LEVEL"] = "error"
        for (index, target) in stores.targets.enumerated() { variables["SLS_LOGSTORE_TO\(index + 1)"] = target.value }
        var configuration = ChildProcess.Configuration(
            try ExecutablePath.current(), arguments: ["run", "--group-timeout", "6s"])
        configuration.environment = variables
        configuration.standardOutput = ChildProcess.Output.collected
        process = try ChildProcess(configuration)
        self.name = name
    }

    func waitUntilReady() async throws {
        let line = await process.standardOutput?.line(within: .seconds(30)) { $0.contains("\"ready\"") }
        if line == nil { throw Demo.Failure(description: "\(name) did not get ready: \(ending)") }
    }

    func kill() { process.kill(Signal.kill) }

    /// Stops it in order.
    ///
    /// - Returns: Its exit status.
    func stop() async throws -> Int32 {
        process.kill(Signal.terminate)
        guard case .exited(let status) = await process.wait(within: .seconds(30)) else {
            throw Demo.Failure(description: "\(name) did not stop: \(ending)")
        }
        return status
    }

    private var ending: String { process.exit.map { "it ended with \($0)" } ?? "it still runs" }
}
