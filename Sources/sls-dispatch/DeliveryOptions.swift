import ArgumentParser
import System

/// Where every command takes its settings from.
struct ConfigurationOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read settings from this YAML file: an option wins over it, it wins over variables (docs/configuration.md).",
            discussion: "(default: none) SLS_CONFIG", valueName: "file"))
    var config: String?

    /// The settings' sources.
    ///
    /// - Parameter options: The variables that the command's other options stand for.
    func source(_ options: [String: String?] = [:]) -> SettingsSource {
        SettingsSource(
            options: options.merging(["SLS_CONFIG": config]) { $1 }.compactMapValues(\.self),
            environment: Environment.all())
    }
}

/// What decides which keys log groups are written under, beside what is read and where it goes.
struct KeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Make this word part of every key: another word delivers everything again.",
            discussion: "(default: empty) SLS_IDENTITY", valueName: "word"))
    var identity: String?

    @Option(
        help: ArgumentHelp(
            "Have so many exactly-once requests under way from one shard to one target; 1 keeps a shard's full order.",
            discussion: "(default: 8) SLS_LANES", valueName: "count"))
    var lanes: String?

    /// The variables that the options stand for.
    var variables: [String: String?] { ["SLS_IDENTITY": identity, "SLS_LANES": lanes] }
}

/// What decides how log groups are written, and where those go that are refused.
struct OutputOptions: ParsableArguments {
    @OptionGroup var keys: KeyOptions

    @Option(
        help: ArgumentHelp(
            "Write log groups that a target refuses for what is in them to this logstore of the targets' project.",
            discussion: "(default: none, the shard is blocked) SLS_DEAD_LETTER", valueName: "logstore"))
    var deadLetter: String?

    @Option(
        help: ArgumentHelp(
            "Tag each log group with __dispatch_id__ (project/logstore/shard/cursor), so that readers can tell copies.",
            discussion: "(default: off, log groups arrive byte for byte) SLS_DISPATCH_TAG", valueName: "on|off"))
    var dispatchTag: String?

    /// The variables that the options stand for.
    var variables: [String: String?] {
        keys.variables.merging(["SLS_DEAD_LETTER": deadLetter, "SLS_DISPATCH_TAG": dispatchTag]) { $1 }
    }
}

/// How often log groups may arrive.
struct DeliveryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Deliver at-least-once, exactly-once or exactly-once-batched; docs/delivery.md says what holds when.",
            discussion: """
                (default: at-least-once) SLS_DELIVERY. exactly-once-batched assumes that no request lives longer than \
                --batch-wait after its sender stopped.
                """, valueName: "mode"))
    var delivery: String?

    @Option(
        help: ArgumentHelp(
            "Assume that no request lives longer than this after its sender stopped: whole seconds, 1 to 300.",
            discussion: "(default: 5s) SLS_BATCH_WAIT", valueName: "time"))
    var batchWait: String?

    /// The variables that the options stand for.
    var variables: [String: String?] { ["SLS_DELIVERY": delivery, "SLS_BATCH_WAIT": batchWait] }
}
