import ArgumentParser
import Dispatcher
import Rehearsal
import SLSProtocol
import System

struct CheckpointsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoints", abstract: "Show or set the group's checkpoints.",
        discussion: "Reads its settings as run does.", subcommands: [List.self, CheckpointsSetCommand.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show each shard's checkpoint and how far it is behind.")

        @OptionGroup var configuration: ConfigurationOption

        func run() async throws {
            try await OperatorCommand.run("checkpoints list", configuration.source()) { session, _ in
                let rows = try await CheckpointBook(session).rows()
                var table = TextTable(["shard", "checkpoint", "received", "behind", "begin", "end"])
                for row in rows {
                    table.add([
                        "\(row.shard)", row.checkpoint.map { "\($0)" } ?? "-", row.time?.iso8601 ?? "-",
                        "\(row.behind)",
                        "\(row.begin)", "\(row.end)",
                    ])
                }
                StandardStream.output.write(table.lines.map { $0 + "\n" }.joined())
                return ExitStatus.settled
            }
        }
    }
}
