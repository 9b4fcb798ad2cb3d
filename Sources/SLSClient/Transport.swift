/// What carries one signed request to the service and brings its answer; `CurlTransport` is the real one.
public protocol Transport: Sendable {
    /// Sends one request, once.
    ///
    /// - Throws: `.transport`, and nothing else. Cancelling the task ends it with the kind `.cancelled`.
    func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse
}

/// One request, complete and signed.
public struct TransportRequest: Sendable {
    /// Which call it is, for counting and for tests.
    public var call: APICall
    /// Upper-case.
    public var method: String
    /// Absolute and percent-encoded.
    public var url: String
    /// To be sent as they are; `Host` and `Content-Length` come from the transport.
    public var headers: [(name: String, value: String)]
    /// nil sends none.
    public var body: [UInt8]?
    /// `address:port` to connect to in place of the URL's host; nil for the URL's own.
    public var connectTo: String?
    /// For the whole exchange.
    public var timeout: Duration
    /// Nothing is sent after this, whatever the time-out would still allow; nil sets none.
    public var deadline: ContinuousClock.Instant?

    /// Makes a request from its parts.
    public init(
        call: APICall, method: String, url: String, headers: [(name: String, value: String)], body: [UInt8]?,
        connectTo: String?, timeout: Duration
    ) {
        self.call = call
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTo = connectTo
        self.timeout = timeout
    }

    /// The value of the first header of that name, whatever its case.
    public subscript(header: String) -> String? { value(of: header, in: headers) }
}

/// One whole answer.
public struct TransportResponse: Sendable {
    /// Such as 200.
    public var status: Int
    /// In the order they came.
    public var headers: [(name: String, value: String)]
    /// As it came.
    public var body: [UInt8]

    /// Makes an answer from its parts.
    public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header of that name, whatever its case.
    public subscript(header: String) -> String? { value(of: header, in: headers) }
}

private func value(of name: String, in headers: [(name: String, value: String)]) -> String? {
    headers.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }?.value
}

/// The calls this client makes, by their names in the API reference.
public enum APICall: String, Sendable, Hashable, CaseIterable {
    // The names are the API reference's.
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case createProject, getProject, listProjects, deleteProject
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case createLogstore, getLogstore, listLogstores, updateLogstore, deleteLogstore
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case createIndex, getIndex
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case listShards, splitShard, mergeShards
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case putLogs, getCursor, getCursorTime, pullLogs
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case createConsumerGroup, listConsumerGroups, updateConsumerGroup, deleteConsumerGroup, heartbeat
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case saveCheckpoint, listCheckpoints
}
