internal import EventHTTP
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

    private let server: HTTPServer
    private let folder: ServerFolder
    private let thread: System.Thread

    /// Opens the data, listens, and serves from now on.
    ///
    /// - Parameter clock: Virtual in tests; a turn of the loop reads it once.
    /// - Throws: `SystemError`, `FolderInUse`, `EventHTTPError` or `EmulatorError`; each tells a person what to do.
    public init(_ configuration: Configuration = Configuration(), clock: ServerClock = .system) throws {
        let folder = try ServerFolder(configuration.emulator.dataFolder)
        do {
            let authority = try CertificateAuthority(folder: folder.path)
            var settings = configuration.emulator
            settings.dataFolder = settings.dataFolder == nil ? nil : folder.path
            settings.authorityCertificate = authority.certificatePEM
            let emulator = try Emulator(settings, clock: clock)
            let server = try HTTPServer(
                configuration.http, authority: authority, handler: emulator.respond, violation: emulator.violation)
            // The loop alone holds the emulator, so its data is closed before the folder is given up.
            thread = try System.Thread.start(name: "fake-sls-loop") {
                server.run()
                folder.close()
            }
            self.server = server
            self.folder = folder
            listeners = server.listeners
            authorityPath = authority.certificateFile
        } catch {
            folder.close()
            throw error
        }
    }

    deinit { server.stopNow() }

    /// The first address for HTTP as a URL, `http://127.0.0.1:10180`.
    public var endpoint: String { "http://\(firstAddress(isSecure: false))" }

    /// The first address for HTTPS as a URL; nil without a TLS port.
    public var secureEndpoint: String? {
        listeners.contains { $0.isSecure } ? "https://\(firstAddress(isSecure: true))" : nil
    }

    /// Accepts no more, and finishes what is in flight, within the bound of the HTTP configuration. From any thread.
    public func stop() { server.stop() }

    /// Drops what is in flight. From any thread.
    public func stopNow() { server.stopNow() }

    /// Waits until the server has ended and its data is closed, or the calling task is cancelled.
    public func stopped() async { await thread.join() }

    /// Removes what must not stay behind, for a process that ends without waiting for the loop.
    public func abandon() { folder.close() }

    private func firstAddress(isSecure: Bool) -> String {
        listeners.first { $0.isSecure == isSecure }?.address ?? ""
    }
}
