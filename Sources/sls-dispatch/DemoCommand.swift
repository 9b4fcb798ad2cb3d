import ArgumentParser
import ConsoleLog
import Logging
import Rehearsal
import System

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the main job on this machine: an emulator, sample logs, two dispatchers, one of them killed.",
        discussion: """
            Needs no account and no network. Ends with a table made by reading the targets back. Exit status: 0 when nothing \
            was lost, else 1; logs that arrive twice are shown and do not fail it.
            """)

    func run() async throws {
        ConsoleLogHandler.install(level: .error)
        let isLossless: Bool
        do {
            isLossless = try await Demo { StandardStream.output.write($0 + "\n") }.run()
        } catch {
            StandardStream.error.write("sls-dispatch demo: \(error)\n")
            throw ExitCode(1)
        }
        if !isLossless { throw ExitCode(1) }
    }
}
