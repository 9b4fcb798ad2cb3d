public import Logging
public import SLSProtocol
internal import System

/// The log service, as seen from one project: one method per API call, one request each.
///
/// Nothing is tried again here: `ClientError.isRetriable` tells what to try, `Backoff` when. Each request is dated and
/// signed as it is sent (signature V1, HMAC-SHA1). All calls end early, with `isCancelled`, when their task is cancelled.
public struct SLSClient: Sendable {
    /// The version of this package, as sent in `User-Agent`.
    public static let version = "0.1.0"

    /// Where the service is.
    public let endpoint: Endpoint
    /// Whose logstores are meant.
    public let project: ProjectName
    /// For one exchange, from the call to the last byte of the answer. Default: 60 s.
    public var timeout: Duration = .seconds(60)
    /// The most raw bytes a pull may decompress to. Default: 64 MiB; the service answers with about 10 MB.
    public var rawByteLimit = 64 << 20
    /// Sent with each request. Default: `swift-sls/` and the version.
    public var userAgent = "swift-sls/\(version)"

    private let credentials: @Sendable () -> Credentials
    private let transport: any Transport
    private let clock: SigningClock
    private let logger: Logger

    /// Makes a client with credentials that last as long as it does; nothing is sent.
    ///
    /// - Parameters:
    ///   - transport: Carries the requests; may be shared by many clients.
    ///   - wallClock: Dates the requests. The service refuses those more than 15 minutes off; the client then corrects
    ///     itself by the answer's time.
    public init(
        endpoint: Endpoint, project: ProjectName, credentials: Credentials, transport: any Transport,
        wallClock: @escaping @Sendable () -> Timestamp = SLSClient.systemTime,
        logger: Logger = Logger(label: "sls-client")
    ) {
        self.init(
            endpoint: endpoint, project: project, credentialsProvider: { credentials }, transport: transport,
            wallClock: wallClock, logger: logger)
    }

    /// Makes a client whose credentials may be rotated; nothing is sent.
    ///
    /// - Parameter credentialsProvider: Asked for each request, from any thread; answers at once. Temporary credentials
    ///   are fetched elsewhere, and before they expire.
    public init(
        endpoint: Endpoint, project: ProjectName, credentialsProvider: @escaping @Sendable () -> Credentials,
        transport: any Transport, wallClock: @escaping @Sendable () -> Timestamp = SLSClient.systemTime,
        logger: Logger = Logger(label: "sls-client")
    ) {
        self.endpoint = endpoint
        self.project = project
        credentials = credentialsProvider
        self.transport = transport
        clock = SigningClock(wallClock)
        self.logger = logger
    }

    private init(_ other: SLSClient, transport: any Transport) {
        endpoint = other.endpoint
        project = other.project
        timeout = other.timeout
        rawByteLimit = other.rawByteLimit
        userAgent = other.userAgent
        credentials = other.credentials
        self.transport = transport
        clock = other.clock
        logger = other.logger
    }

    /// The same client over another transport, such as one for heartbeats alone; both share what is learned of the
    /// service's clock.
    public func over(_ transport: any Transport) -> SLSClient { SLSClient(self, transport: transport) }

    /// The same client over what is made of its own transport.
    package func overOwnTransport(_ wrap: (any Transport) -> any Transport) -> SLSClient { over(wrap(transport)) }

    /// The time of day of this host.
    public static let systemTime: @Sendable () -> Timestamp = {
        Timestamp(seconds: Int(WallClock.nanoseconds() / 1_000_000_000))
    }

    /// Sends one request and returns the service's answer to it.
    func perform(_ request: CallRequest) async throws(ClientError) -> CallResponse {
        let credentials = credentials()
        let (outgoing, signature) = signed(request, by: credentials)
        let response = try await transport.send(outgoing)
        do throws(ClientError) {
            return try CallResponse(response, to: request.call) { credentials.redacted($0, alsoHiding: signature) }
        } catch {
            if error.isClockSkew { correctClock(by: response) }
            throw error
        }
    }

    private func signed(
        _ request: CallRequest, by credentials: Credentials
    ) -> (request: TransportRequest, signature: String) {
        let body = request.body
        var headers = request.contentHeaders + request.headers
        headers += [
            ("Date", clock.now().httpDate), ("User-Agent", userAgent), ("x-log-apiversion", "0.6.0"),
            ("x-log-signaturemethod", SignatureV1.Method.hmacSHA1.rawValue),
        ]
        if let body, !body.isEmpty { headers.append(("Content-MD5", Digest.md5Hex(body))) }
        if let token = credentials.securityToken { headers.append(("x-acs-security-token", token)) }
        let signature = SignatureV1(
            method: request.method, path: request.path, query: request.query.map { ($0.name, $0.value) },
            headers: headers
        ).signature(secret: credentials.accessKeySecret)
        headers.append(("Authorization", "LOG \(credentials.accessKeyID):\(signature)"))
        let project = request.isWithoutProject ? nil : project.value
        let outgoing = TransportRequest(
            call: request.call, method: request.method, url: endpoint.base(project: project) + request.target,
            headers: headers, body: body, connectTo: endpoint.connectTo(project: project), timeout: timeout)
        return (outgoing, signature)
    }

    private func correctClock(by response: TransportResponse) {
        guard let time = response.serviceTime else { return }
        let offset = clock.correct(to: time)
        logger.warning(
            "this host's clock differs from the service's; requests are dated by the service's from now on",
            metadata: ["project": "\(project)", "offset-seconds": "\(offset)"])
    }
}

extension TransportResponse {
    /// The service's time of day; nil where the answer does not say.
    var serviceTime: Timestamp? {
        let unix = self["x-log-time"].flatMap { Int($0) }.map { Timestamp(seconds: $0) }
        guard let time = unix ?? self["Date"].flatMap({ Timestamp(httpDate: $0) }), time.seconds > 0,
            time.seconds < 253_402_300_800  // The year 10000: no clock is that wrong, and dates end there.
        else { return nil }
        return time
    }
}
