import ArgumentParser
import Dispatcher
import SLSProtocol
import System

/// `checkpoints set`.
struct CheckpointsSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set shards' checkpoints, by force; stop the group's processes first.",
        discussion: """
            A move forward, past what is owed, is refused unless a new identity comes with it, or --delivery at-least-once \
            says that no process of the group delivers exactly once: there, what is skipped could never be gone back to. \
            --cursor-start allows a move up to the start of processes that do. \
            A move back is refused too, unless by one of the first two or by --same-identity: what was never delivered under \
            the group's identity would be refused as if it were stored. Variables allow nothing, for the group's processes \
            may have others. With --all nothing is set where one shard's move is refused; where a save fails, the shards before it are set, and the \
            same command goes on. \
            Exit status: 0 set, 1 refused or failed, 64 wrong options or variables.

            For example:  sls-dispatch checkpoints set --all --to begin --new-identity again
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Option(
        help: ArgumentHelp(
            "Say at-least-once to allow any move: that no process of the group delivers exactly once.",
            valueName: "mode"))
    var delivery: String?
    @Option(help: ArgumentHelp("Set the checkpoint of this shard.", valueName: "number"))
    var shard: Int?
    @Flag(help: "Set the checkpoints of all shards.")
    var all = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Set it to begin, end, or a time as SLS_CURSOR_START takes it; of one shard also to a cursor.",
            valueName: "place"))
    var to: String
    @Option(
        help: ArgumentHelp(
            "Allow any move: every process of the group is started with this SLS_IDENTITY from now on. A word that the group "
                + "has never used.",
            valueName: "word"))
    var newIdentity: String?
    @Flag(
        help:
            "Allow a move back: all from there on was delivered exactly once under the present identity and settings."
    )
    var sameIdentity = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Allow a move up to this start: every process of the group delivers exactly once with this SLS_CURSOR_START.",
            valueName: "time"))
    var cursorStart: String?

    func run() async throws {
        try await OperatorCommand.run("checkpoints set", configuration.source(["SLS_DELIVERY": delivery])) {
            session, _ in
            let permission = try permission(session)
            let book = CheckpointBook(session)
            let moves = try await book.moves(of: try shards(), to: try destination(session), by: permission)
            var made: [CheckpointBook.Move] = []
            // Of those that were made, also where a later one fails.
            defer { for warning in warnings(made, permission) { StandardStream.output.write(warning + "\n") } }
            for move in moves {
                try await book.perform(move)
                made.append(move)
                StandardStream.output.write(
                    "shard \(move.before.shard): \(move.before.checkpoint.map { "\($0)" } ?? "no checkpoint") -> "
                        + "\(move.cursor)\n")
            }
            return ExitStatus.settled
        }
    }

    private func shards() throws(SettingsError) -> [ShardID]? {
        guard (shard != nil) != all else { throw SettingsError(mistakes: ["write --shard number, or --all"]) }
        return shard.map { [ShardID($0)] }
    }

    private func destination(_ session: OperatorSession) throws(SettingsError) -> CheckpointBook.Destination {
        guard let destination = CheckpointBook.Destination(to, now: session.now) else {
            throw SettingsError(mistakes: ["--to \(to): write a cursor, begin, end or a time"])
        }
        if all, case .cursor = destination {
            throw SettingsError(mistakes: [
                "--to \(to): a cursor is that of one shard; with --all write begin, end or a time"
            ])
        }
        return destination
    }

    /// The options alone count: the variables here need not be those of the group's processes.
    private func permission(_ session: OperatorSession) throws(SettingsError) -> CheckpointBook.Permission {
        if let newIdentity {
            guard let identity = DeliveryIdentity(newIdentity), identity != .none,
                identity != session.settings.delivery.identity
            else {
                throw SettingsError(mistakes: [
                    "--new-identity \"\(newIdentity)\": write a word that this group has never used, of A-Z a-z 0-9 . _ -"
                ])
            }
            return .newIdentity
        }
        if delivery == DeliveryMode.atLeastOnce.rawValue { return .atLeastOnce }
        if sameIdentity { return .sameIdentity }
        guard let cursorStart else { return .none }
        guard let start = StartSetting(cursorStart, now: session.now), start.isFixed, !start.isOfHostZone else {
            throw SettingsError(mistakes: [
                "--cursor-start \(cursorStart): write begin or a time with a zone that is past"
            ])
        }
        return .exactlyOnce(from: start)
    }

    /// What a person should know of moves that were made.
    private func warnings(_ moves: [CheckpointBook.Move], _ permission: CheckpointBook.Permission) -> [String] {
        let skipped = moves.reduce(0) { $0 + $1.skipped }
        switch permission {
        case .newIdentity where !moves.isEmpty:
            return ["start every process of the group with SLS_IDENTITY=\(newIdentity ?? "")"]
        case .atLeastOnce where skipped > 0:
            return [
                "\(skipped) log groups were skipped: where a process of the group delivers exactly once under the same identity, "
                    + "they cannot be gone back to"
            ]
        case .exactlyOnce(let start) where skipped > 0:
            return [
                "\(skipped) log groups before the start were skipped: right only where every process of the group delivers exactly "
                    + "once with SLS_CURSOR_START=\(start)"
            ]
        case .sameIdentity:
            let back = moves.filter { move in move.before.checkpoint.map { move.cursor < $0 } ?? false }
            return back.isEmpty
                ? []
                : [
                    "change nothing that makes new keys (routes, lanes, start, tag, identity) before shard "
                        + back.map { "\($0.before.shard)" }.joined(separator: ", ")
                        + " has been read to its end again: what it was sent above would come again under them"
                ]
        case .none, .atLeastOnce, .newIdentity, .exactlyOnce: return []
        }
    }
}
