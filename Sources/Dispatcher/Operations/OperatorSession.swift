public import Logging
public import SLSClient
public import SLSProtocol

/// The calls of an operator's commands: to the logstores that the settings name, with their credentials.
public final class OperatorSession: Sendable {
    /// The settings it works by.
    public let settings: DispatcherSettings
    private let transport: any Transport
    private let curlTransport: CurlTransport?
    private let wallClock: @Sendable () -> Timestamp
    private let logger: Logger

    /// Starts an HTTP client; nothing is sent yet.
    public convenience init(_ settings: DispatcherSettings, logger: Logger) throws(ClientError) {
        var configuration = CurlTransport.Configuration()
        configuration.caFile = settings.certificateAuthorityFile
        let transport = try CurlTransport(configuration)
        self.init(
            settings, transport: transport, curlTransport: transport, wallClock: SLSClient.systemTime, logger: logger)
    }

    /// A session over a transport of any kind.
    init(
        _ settings: DispatcherSettings, transport: any Transport, curlTransport: CurlTransport? = nil,
        wallClock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.settings = settings
        self.transport = transport
        self.curlTransport = curlTransport
        self.wallClock = wallClock
        self.logger = logger
    }

    /// The time of day.
    public var now: Timestamp { wallClock() }

    /// Closes all connections; call it once, at the end.
    public func shutdown() async { await curlTransport?.shutdown() }

    func client(for place: DispatcherSettings.Place) -> SLSClient {
        SLSClient(
            endpoint: place.endpoint, project: place.project, credentialsProvider: settings.currentCredentials,
            transport: transport,
            wallClock: wallClock, logger: logger)
    }

    /// The client for the source.
    var source: SLSClient { client(for: settings.source) }
}
