import ArgumentParser
import Dispatcher
import Rehearsal
import SLSProtocol
import System

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find out whether the targets' endpoint supports exactly-once writes.",
        discussion: """
            Writes a few log groups to a scratch logstore of the targets' project, splits one of its shards, and says what the \
            endpoint does with repeated sequence ids. What was found is kept in --probe-file; a day later the same command \
            asks the last question: at most eight times, where it is not answered. The scratch logstore is none that the settings \
            name. Show that file to run by SLS_PROBE_FILE: where everything passed, exactly-once becomes \
            the default, and where something ruled it out, exactly-once is refused. Exit status: 0 everything passed; 1 something ruled exactly once out, or the endpoint could not be \
            asked; 2 passed so far, the last question is to be asked a day later; 64 wrong options or variables.

            For example:  sls-dispatch check --probe-idempotence scratch --probe-file probe.json
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Option(
        help: ArgumentHelp("Probe with this scratch logstore of the targets' project.", valueName: "logstore"))
    var probeIdempotence: String
    @Option(
        help: ArgumentHelp(
            "Keep what was found in this file.", discussion: "(required here or as) SLS_PROBE_FILE", valueName: "file"))
    var probeFile: String?

    func run() async throws {
        try await OperatorCommand.run("check", configuration.source()) { session, variables in
            let probe = try IdempotenceProbe(session, scratch: try logstore())
            let file = try ProbeFile(probeFile ?? variables["SLS_PROBE_FILE"])
            var record: IdempotenceProbe.Record
            if let known = try file.read() {
                guard probe.owns(known) else {
                    throw SettingsError(mistakes: [
                        "\(file.path) is of \(known.project)/\(known.logstore) at \(known.endpoint): give another file"
                    ])
                }
                record = known
            } else {
                record = probe.blank
            }
            if record.isBlank {
                // What is found must not be lost because the file cannot be written.
                try file.write(record)
                record = try await probe.begin()
                try file.write(record)
            } else if let answered = try await probe.resume(record, keeping: { try file.write($0) }) {
                record = answered
                try file.write(record)
            }
            // Else it is too early, or nothing is left to ask: what is known is shown again.
            show(record, file.path)
            return record.isFailed ? ExitStatus.failed : record.isPassed ? ExitStatus.settled : ExitStatus.unsettled
        }
    }

    private func logstore() throws(SettingsError) -> LogstoreName {
        do {
            return try LogstoreName(probeIdempotence)
        } catch {
            throw SettingsError(mistakes: ["--probe-idempotence: \(error.message)"])
        }
    }

    private func show(_ record: IdempotenceProbe.Record, _ path: String) {
        var table = TextTable(["question", "as needed", "answer"])
        for step in record.steps {
            table.add([step.question, step.isAsNeeded.map { $0 ? "yes" : "no" } ?? "not yet", step.answer])
        }
        let due = Timestamp(seconds: record.written + IdempotenceProbe.age)
        let verdict =
            if record.isFailed {
                "not supported: exactly-once would bring copies, or lose log groups; deliver at-least-once"
            } else if record.isPassed {
                "supported; run with SLS_PROBE_FILE=\(path) delivers exactly-once by default"
            } else {
                "supported so far; run the same command again after \(due.iso8601)"
            }
        StandardStream.output.write(
            "\(record.project)/\(record.logstore) at \(record.endpoint)\n" + table.lines.map { $0 + "\n" }.joined()
                + "\(verdict)\n")
    }
}
