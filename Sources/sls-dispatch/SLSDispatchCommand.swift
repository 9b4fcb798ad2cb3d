import ArgumentParser
import Dispatcher
import System

@main
struct SLSDispatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sls-dispatch",
        abstract: "Forward each log group of an SLS logstore to the logstore of its topic.",
        discussion: """
            Exit status: 0 stopped, and the saved checkpoints cover every log group that was sent; 1 failed; 2 stopped \
            before that was so (nothing is lost: the rest is sent again by whoever continues); 64 wrong options or variables.
            """,
        version: "sls-dispatch \(Dispatcher.version)",
        subcommands: [
            RunCommand.self, CheckCommand.self, AuditCommand.self, CheckpointsCommand.self,
            DeadLetterCommand.self, DemoCommand.self,
        ],
        defaultSubcommand: RunCommand.self)

    /// Wrong options end with 64, like wrong variables.
    static func main() async {
        SignalMask.clear()
        SignalMask.ignoreBrokenPipe()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            exit(withError: error)
        }
    }
}

/// The exit status of `run`.
enum ExitStatus {
    /// It could not start, or had to give up.
    static let failed: Int32 = 1
    /// The checkpoints cover everything that was sent.
    static let settled: Int32 = 0
    /// They do not, or a second signal ended the program.
    static let unsettled: Int32 = 2
    /// Options or variables are missing or malformed.
    static let usage: Int32 = 64
}
