import ArgumentParser
import ConsoleLog
import Dispatcher
import Logging
import SLSProtocol
import System
import UnixSignals

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Forward until stopped.",
        discussion: """
            Reads its settings from variables; an option wins over its variable, and --config names a file that stands \
            between them. After the first heartbeat one JSON line goes to stdout. Logs go to stderr. SIGTERM or SIGINT \
            finishes what is in flight, saves the checkpoints and ends; a second one ends at once. SIGHUP reads --config \
            again: what is in flight is finished and saved, then the new settings are in force, without a loss and, exactly \
            once, without a copy (docs/delivery.md); where they are wrong, or not everything could be finished, the old ones \
            go on and an error says why. The source, \
            the group, the consumer's name, --admin and --log-level cannot change so.

            required: SLS_ENDPOINT SLS_AK_ID SLS_AK_KEY SLS_PROJECT SLS_LOGSTORE SLS_CG
            targets:  SLS_LOGSTORE_TO1 (topic ngnix), SLS_LOGSTORE_TO2 (sql_audit), SLS_LOGSTORE_TO3 (click),
                      or SLS_ROUTES=topic=logstore,... in their place (a topic may stand there several times)
            optional: SLS_ENDPOINT_TO, SLS_PROJECT_TO (default: the source's), SLS_STS_TOKEN, SLS_CA_FILE,
                      SLS_CREDENTIALS_FILE (lines SLS_AK_ID=..., SLS_AK_KEY=..., read again when they change),
                      SLS_CONSUMER_NAME (default: the first free slot of <group>-<host>-<n>),
                      SLS_CURSOR_START (default: begin; end, 2018-12-26T00:00:00Z, "2018-12-26 0:0:0", Unix seconds, -2h)
            proxies:  http_proxy, https_proxy, no_proxy

            For example:  sls-dispatch run --config sls-dispatch.yaml --admin 127.0.0.1:9000
            """)

    @Option(
        help: ArgumentHelp(
            "Give the consumer group this timeout where it is created here: whole seconds, 6 to 3600.",
            discussion: "(default: 30s) SLS_GROUP_TIMEOUT", valueName: "time"))
    var groupTimeout: String?

    @OptionGroup var configuration: ConfigurationOption
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var output: OutputOptions

    @Option(
        help: ArgumentHelp(
            "Deliver exactly once by default if the probe in this file passed (sls-dispatch check), and never if it failed.",
            discussion: "(default: none) SLS_PROBE_FILE", valueName: "file"))
    var probeFile: String?

    @Option(
        help: ArgumentHelp(
            "Go on here where a checkpoint has expired: earliest, latest (skips), fail (holds the shard).",
            discussion: "(default: earliest) SLS_GAP_POLICY", valueName: "policy"))
    var gapPolicy: String?

    @Option(
        help: ArgumentHelp(
            "Serve /healthz, /readyz, /metrics and /status on this address; port 0 picks a free one.",
            discussion: "(default: off) SLS_ADMIN", valueName: "address:port"))
    var admin: String?

    @Option(
        help: ArgumentHelp(
            "Log messages of this level and above: trace, debug, info, notice, warning, error, critical.",
            discussion: "(default: notice) SLS_LOG_LEVEL", valueName: "level"))
    var logLevel: String?

    private var source: SettingsSource {
        let others = [
            "SLS_GROUP_TIMEOUT": groupTimeout, "SLS_GAP_POLICY": gapPolicy, "SLS_PROBE_FILE": probeFile,
            "SLS_ADMIN": admin, "SLS_LOG_LEVEL": logLevel,
        ]
        return configuration.source(
            others.merging(delivery.variables) { $1 }.merging(output.variables) { $1 })
    }

    func run() async throws {
        let options: RunOptions
        do throws(SettingsError) {
            options = try RunOptions(source)
        } catch {
            for mistake in error.mistakes { StandardStream.error.write("sls-dispatch: \(mistake)\n") }
            StandardStream.error.write("sls-dispatch run --help shows the options and variables.\n")
            throw ExitCode(ExitStatus.usage)
        }
        ConsoleLogHandler.install(level: options.logLevel)
        let logger = Logger(label: "sls-dispatch")
        let status = await Forwarding(options, of: source, logger: logger).run()
        if status != ExitStatus.settled { throw ExitCode(status) }
    }
}
