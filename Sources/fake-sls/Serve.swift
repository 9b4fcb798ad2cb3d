import FakeSLS
import Glibc
import Logging
import Metrics
import PrometheusText
import System

/// Runs the emulator until a signal ends it.
struct Serve {
    let settings: Settings
    let logger = Logger(label: "fake-sls")

    /// - Returns: The exit code: 0 after a stop that was asked for and finished, else 1.
    func run() throws -> Int32 {
        // Before the first thread, which inherits it, and before the ready line: whoever has read that may send one.
        let signals = HeldSignals([SIGTERM, SIGINT])
        let metrics = PrometheusFactory()
        MetricsSystem.bootstrap(metrics)
        let server = try FakeSLSServer(listening: configuration(metrics))
        let isAsked = Lock(false)
        do {
            try stopOnSignal(signals, server, isAsked)
            try announce(server)
        } catch {
            server.abandon()
            throw error
        }
        server.run()
        guard isAsked.withLock({ $0 }) else {
            logger.critical("the server's loop ended by itself")
            return 1
        }
        logger.notice("stopped")
        return 0
    }

    private func configuration(_ metrics: PrometheusFactory) -> FakeSLSServer.Configuration {
        var configuration = FakeSLSServer.Configuration()
        configuration.hosts = settings.hosts
        configuration.port = settings.port
        configuration.tlsPort = settings.tlsPort
        configuration.certificate = settings.certificate
        configuration.emulator.dataFolder = settings.dataFolder
        configuration.emulator.accessKeys = settings.accessKeys
        configuration.emulator.domains = settings.domains
        configuration.emulator.baseDomains = settings.baseDomains
        configuration.emulator.region = settings.region
        configuration.emulator.authentication = settings.authentication
        configuration.emulator.limits = settings.limits
        configuration.emulator.rules = settings.rules
        configuration.emulator.stores = settings.stores
        configuration.emulator.servesControl = settings.servesControl
        // Whoever reads it may kill the process now: nothing of the turn is durable yet.
        configuration.emulator.commitHeld = {
            StandardStream.output.write("{\"event\":\"commit-held\",\"pid\":\(getpid())}\n")
        }
        configuration.emulator.metricsText = metrics.text
        configuration.emulator.logger = logger
        return configuration
    }

    private func announce(_ server: FakeSLSServer) throws {
        let line = ReadyLine(
            http: server.listeners.filter { !$0.isSecure }.map(\.address),
            https: server.listeners.filter(\.isSecure).map(\.address), authorityPath: server.authorityPath,
            processID: getpid())
        if let file = settings.readyFile { try Files.write(Array(line.text.utf8), to: file) }
        StandardStream.output.write(line.text)
        logger.notice("started", metadata: ["address": "\(line.http.first ?? "")"])
    }

    /// The first signal lets the server end well, the second ends the process at once.
    private func stopOnSignal(_ signals: HeldSignals, _ server: FakeSLSServer, _ isAsked: Lock<Bool>) throws {
        _ = try Thread.start(name: "signals") {
            let signal = signals.next()
            logger.notice("stopping", metadata: ["signal": "\(signal)"])
            isAsked.withLock { $0 = true }
            server.stop()
            _ = signals.next()
            server.abandon()
            exit(1)
        }
    }
}
