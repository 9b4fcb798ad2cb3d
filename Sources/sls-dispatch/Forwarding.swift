import Dispatcher
import Glibc
import Logging
import Metrics
import PrometheusText
import SLSProtocol
import System
import UnixSignals

/// One run of the dispatcher as a program: signals, admin listener, ready line, exit status.
struct Forwarding: Sendable {
    private static let summaryInterval = Duration.seconds(60)

    private let options: RunOptions
    private let source: SettingsSource
    private let logger: Logger

    /// - Parameter source: Where the options come from, to read them again.
    init(_ options: RunOptions, of source: SettingsSource, logger: Logger) {
        self.options = options
        self.source = source
        self.logger = logger
    }

    /// - Returns: The exit status.
    func run() async -> Int32 {
        var configuration = PrometheusFactory.Configuration()
        // Each shard has a few, and a source may have thousands in the end.
        configuration.seriesLimit = 50_000
        configuration.droppedSeriesName = "sls_dispatch_dropped_series_total"
        let metrics = PrometheusFactory(configuration)
        MetricsSystem.bootstrap(metrics)
        logStart()
        let dispatcher: ReloadableDispatcher
        do throws(DispatchError) {
            dispatcher = try ReloadableDispatcher(options.settings, logger: logger)
        } catch {
            return failed(error)
        }
        let status = await run(dispatcher, metrics)
        // Whatever came of it: a program that exits while its HTTP threads work may crash on the way out.
        await dispatcher.shutdown()
        return status
    }

    private func run(_ dispatcher: ReloadableDispatcher, _ metrics: PrometheusFactory) async -> Int32 {
        guard let admin = await startAdmin(dispatcher, metrics) else { return ExitStatus.failed }
        let status: Int32
        do throws(DispatchError) {
            let outcome = try await forward(dispatcher, adminAddress: admin.listener?.address)
            logSummary(dispatcher.current)
            logger.notice("stopped", metadata: ["settled": "\(outcome.isSettled)"])
            status = outcome.isSettled ? ExitStatus.settled : ExitStatus.unsettled
        } catch {
            status = failed(error)
        }
        await admin.listener?.stop()
        return status
    }

    private func failed(_ error: DispatchError) -> Int32 {
        StandardStream.error.write("sls-dispatch: \(error)\n")
        return ExitStatus.failed
    }

    private func forward(
        _ dispatcher: ReloadableDispatcher, adminAddress: String?
    ) async throws(DispatchError) -> Dispatcher.Outcome {
        let stop = Eventually<Void>()
        // Before the ready line: whoever has read it may send a signal at once.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let reloading = Reloading(dispatcher, from: source, since: options, logger: logger)
        return try await beside([
            { await watch(signals, stop) },
            { for await _ in hangups { await reloading.run() } },
            { await summarize(dispatcher) },
        ]) { () async throws(DispatchError) in
            try await dispatcher.run(until: stop) {
                StandardStream.output.write(
                    readyLine(consumer: dispatcher.current.consumerName.value, admin: adminAddress))
            }
        }
    }

    /// The first signal asks for an orderly end, the second ends the program.
    private func watch(_ signals: UnixSignalsSequence, _ stop: Eventually<Void>) async {
        for await signal in signals {
            if stop.current != nil { _exit(ExitStatus.unsettled) }
            logger.notice("stopping", metadata: ["signal": "\(signal)"])
            stop.set(())
        }
    }

    private func summarize(_ dispatcher: ReloadableDispatcher) async {
        while !Task.isCancelled {
            // Cancelled: the program ends, with a summary of its own.
            guard (try? await Task.sleep(for: Self.summaryInterval)) != nil else { break }
            logSummary(dispatcher.current)
        }
    }

    /// - Returns: nil when the address cannot be had, which was logged.
    private func startAdmin(
        _ dispatcher: ReloadableDispatcher, _ metrics: PrometheusFactory
    ) async -> (listener: AdminListener?, Void)? {
        guard let address = options.admin else { return (nil, ()) }
        do {
            return (try AdminListener.start(address, dispatcher: dispatcher, metrics: metrics), ())
        } catch {
            logger.error("the admin listener cannot start", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func logStart() {
        if let notice = options.probeNotice {
            logger.notice("the probe file was read", metadata: ["finding": "\(notice)"])
        }
        logger.notice("starting", metadata: options.settings.summary)
    }

    private func logSummary(_ dispatcher: Dispatcher) {
        logger.notice("forwarded so far", metadata: dispatcher.status.summary(by: dispatcher.settings))
    }
}
