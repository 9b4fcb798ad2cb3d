import ArgumentParser
import ConsoleLog
import Dispatcher
import Logging
import SLSProtocol
import System

/// What the operator's commands have in common: settings from variables, one session, messages and exit status.
enum OperatorCommand {
    /// - Parameter body: Does the work, told of all that is set by variable too, and gives the exit status; what it throws
    ///   becomes a message and status 1, or 64 for a mistake in an option.
    static func run(
        _ name: String, _ source: SettingsSource, _ body: (OperatorSession, [String: String]) async throws -> Int32
    ) async throws {
        ConsoleLogHandler.install(level: .warning)
        var status = ExitStatus.failed
        do {
            let now = Timestamp(seconds: Int(WallClock.nanoseconds() / 1_000_000_000))
            let reading = try source.read(now: now)
            let session = try OperatorSession(try reading.checked(), logger: Logger(label: "sls-dispatch"))
            do {
                status = try await body(session, reading.variables)
            } catch {
                await session.shutdown()
                throw error
            }
            await session.shutdown()
        } catch let error as SettingsError {
            for mistake in error.mistakes { StandardStream.error.write("sls-dispatch \(name): \(mistake)\n") }
            status = ExitStatus.usage
        } catch {
            let advice = (error as? any CausedByCall)?.settingsToCheck
            StandardStream.error.write("sls-dispatch \(name): \(error)\(advice.map { ". \($0)" } ?? "")\n")
        }
        if status != ExitStatus.settled { throw ExitCode(status) }
    }
}
