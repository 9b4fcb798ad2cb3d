internal import EventHTTP
public import FakeSLS
internal import Logging
public import SLSClient
public import SLSProtocol
public import System

/// What happens to one request on its way to the service and back.
public enum Fault: Sendable {
    /// The service refuses it, with this status and code; nothing is done.
    case refuse(Int, String)
    /// This comes back; nothing is done.
    case answer(TransportResponse)
    /// The connection breaks before the service sees it.
    case drop
    /// The service does it, and the connection breaks before the answer.
    case loseAnswer
    /// The service does it, and something else comes back.
    case change(@Sendable (TransportResponse) -> TransportResponse)
    /// Nothing comes back until the request's time is up, and nothing is done.
    case hang
    /// The service does it at once, and nothing comes back until the request's time is up.
    case hangApplied
    /// It reaches the service this much later.
    case delay(Duration)
}

/// The emulator behind transports that fail as a test's script says: no sockets, one clock for all.
///
/// It has the project `demo`.
public final class ScriptedService: Sendable {
    /// One request that was sent.
    public struct Call: Sendable {
        /// Whose transport it came by.
        public let line: String
        /// Which call it is.
        public let api: APICall
        /// The request.
        public let request: TransportRequest
        /// When it was sent.
        public let sent: Instant
        /// When it was answered or failed; nil while it runs.
        public fileprivate(set) var ended: Instant?
        /// The answer's status; nil without one.
        public fileprivate(set) var status: Int?

        /// A parameter of the query, as it travels.
        public func query(_ name: String) -> String? {
            request.url.split(separator: "?").last?.split(separator: "&").first { $0.hasPrefix(name + "=") }
                .map { String($0.dropFirst(name.count + 1)) }
        }

        /// The body before it was compressed; nil where that cannot be told.
        public var rawBody: [UInt8]? {
            func header(_ name: String) -> String? { request.headers.first { $0.name == name }?.value }
            guard let body = request.body, let count = header("x-log-bodyrawsize").flatMap({ Int($0) }) else {
                return nil
            }
            guard let type = header("x-log-compresstype").flatMap({ CompressionType(rawValue: $0) }) else {
                return body
            }
            // A body that is not what its headers say has no content to look at.
            return try? Compression.decompress(body, as: type, rawByteCount: count)
        }

        /// The body as text.
        public var body: String { String(decoding: request.body ?? [], as: UTF8.self) }
    }

    /// A test's script: what happens to a request that is about to be sent; nil lets it through.
    ///
    /// The service keeps it, so it must not hold the service: `Call` tells the time.
    public typealias Script = @Sendable (Call) -> Fault?

    /// Everybody's clock.
    public let clock: ScaledClock
    private let emulator: Lock<Emulator>
    private let sent = Lock<[Call]>([])
    private let script = Lock<Script>({ _ in nil })

    /// - Parameters:
    ///   - logstores: What is in `demo`, with the number of shards of each.
    ///   - isStrict: Whether it checks who asks and when.
    ///   - configure: Changes the emulator's configuration.
    public init(
        _ logstores: [String: Int] = ["app": 4], clock: ScaledClock = ScaledClock(), isStrict: Bool = false,
        _ configure: (inout EmulatorConfiguration) -> Void = { _ in }
    ) throws {
        self.clock = clock
        var configuration = EmulatorConfiguration()
        configuration.logger.logLevel = .critical
        configuration.stores = [
            InitialProject(
                name: try ProjectName("demo"),
                logstores: try logstores.sorted { $0.key < $1.key }.map {
                    InitialLogstore(name: try LogstoreName($0.key), shardCount: $0.value)
                })
        ]
        if isStrict { configuration.authentication = .strict }
        configure(&configuration)
        emulator = Lock(try Emulator(configuration, clock: clock.serverClock))
    }

    /// Everything that was sent so far, in order.
    public var calls: [Call] { sent.withLock { $0 } }

    /// What was sent so far by the line of that name, of that kind.
    public func calls(_ api: APICall, by line: String? = nil) -> [Call] {
        calls.filter { $0.api == api && (line == nil || $0.line == line) }
    }

    /// Changes what happens from now on.
    public func follow(_ script: @escaping Script) { self.script.withLock { $0 = script } }

    /// Changes what happens to the requests of some calls, by their number from 1 on.
    ///
    /// - Returns: How many there were so far.
    @discardableResult
    public func follow(_ calls: APICall..., byNumber script: @escaping @Sendable (Int) -> Fault?) -> Lock<Int> {
        let count = Lock(0)
        follow { call in
            guard calls.contains(call.api) else { return nil }
            return script(
                count.withLock { count in
                    count += 1
                    return count
                })
        }
        return count
    }

    /// Lets everything through again.
    public func heal() { follow { _ in nil } }

    /// A transport to the service; its name tells its requests from others'.
    public func line(_ name: String) -> any Transport { Line(name: name, service: self) }

    /// A client whose requests the script does not see.
    public func client() throws -> SLSClient { try client(by: Line(name: "", service: self)) }

    /// Those that the service knows.
    public static let credentials = Credentials(accessKeyID: "fake-id", accessKeySecret: "fake-secret")

    /// A client over that transport.
    ///
    /// - Parameter wallClock: Dates the requests; default the service's own clock.
    public func client(
        by transport: any Transport,
        credentials: @escaping @Sendable () -> Credentials = { ScriptedService.credentials },
        wallClock: (@Sendable () -> Timestamp)? = nil
    ) throws -> SLSClient {
        SLSClient(
            endpoint: try Endpoint(parsing: "cn-hangzhou.log.aliyuncs.com"), project: try ProjectName("demo"),
            credentialsProvider: credentials, transport: transport, wallClock: wallClock ?? { [clock] in clock.wall })
    }

    private struct Line: Transport {
        let name: String
        let service: ScriptedService

        func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
            if name.isEmpty { return service.perform(request) }
            return try await service.send(request, by: name)
        }
    }

    private func send(_ request: TransportRequest, by line: String) async throws(ClientError) -> TransportResponse {
        let call = Call(line: line, api: request.call, request: request, sent: clock.now)
        let index = sent.withLock { sent in
            sent.append(call)
            return sent.count - 1
        }
        let fault = script.withLock { $0 }(call)
        do throws(ClientError) {
            let answer = try await carry(request, fault)
            sent.withLock { [clock] in
                $0[index].ended = clock.now
                $0[index].status = answer.status
            }
            return answer
        } catch {
            sent.withLock { [clock] in $0[index].ended = clock.now }
            throw error
        }
    }

    private func carry(
        _ request: TransportRequest, _ fault: Fault?
    ) async throws(ClientError) -> TransportResponse {
        if Task.isCancelled { throw Self.failure(.cancelled) }
        switch fault {
        case nil: return perform(request)
        case .refuse(let status, let code): return .refusal(status, code)
        case .answer(let answer): return answer
        case .change(let change): return change(perform(request))
        case .drop: throw Self.failure(.connectionLost)
        case .loseAnswer:
            _ = perform(request)
            throw Self.failure(.connectionLost)
        case .hang, .hangApplied:
            if case .hangApplied = fault { _ = perform(request) }
            await clock.sleep(for: request.timeout)
            throw Self.failure(Task.isCancelled ? .cancelled : .timeout)
        case .delay(let time):
            await clock.sleep(for: min(time, request.timeout))
            if Task.isCancelled { throw Self.failure(.cancelled) }
            if time > request.timeout { throw Self.failure(.timeout) }
            return perform(request)
        }
    }

    private static func failure(_ kind: TransportFailure.Kind) -> ClientError {
        .transport(TransportFailure(kind, "the test's script"))
    }

    /// One turn of the emulator.
    private func perform(_ request: TransportRequest) -> TransportResponse {
        let rest = request.url.drop { $0 != ":" }.dropFirst(3)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var headers: HTTPHeaders = ["Host": String(rest[..<slash])]
        for (name, value) in request.headers { headers.append(name, value) }
        let http = HTTPRequest(
            method: request.method, target: String(rest[slash...]), headers: headers, body: request.body ?? [])
        let reply = emulator.withLock { $0.respond(to: [http])[0] }
        guard let answer = reply.response else { preconditionFailure("the script asked for no fault: \(reply)") }
        return TransportResponse(
            status: answer.status, headers: answer.headers.map { ($0.name, $0.value) }, body: answer.body)
    }
}

extension TransportResponse {
    /// A refusal as the service words it.
    public static func refusal(_ status: Int, _ code: String) -> TransportResponse {
        json(#"{"errorCode":"\#(code)","errorMessage":"the test's script"}"#, status: status)
    }

    /// An answer of the service with that body.
    public static func json(_ body: String, status: Int = 200) -> TransportResponse {
        TransportResponse(
            status: status, headers: [("x-log-requestid", "TEST"), ("Content-Type", "application/json")],
            body: Array(body.utf8))
    }
}
