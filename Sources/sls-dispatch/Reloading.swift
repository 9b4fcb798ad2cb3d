import Dispatcher
import Logging
import System

/// What SIGHUP does: reads the options again and changes the settings of the dispatcher at work.
struct Reloading: Sendable {
    private let dispatcher: ReloadableDispatcher
    private let source: SettingsSource
    private let first: RunOptions
    private let logger: Logger

    /// - Parameter first: What the program was started with.
    init(_ dispatcher: ReloadableDispatcher, from source: SettingsSource, since first: RunOptions, logger: Logger) {
        self.dispatcher = dispatcher
        self.source = source
        self.first = first
        self.logger = logger
    }

    /// Returns when the new settings are in force, or were refused.
    func run() async {
        guard source.file != nil else {
            return logger.error(
                "there is nothing to read again: SIGHUP is for a program that was started with --config")
        }
        logger.notice("reading the configuration again", metadata: ["file": "\(source.file ?? "")"])
        do {
            let options = try await Thread.run(name: "sls-options") { [source] in try RunOptions(source) }
            let fixed = [
                ("admin", options.admin != first.admin), ("log-level", options.logLevel != first.logLevel),
            ].filter(\.1).map(\.0)
            if !fixed.isEmpty {
                dispatcher.refused(.fixed(fixed))
                throw ReloadableDispatcher.Refusal.fixed(fixed)
            }
            let before = dispatcher.current
            try await dispatcher.reload(options.settings)
            logger.notice("forwarded under the old configuration", metadata: before.status.summary(by: before.settings))
            for mistake in before.status.totals.ledger.mistakes {
                logger.error("the old configuration's ledger does not add up", metadata: ["mistake": "\(mistake)"])
            }
            if let notice = options.probeNotice {
                logger.notice("the probe file was read", metadata: ["finding": "\(notice)"])
            }
            logger.notice("the new configuration is in force", metadata: options.settings.summary)
        } catch {
            // The dispatcher has taken down what it refused itself.
            if !(error is ReloadableDispatcher.Refusal) { dispatcher.refused(.cannotStart("\(error)")) }
            logger.error("the new configuration is refused; the old one goes on", metadata: ["error": "\(error)"])
        }
    }
}
