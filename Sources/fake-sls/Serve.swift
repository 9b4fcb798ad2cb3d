import FakeSLS
import Glibc
import Logging
import Metrics
import PrometheusText
import System
import UnixSignals

/// Runs the emulator until a signal ends it.
struct Serve {
    let settings: Settings
    let logger = Logger(label: "fake-sls")

    /// - Returns: The exit code: 0 after a stop that was asked for and finished, else 1.
    func run() async throws -> Int32 {
        let metrics = PrometheusFactory()
        MetricsSystem.bootstrap(metrics)
        // Before the ready line: whoever has read it may send a signal at once.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let server = try FakeSLSServer(configuration(metrics))
        do {
            try announce(server)
        } catch {
            server.abandon()
            throw error
        }
        return await wait(for: signals, server)
    }

    private func configuration(_ metrics: PrometheusFactory) -> FakeSLSServer.Configuration {
        var configuration = FakeSLSServer.Configuration()
        configuration.hosts = settings.hosts
        configuration.port = settings.port
        configuration.tlsPort = settings.tlsPort
        configuration.certificate = settings.certificate
        configuration.emulator.dataFolder = settings.dataFolder
        configuration.emulator.accessKeys = settings.accessKeys
        configuration.emulator.authentication = settings.authentication
        configuration.emulator.limits = settings.limits
        configuration.emulator.stores = settings.stores
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

    private enum Ending {
        case loopEnded
        case secondSignal
    }

    private func wait(for signals: UnixSignalsSequence, _ server: FakeSLSServer) async -> Int32 {
        let isAsked = Lock(false)
        let ending = await withTaskGroup(of: Ending.self) { group in
            group.addTask {
                await server.stopped()
                return .loopEnded
            }
            group.addTask {
                for await signal in signals {
                    if isAsked.withLock({ $0 }) { return .secondSignal }
                    logger.notice("stopping", metadata: ["signal": "\(signal)"])
                    isAsked.withLock { $0 = true }
                    server.stop()
                }
                return .secondSignal
            }
            let first = await group.next() ?? .loopEnded
            group.cancelAll()
            return first
        }
        switch ending {
        case .loopEnded where isAsked.withLock({ $0 }):
            logger.notice("stopped")
            return 0
        case .loopEnded:
            logger.critical("the server's loop ended by itself")
            return 1
        case .secondSignal:
            server.abandon()
            return 1
        }
    }
}
