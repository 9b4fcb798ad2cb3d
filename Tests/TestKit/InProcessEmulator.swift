public import EventHTTP
public import FakeSLS
import Foundation
public import SLSProtocol

/// An emulator without sockets, on a clock that stands still: requests go in as values, one turn for each call.
///
/// It begins with the project `demo`.
public final class InProcessEmulator {
    /// The emulator's clock.
    public let clock: VirtualClock
    /// The emulator itself.
    public let emulator: Emulator

    /// - Parameter configure: Changes the default configuration.
    public init(
        clock: VirtualClock = VirtualClock(), _ configure: (inout EmulatorConfiguration) -> Void = { _ in }
    ) throws {
        self.clock = clock
        var configuration = EmulatorConfiguration()
        configuration.stores = [InitialProject(name: try ProjectName("demo"))]
        configure(&configuration)
        emulator = try Emulator(configuration, clock: clock.serverClock)
    }

    /// Sends one request in a turn of its own.
    @discardableResult
    public func send(
        _ method: String, _ target: String, _ headers: HTTPHeaders = [:], body: [UInt8] = [], host: String? = nil
    ) -> HTTPResponse {
        turn([request(method, target, headers, body: body, host: host)])[0]
    }

    /// Sends one request with a JSON body, in a turn of its own.
    @discardableResult
    public func send(_ method: String, _ target: String, json: String) -> HTTPResponse {
        send(
            method, target, ["Content-Type": "application/json", "Content-Length": "\(json.utf8.count)"],
            body: Array(json.utf8))
    }

    /// Sends several requests in one turn.
    ///
    /// - Returns: Their answers; status 0 stands for one that the client never sees.
    public func turn(_ requests: [HTTPRequest]) -> [HTTPResponse] {
        emulator.respond(to: requests).map { $0.response ?? HTTPResponse(status: 0) }
    }

    /// A request to the project `demo`, unless another host is named.
    public func request(
        _ method: String, _ target: String, _ headers: HTTPHeaders = [:], body: [UInt8] = [], host: String? = nil
    ) -> HTTPRequest {
        var all: HTTPHeaders = ["Host": host ?? "demo.cn-hangzhou.log.aliyuncs.com", "x-log-apiversion": "0.6.0"]
        for (name, value) in headers { all.append(name, value) }
        return HTTPRequest(method: method, target: target, headers: all, body: body)
    }

    /// Makes a logstore in `demo`.
    public func makeLogstore(_ name: String = "app", shards: Int = 2) {
        send("POST", "/logstores", json: #"{"logstoreName":"\#(name)","ttl":30,"shardCount":\#(shards)}"#)
    }

    /// Makes a consumer group in a logstore.
    public func makeGroup(_ name: String = "cg", timeout: Int = 60, inOrder: Bool = false, logstore: String = "app") {
        send(
            "POST", "/logstores/\(logstore)/consumergroups",
            json: #"{"consumerGroup":"\#(name)","timeout":\#(timeout),"order":\#(inOrder)}"#)
    }

    /// A PutLogs request with an uncompressed group.
    public func put(
        _ group: LogGroup = .make(), logstore: String = "app", path: String = "/shards/lb"
    ) -> HTTPRequest {
        put(raw: group.serialized, logstore: logstore, path: path)
    }

    /// A PutLogs request with an uncompressed body of any bytes.
    public func put(
        raw body: [UInt8], _ headers: HTTPHeaders = [:], logstore: String = "app", path: String = "/shards/lb"
    ) -> HTTPRequest {
        var all: HTTPHeaders = ["Content-Type": "application/x-protobuf", "Content-Length": "\(body.count)"]
        for (name, value) in headers { all.append(name, value) }
        return request("POST", "/logstores/\(logstore)\(path)", all, body: body)
    }

    /// Where a shard begins or ends, or the first group of a time: encoded.
    public func cursor(_ from: String, shard: Int = 0, logstore: String = "app") -> String {
        let answer = send("GET", "/logstores/\(logstore)/shards/\(shard)?type=cursor&from=\(from)")
        return (try? answer.decoded(CursorAnswer.self).cursor) ?? "refused: \(answer.text)"
    }

    /// Pulls uncompressed.
    public func pull(
        from cursor: String, count: Int = 100, shard: Int = 0, logstore: String = "app", more: String = ""
    ) -> HTTPResponse {
        send("GET", "/logstores/\(logstore)/shards/\(shard)?type=log&cursor=\(cursor)&count=\(count)\(more)")
    }

    /// Every group of a shard, in order.
    public func groups(shard: Int = 0, logstore: String = "app") throws -> [[UInt8]] {
        try pull(
            from: cursor("begin", shard: shard, logstore: logstore), count: 1_000, shard: shard, logstore: logstore
        )
        .pulledGroups()
    }

    /// A heartbeat's granted shards; nil when it was refused.
    public func heartbeat(
        _ consumer: String, _ held: [Int] = [], group: String = "cg", logstore: String = "app"
    ) -> [Int]? {
        let answer = send(
            "POST", "/logstores/\(logstore)/consumergroups/\(group)?type=heartbeat&consumer=\(consumer)",
            json: "\(held)")
        // A refusal has no list: that is what nil says.
        return try? answer.decoded([Int].self)
    }
}

extension HTTPResponse {
    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The service's error code; nil where the answer is not an error in the service's shape.
    public var errorCode: String? {
        // Whatever is no error body has no code.
        try? decoded(ErrorBody.self).errorCode
    }

    /// The body as JSON of that shape.
    public func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body))
    }

    /// The log groups of a pull that was not compressed.
    public func pulledGroups() throws -> [[UInt8]] {
        try LogGroupScanner.groups(inList: body).map { Array(body[$0.bytes]) }
    }
}
