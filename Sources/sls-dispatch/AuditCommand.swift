import ArgumentParser
import Dispatcher
import Rehearsal
import SLSProtocol
import System

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Compare, by bytes, a stretch of a source shard with what is in the targets.",
        discussion: """
            Reads the source again, applies the routes, and reads source, targets and SLS_DEAD_LETTER from --margin before the \
            stretch up to now. Not yet there may be what lies above the group's checkpoint. Undecided is \
            what may have expired in the target, and what is owed twice, the second time above the checkpoint. The tags that \
            a target appends (appendMeta) do not count. Reads its settings as run does. Exit status: 0 nothing lost, undecided or there twice; 1 otherwise, or when some of the \
            stretch has expired or may have; 64 wrong options or variables.

            For example, all of shard 0:  sls-dispatch audit --shard 0 --from begin --to end
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Option(help: ArgumentHelp("Audit this shard of the source.", valueName: "number"))
    var shard: Int
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin at a cursor, begin, or a time as SLS_CURSOR_START takes it.", valueName: "place"))
    var from: String
    @Option(
        parsing: .unconditional, help: ArgumentHelp("End before a cursor, at end, or at a time.", valueName: "place"))
    var to: String
    @Option(
        help: ArgumentHelp(
            "Read source and targets from this much earlier than the stretch: 0 to 315360000 seconds.",
            discussion: "(default: 3600)",
            valueName: "seconds"))
    var margin: Int?
    @Option(
        help: ArgumentHelp(
            "Look for log groups that are not in their target in this logstore of the targets' project, too.",
            discussion: "(default: none) SLS_DEAD_LETTER", valueName: "logstore"))
    var deadLetter: String?
    @Option(
        help: ArgumentHelp(
            "Expect each log group to carry __dispatch_id__, as run --dispatch-tag on writes it.",
            discussion: "(default: off) SLS_DISPATCH_TAG", valueName: "on|off"))
    var dispatchTag: String?

    func run() async throws {
        let source = configuration.source(["SLS_DEAD_LETTER": deadLetter, "SLS_DISPATCH_TAG": dispatchTag])
        try await OperatorCommand.run("audit", source) { session, _ in
            var range = DeliveryAudit.Range(
                shard: ShardID(shard), from: try destination("--from", from, session),
                to: try destination("--to", to, session))
            if let margin {
                let margins = DeliveryAudit.Range.margins
                guard margins.contains(margin) else {
                    throw SettingsError(mistakes: [
                        "--margin \(margin): write whole seconds from \(margins.lowerBound) to \(margins.upperBound)"
                    ])
                }
                range.margin = margin
            }
            let report = try await DeliveryAudit(session).run(range)
            show(report, session.settings.group)
            return report.isClean ? ExitStatus.settled : ExitStatus.failed
        }
    }

    private func show(_ report: DeliveryAudit.Report, _ group: ConsumerGroupName) {
        let place =
            report.checkpoint.map { "the checkpoint of \(group) is \($0)" } ?? "\(group) has no checkpoint there"
        StandardStream.output.write(
            "shard \(shard), cursors \(report.from) to \(report.to): \(report.read) log groups read, "
                + "\(report.dropped) without a route; \(place)\n")
        var table = TextTable([
            "target", "owed", "dead-lettered", "not yet", "lost", "undecided", "duplicated", "foreign", "first lost",
        ])
        for finding in report.findings {
            table.add([
                finding.target, "\(finding.owed)", "\(finding.deadLettered)", "\(finding.notYet)", "\(finding.lost)",
                "\(finding.undecided)", "\(finding.duplicated)", "\(finding.foreign)",
                finding.lostCursors.isEmpty ? "-" : finding.lostCursors.map { "\($0)" }.joined(separator: " "),
            ])
        }
        StandardStream.output.write((table.lines + report.notes).map { $0 + "\n" }.joined())
    }

    private func destination(
        _ option: String, _ text: String, _ session: OperatorSession
    ) throws(SettingsError) -> CheckpointBook.Destination {
        guard let found = CheckpointBook.Destination(text, now: session.now) else {
            throw SettingsError(mistakes: ["\(option) \(text): write a cursor, begin, end or a time"])
        }
        return found
    }
}
