internal import EventHTTP
public import SLSProtocol
internal import System

/// An emulator that listens: `Emulator` behind an `HTTPServer`, on a thread of its own.
///
/// ```swift
/// let server = try FakeSLSServer()
/// // … server.endpoint …
/// server.stop()
/// await server.stopped()
/// ```
public final class FakeSLSServer: Sendable {
    /// How the emulator behaves, and where it listens. The defaults: in memory, on a free loopback port.
    public struct Configuration: Sendable {
        /// Data, keys, limits. Its `authorityCertificate` is set by the server.
        public var emulator = EmulatorConfiguration()
        /// Addresses to listen on. Default: 127.0.0.1 and, where it exists, ::1.
        public var hosts: [String] = []
        /// The port for HTTP, the same on all hosts. Default 0, which picks a free one.
        public var port = 0
        /// The port for HTTPS; 0 picks a free one. Default: nil, no HTTPS listener; `CONNECT` works all the same.
        public var tlsPort: Int?
        /// What the HTTPS listener shows. Default: nil, leaves made on demand by the CA.
        public var certificate: CertificateFiles?

        /// The defaults.
        public init() {}

        fileprivate var http: HTTPServer.Configuration {
            var http = HTTPServer.Configuration()
            http.hosts = hosts
            http.port = port
            http.tlsPort = tlsPort
            http.certificate = certificate.map { .init(chain: $0.chain, key: $0.key) }
            return http
        }
    }

    /// PEM files of a certificate chain, leaf first, and of its key.
    public struct CertificateFiles: Equatable, Sendable {
        /// The path of the chain.
        public var chain: String
        /// The path of the key.
        public var key: String

        /// Two files.
        public init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    /// Where it accepts: first HTTP, then HTTPS, each in the order of the hosts; `127.0.0.1:10180` or `[::1]:10180`.
    public let listeners: [(address: String, isSecure: Bool)]
    /// The file with the certificate of the CA that HTTPS and `CONNECT` are served with.
    public let authorityPath: String

    /// Faults on demand and the clock.
    public let control: EmulatorControl

    private let server: HTTPServer
    private let mailbox: LoopMailbox
    private let folder: ServerFolder
    private let ended = Eventually<Bool>()

    /// Opens the data, listens, and serves from now on, on a thread of its own.
    ///
    /// - Parameter clock: Virtual in tests; a turn of the loop reads it once.
    /// - Throws: `SystemError`, `FolderInUse`, `EventHTTPError` or `EmulatorError`; each tells a person what to do.
    public convenience init(_ configuration: Configuration = Configuration(), clock: ServerClock = .system) throws {
        try self.init(listening: configuration, clock: clock)
        // Without `self`, so that a server nobody holds any longer ends.
        let (server, folder, ended) = (server, folder, ended)
        do {
            _ = try System.Thread.start(name: "fake-sls-loop") { Self.run(server, folder, ended) }
        } catch {
            folder.close()
            throw error
        }
    }

    /// Opens the data and listens; clients can connect, and are served once `run()` is called.
    public init(listening configuration: Configuration, clock: ServerClock = .system) throws {
        let folder = try ServerFolder(configuration.emulator.dataFolder)
        do {
            let authority = try CertificateAuthority(folder: folder.path)
            var settings = configuration.emulator
            settings.dataFolder = settings.dataFolder == nil ? nil : folder.path
            settings.authorityCertificate = authority.certificatePEM
            // The server alone holds the emulator, so its data is closed before the folder is given up.
            let emulator = try Emulator(settings, clock: clock)
            (control, mailbox) = (emulator.control, emulator.mailbox)
            server = try HTTPServer(
                configuration.http, authority: authority, handler: emulator.respond, violation: emulator.violation)
            self.folder = folder
            authorityPath = authority.certificateFile
        } catch {
            folder.close()
            throw error
        }
        listeners = server.listeners
    }

    deinit { server.stopNow() }

    /// Serves on the calling thread until `stop()` or `stopNow()`. Only after `init(listening:)`, and once.
    public func run() { Self.run(server, folder, ended) }

    private static func run(_ server: HTTPServer, _ folder: ServerFolder, _ ended: Eventually<Bool>) {
        server.run()
        folder.close()
        ended.set(true)
    }

    /// The first address for HTTP as a URL, `http://127.0.0.1:10180`.
    public var endpoint: String { "http://\(firstAddress(isSecure: false))" }

    /// The first address for HTTPS as a URL; nil without a TLS port.
    public var secureEndpoint: String? {
        listeners.contains { $0.isSecure } ? "https://\(firstAddress(isSecure: true))" : nil
    }

    /// Refuses the next requests of a call; more faults are to be had from `control`.
    public func failNext(_ call: CallName, with code: APIError.Code, times: Int = 1) {
        control.failNext(call, with: code, times: times)
    }

    /// Where the consumer groups of a logstore stand, in the order of their creation.
    ///
    /// - Throws: `APIError` of the codes `ProjectNotExist` and `LogStoreNotExist`; `CancellationError` when the server
    ///   ends, or the task is cancelled, before it could be asked.
    public func consumerGroups(of logstore: LogstoreName, in project: ProjectName) async throws -> [GroupStatus] {
        try await onLoop { emulator throws(APIError) in try emulator.consumerGroups(of: logstore, in: project) }
    }

    /// Takes a consumer for silent, as if its timeout had run out this moment.
    ///
    /// - Throws: As above, and `ConsumerNotExist` where it is not alive, `ConsumerGroupNotExist`.
    public func expire(
        _ consumer: ConsumerName, of group: ConsumerGroupName, in logstore: LogstoreName, of project: ProjectName
    ) async throws {
        try await onLoop { emulator throws(APIError) in
            try emulator.expire(consumer, of: group, in: logstore, of: project)
        }
    }

    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (Emulator) throws(APIError) -> Value
    ) async throws -> Value {
        let answer = Eventually<Result<Value, APIError>>()
        mailbox.leave { emulator in
            answer.set(Result { () throws(APIError) in try body(emulator) })
        }
        server.takeTurn()
        _ = await until(ended) { _ = await answer.value() }
        guard let result = answer.current else { throw CancellationError() }
        return try result.get()
    }

    /// Accepts no more, and finishes what is in flight, within the bound of the HTTP configuration. From any thread.
    public func stop() { server.stop() }

    /// Drops what is in flight. From any thread.
    public func stopNow() { server.stopNow() }

    /// Waits until the server has ended and its data is closed, or the calling task is cancelled.
    public func stopped() async { _ = await ended.value() }

    /// Removes what must not stay behind, for a process that ends without waiting for the loop.
    public func abandon() { folder.close() }

    private func firstAddress(isSecure: Bool) -> String {
        listeners.first { $0.isSecure == isSecure }?.address ?? ""
    }
}
