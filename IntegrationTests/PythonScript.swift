import Foundation
import Glibc
import System

/// A script of `IntegrationTests/python` on an official SDK.
enum PythonScript {
    /// The environments that `scripts/python-environment.sh` makes.
    enum Environment: String, CaseIterable, Sendable {
        /// The newest `aliyun-log-python-sdk`, and the OpenAPI SDK.
        case newest = ".venv"
        /// The last release of `aliyun-log-python-sdk` before 2024.
        case of2023 = ".venv-2023"

        var interpreter: String { "\(BuiltPrograms.repository)/\(rawValue)/bin/python" }
    }

    /// Whether these tests are to run: always under CI, where what is missing is a failure and not a reason to skip.
    static var isWanted: Bool {
        Environment.allCases.allSatisfy { Files.exists($0.interpreter) } || System.Environment.value("CI") != nil
    }
    /// Said when they are skipped.
    static let howToGet = "the official Python SDKs are missing: run make python-env"

    /// Starts a script. The environment is what the caller gives, and nothing of ours.
    static func start(
        _ name: String, _ arguments: [String] = [], on sdk: Environment = .newest, environment: [String: String]
    ) throws -> ChildProcess {
        guard Files.exists(sdk.interpreter) else { throw HarnessError(howToGet) }
        var variables = environment
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
        variables["PYTHONUNBUFFERED"] = "1"
        // The release of 2023 warns of itself with every Python of today.
        variables["PYTHONWARNINGS"] = "ignore"
        return try ChildProcess(
            .init(
                sdk.interpreter,
                arguments: ["\(BuiltPrograms.repository)/IntegrationTests/python/\(name).py"] + arguments,
                environment: variables, standardOutput: .pipe(byteLimit: 64 << 20), standardError: .collected))
    }

    /// Runs a script to its end.
    ///
    /// - Returns: The lines of its standard output.
    /// - Throws: `HarnessError` with what it said if it did not end with 0 in time.
    static func run(
        _ name: String, _ arguments: [String] = [], on sdk: Environment = .newest, environment: [String: String]
    ) async throws -> [String] {
        let process = try start(name, arguments, on: sdk, environment: environment)
        let exit = await process.wait(within: Patience.script)
        if exit == nil { process.kill(SIGKILL) }
        _ = await process.standardOutput?.waitForEnd(within: Patience.step)
        let lines = process.standardOutput?.lines ?? []
        guard exit == .exited(0) else {
            let ending = exit.map { "\($0)" } ?? "not done in time"
            let output = lines.filter { !$0.hasPrefix("ok") }.joined(separator: "\n")
            throw HarnessError("\(name).py: \(ending)\n\(output)\n\(process.standardError?.text.suffix(4000) ?? "")")
        }
        return lines
    }

    /// Puts log groups; `arguments` as `producer.py` has them.
    static func produce(_ arguments: [String], environment: [String: String]) async throws {
        _ = try await run("producer", arguments, environment: environment)
    }
}
