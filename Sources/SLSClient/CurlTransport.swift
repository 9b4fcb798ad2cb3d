internal import CurlHTTP

/// The transport over libcurl: kept connections, certificates always checked, proxies from the environment.
///
/// It has a thread and connections of its own; heartbeats, which must not wait behind bulk, get a second one.
public final class CurlTransport: Transport {
    /// What can be set; every property has a default.
    public struct Configuration: Sendable {
        /// PEM file of the authorities to trust, in place of the system's. Default: the system's.
        public var caFile: String?
        /// For name look-up, TCP and TLS together. Default: 10 s.
        public var connectTimeout: Duration = .seconds(10)
        /// Connections open at once to one host. Default: 16.
        public var connectionsPerHost = 16
        /// Requests without an answer at once; one more fails with `.tooManyRequests`. Default: 1024.
        public var requestLimit = 1024
        /// Bytes of an answer's body. Default: 64 MiB.
        public var responseByteLimit = 64 << 20
        /// Whether `http_proxy`, `https_proxy` and `no_proxy` are followed. Default: true.
        public var usesProxyVariables = true
        /// Names the thread. Default: `sls-http`.
        public var threadName = "sls-http"

        /// Makes one with all defaults.
        public init() {}
    }

    private let client: HTTPClient

    /// Starts the transport's thread; nothing is connected yet.
    ///
    /// - Throws: `.transport` of kind `.other` when the system has no memory or no thread left.
    public init(_ configuration: Configuration = Configuration()) throws(ClientError) {
        var options = HTTPClient.Configuration()
        options.caFile = configuration.caFile
        options.connectTimeout = configuration.connectTimeout
        options.connectionsPerHost = configuration.connectionsPerHost
        options.requestLimit = configuration.requestLimit
        options.bodyByteLimit = configuration.responseByteLimit
        options.usesProxyVariables = configuration.usesProxyVariables
        options.threadName = configuration.threadName
        do throws(CurlError) {
            client = try HTTPClient(options)
        } catch {
            throw .transport(TransportFailure(error))
        }
    }

    /// Connections opened since the start, attempts that failed included.
    public var connectionCount: Int { client.connectionCount }

    /// Sends one request, once.
    public func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
        let outgoing = HTTPRequest(
            method: request.method, url: request.url, headers: request.headers, body: request.body,
            connectTo: request.connectTo, timeout: request.timeout, deadline: request.deadline)
        do throws(CurlError) {
            let answer = try await client.send(outgoing)
            return TransportResponse(status: answer.status, headers: answer.headers, body: answer.body)
        } catch {
            throw .transport(TransportFailure(error))
        }
    }

    /// Cancels what runs, closes all connections and ends the thread.
    public func shutdown() async { await client.shutdown() }
}

extension TransportFailure {
    fileprivate init(_ error: CurlError) {
        let kind: Kind =
            switch error.kind {
            case .couldNotResolve: .couldNotResolve
            case .couldNotConnect: .couldNotConnect
            case .proxyRefused: .proxyRefused
            case .timeout: .timeout
            case .tlsUntrusted: .tlsUntrusted
            case .tlsExpired: .tlsExpired
            case .tlsWrongName: .tlsWrongName
            case .tlsOther: .tlsOther
            case .caFile: .caFile
            case .connectionLost: .connectionLost
            case .tooLarge: .tooLarge
            case .cancelled: .cancelled
            case .tooManyRequests: .tooManyRequests
            case .invalidRequest: .invalidRequest
            case .malformedResponse: .malformedResponse
            case .other: .other
            }
        self.init(kind, "\(error)")
    }
}
