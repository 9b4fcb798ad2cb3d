import ArgumentParser
import Dispatcher
import Rehearsal
import SLSProtocol
import System

struct CheckpointsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoints", abstract: "Show or set the group's checkpoints.",
        discussion: "Reads its settings as run does.", subcommands: [List.self, Set.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show each shard's checkpoint and how far it is behind.")

        @OptionGroup var configuration: ConfigurationOption

        func run() async throws {
            try await OperatorCommand.run("checkpoints list", configuration.source()) { session in
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

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Set one shard's checkpoint, by force; stop the group's processes first.",
            discussion: """
                A move forward, past what is owed, is refused unless a new identity comes with it, or --delivery at-least-once \
                says that no process of the group delivers exactly once: there, what is skipped could never be gone back to. \
                A move back is refused too, unless by one of these or by --same-identity: what was never delivered under the \
                group's identity would be refused as if it were stored. \
                Exit status: 0 set, 1 refused or failed, 64 wrong options or variables.

                For example:  sls-dispatch checkpoints set --shard 0 --to begin --new-identity again
                """)

        @OptionGroup var configuration: ConfigurationOption
        @Option(
            help: ArgumentHelp(
                "Say at-least-once to allow any move: that no process of the group delivers exactly once.",
                valueName: "mode"))
        var delivery: String?
        @Option(help: ArgumentHelp("Set the checkpoint of this shard.", valueName: "number"))
        var shard: Int
        @Option(
            help: ArgumentHelp(
                "Set it to a cursor, begin, end, or a time as SLS_CURSOR_START takes it.", valueName: "place"))
        var to: String
        @Option(
            help: ArgumentHelp(
                "Allow any move: every process of the group is started with this SLS_IDENTITY from now on.",
                valueName: "word"))
        var newIdentity: String?
        @Flag(
            help:
                "Allow a move back: all from there on was delivered exactly once under the present identity and settings."
        )
        var sameIdentity = false

        func run() async throws {
            try await OperatorCommand.run("checkpoints set", configuration.source(["SLS_DELIVERY": delivery])) {
                session in
                guard let destination = CheckpointBook.Destination(to, now: session.now) else {
                    throw SettingsError(mistakes: ["--to \(to): write a cursor, begin, end or a time"])
                }
                if let newIdentity {
                    guard let identity = DeliveryIdentity(newIdentity), identity != session.settings.delivery.identity
                    else { throw SettingsError(mistakes: ["--new-identity \(newIdentity): write another plain word"]) }
                }
                let (before, now) = try await CheckpointBook(session).set(
                    ShardID(shard), to: destination, by: permission)
                StandardStream.output.write(
                    "shard \(shard): \(before.checkpoint.map { "\($0)" } ?? "no checkpoint") -> \(now)\n")
                if let newIdentity {
                    StandardStream.output.write("start every process of the group with SLS_IDENTITY=\(newIdentity)\n")
                } else if permission == .atLeastOnce, now > max(before.checkpoint ?? before.begin, before.begin) {
                    StandardStream.output.write(
                        "log groups were skipped: where a process of the group delivers exactly once under the same identity, they "
                            + "cannot be gone back to\n")
                } else if permission == .sameIdentity, let checkpoint = before.checkpoint, now < checkpoint {
                    StandardStream.output.write(
                        "change nothing that makes new keys (routes, lanes, start, tag, identity) before this shard has been read to its end "
                            + "again: what it was sent up to \(checkpoint) and further would come again under them\n")
                }
                return ExitStatus.settled
            }
        }

        /// The option alone counts: the variables here need not be those of the group's processes.
        private var permission: CheckpointBook.Permission {
            if newIdentity != nil { return .newIdentity }
            if delivery == DeliveryMode.atLeastOnce.rawValue { return .atLeastOnce }
            return sameIdentity ? .sameIdentity : .none
        }
    }
}
