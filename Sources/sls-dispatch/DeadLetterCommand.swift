import ArgumentParser
import Dispatcher
import Rehearsal
import SLSProtocol
import System

struct DeadLetterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letter", abstract: "Deal with log groups that a target refused for what is in them.",
        discussion: "Reads its settings as run does, SLS_DEAD_LETTER among them.",
        subcommands: [Replay.self])

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay", abstract: "Write the dead letters to the targets that refused them, each once.",
            discussion: """
                Do this when the target takes them: its limits were raised, its project corrected. Every dead letter is written \
                under a key and a sequence id of its own, so the same command again, after a crash or when more dead letters \
                have come, goes on where it was. Another --id writes everything again; so do another --from, SLS_IDENTITY \
                or number of lanes. What a target refuses again stops the rest of that shard of the dead letters; --leave-out passes over \
                it. Those of another source, group or target are left out, for a replay with their settings, under the same --id \
                if you like. A target that is down is asked again, and after ten minutes in which nothing else happened the \
                command ends. Dead letters stay where they are. Exit status: 0 all are written but those of --leave-out, \
                1 something was refused again or left out, or a call failed, 64 wrong options or variables.

                For example:  sls-dispatch dead-letter replay --id fix-1
                """)

        @OptionGroup var configuration: ConfigurationOption
        @OptionGroup var keys: KeyOptions
        @Option(
            help: ArgumentHelp(
                "Replay from this logstore of the targets' project.",
                discussion: "(required here or as) SLS_DEAD_LETTER",
                valueName: "logstore"))
        var deadLetter: String?
        @Option(
            help: ArgumentHelp(
                "Replay under this word, of letters, digits, dots, underscores and hyphens; the same word goes on.",
                valueName: "word"))
        var id: String
        @Option(
            help: ArgumentHelp(
                "Begin with the dead letters of this time: begin, or as SLS_CURSOR_START takes it with a zone.",
                discussion: "(default: begin)", valueName: "time"))
        var from: String?
        @Option(
            help: ArgumentHelp(
                "Pass over this dead letter, as a refusal names it; may be given several times.",
                discussion: """
                    Give it at every later run under the same --id, too: without it the target may answer as if the dead letter \
                    were stored, for what stands behind it is. Under another --id it can be written, with everything else.
                    """, valueName: "shard:cursor"))
        var leaveOut: [String] = []

        private var source: SettingsSource {
            configuration.source(keys.variables.merging(["SLS_DEAD_LETTER": deadLetter]) { $1 })
        }

        func run() async throws {
            try await OperatorCommand.run("dead-letter replay", source) { session, variables in
                try examine(variables["SLS_PROBE_FILE"], session)
                let replay = try replay(session)
                var shown = 0
                let report = try await replay.run { report in
                    guard report.read >= shown + 10_000 else { return }
                    shown = report.read
                    StandardStream.error.write("\(report.read) of \(report.total) dead letters read\n")
                } notice: { notice in
                    StandardStream.error.write("\(notice)\n")
                }
                show(report, session.settings.targets)
                return report.isComplete ? ExitStatus.settled : ExitStatus.failed
            }
        }

        private func show(_ report: DeadLetterReplay.Report, _ targets: [DispatcherSettings.Place]) {
            var table = TextTable(["target", "written", "written before"])
            for (index, place) in targets.enumerated() {
                table.add(["\(place)", "\(report.written[index])", "\(report.stored[index])"])
            }
            var lines = ["\(report.read) of \(report.total) dead letters read"] + table.lines
            if report.leftOut > 0 {
                lines.append(
                    "\(report.leftOut) left out: none of these targets has refused them for this source and group:")
                lines += report.strangers
            }
            lines += report.passedOver.map { "\($0) passed over" }
            if report.isComplete {
                let unmet = leaveOut.filter { text in
                    !report.passedOver.contains { DeadLetterReplay.Letter(text) == $0 }
                }
                lines += unmet.map { "--leave-out \($0): there is no such dead letter" }
            }
            if report.untried > 0 {
                lines.append("\(report.untried) not written: they stand behind one that was refused or not taken")
            }
            StandardStream.output.write(lines.map { $0 + "\n" }.joined())
            for problem in report.refusals + report.failures { StandardStream.error.write("\(problem)\n") }
        }

        /// A replay rests on sequence ids, whatever the mode of delivery.
        ///
        /// - Throws: `SettingsError` where the probe file that is named ruled them out, or cannot be read.
        private func examine(_ probeFile: String?, _ session: OperatorSession) throws(SettingsError) {
            guard let path = probeFile else { return }
            let record = try ProbeFile(path).found()
            if let notice = try session.settings.examine(record, for: "a replay", instead: nil) {
                StandardStream.error.write("sls-dispatch dead-letter replay: \(notice)\n")
            }
        }

        /// - Throws: `SettingsError` for whatever options or variables are wrong.
        private func replay(_ session: OperatorSession) throws(SettingsError) -> DeadLetterReplay {
            let order = try order(session)
            do throws(DeadLetterReplay.Failure) {
                return try DeadLetterReplay(session, order)
            } catch {
                throw SettingsError(mistakes: ["\(error)"])
            }
        }

        private func order(_ session: OperatorSession) throws(SettingsError) -> DeadLetterReplay.Order {
            guard let word = DeliveryIdentity(id), !id.isEmpty else {
                throw SettingsError(mistakes: ["--id \(id): write 1 to 64 of A-Z a-z 0-9 . _ -"])
            }
            var order = DeadLetterReplay.Order(word: word)
            if let from {
                guard let start = StartSetting(from, now: session.now) else {
                    throw SettingsError(mistakes: ["--from \(from): write begin or a time"])
                }
                order.start = start
            }
            for text in leaveOut {
                guard let letter = DeadLetterReplay.Letter(text) else {
                    throw SettingsError(mistakes: ["--leave-out \(text): write shard:cursor, as a refusal names it"])
                }
                order.passedOver.insert(letter)
            }
            return order
        }
    }
}
