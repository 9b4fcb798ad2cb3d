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

    @Option(
        help: ArgumentHelp("Put this many log groups through.", discussion: "(default: 3000)", valueName: "count"))
    var groups: Int?

    func validate() throws {
        if let groups, !(100...1_000_000).contains(groups) {
            throw ValidationError("--groups \(groups): expected 100 to 1000000")
        }
    }

    func run() async throws {
        ConsoleLogHandler.install(level: .error)
        var configuration = Demo.Configuration()
        if let groups { configuration.groupCount = groups }
        let isLossless: Bool
        do {
            isLossless = try await Demo(configuration) { StandardStream.output.write($0 + "\n") }.run()
        } catch {
            StandardStream.error.write("sls-dispatch demo: \(error)\n")
            throw ExitCode(1)
        }
        if !isLossless { throw ExitCode(1) }
    }
}
