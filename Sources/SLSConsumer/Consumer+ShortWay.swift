public import Logging
public import SLSClient
public import SLSProtocol
import System

extension Consumer {
    /// What to read, and as whom.
    public struct Source: Sendable {
        /// The project.
        public var project: ProjectName
        /// The logstore to read.
        public var logstore: LogstoreName
        /// The group to join; made if there is none.
        public var group: ConsumerGroupName

        /// Takes the names as people write them.
        ///
        /// - Throws: `APIError` that names the rule which one of them breaks.
        public init(project: String, logstore: String, group: String) throws(APIError) {
            self.project = try ProjectName(project)
            self.logstore = try LogstoreName(logstore)
            self.group = try ConsumerGroupName(group)
        }
    }

    /// What a consumer made by the short way owns: its name on this host and its connections.
    struct Possessions: Sendable {
        let identity: ConsumerIdentity
        let transports: [CurlTransport]
    }

    /// A consumer with a name and connections of its own. Nothing is sent before `run`, which is called once.
    ///
    /// ```swift
    /// let consumer = try Consumer(
    ///     endpoint: Endpoint(parsing: "cn-hangzhou.log.aliyuncs.com"),
    ///     credentials: { currentCredentials() },
    ///     source: .init(project: "demo", logstore: "app", group: "printer"))
    ///
    /// try await consumer.run { batch in
    ///     for (cursor, group) in try batch.logGroups() {
    ///         print(cursor, group.topic ?? "", group.logs.count)
    ///     }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - endpoint: Where the service is.
    ///   - credentials: Asked for each request, so that they may be rotated; answers at once.
    ///   - source: What to read, and in which group.
    ///   - name: The consumer's name in the group; it must be the same after a restart and different from those of all
    ///     other live members. Default: the first free slot of `<group>-<host>-<slot>`, locked on this host.
    ///   - caFile: PEM file of the authorities to trust, in place of the system's.
    ///   - logger: For everything that a person may want to know.
    ///   - configure: Changes the defaults of `Configuration`; logstore, group and consumer stay as they are.
    /// - Throws: `ConsumerError.invalidConfiguration` when a setting is outside its range, `.identity` when the name is in
    ///   use on this host, `.call` without memory or threads.
    public convenience init(
        endpoint: Endpoint, credentials: @escaping @Sendable () -> Credentials, source: Source, name: String? = nil,
        caFile: String? = nil, logger: Logger = Logger(label: "sls-consumer"),
        configure: (inout Configuration) -> Void = { _ in }
    ) throws(ConsumerError) {
        let identity: ConsumerIdentity
        do throws(ConsumerIdentity.Failure) {
            identity = try ConsumerIdentity.claim(
                given: name, group: source.group,
                scope: [endpoint.lockScope, source.project.value, source.logstore.value, source.group.value])
        } catch {
            throw .identity(error)
        }
        let bulk: CurlTransport
        let heartbeats: CurlTransport
        do throws(ClientError) {
            bulk = try CurlTransport(.bulk(caFile: caFile))
            heartbeats = try CurlTransport(.heartbeats(caFile: caFile))
        } catch {
            throw .call("starting the HTTP client", error)
        }
        var configuration = Configuration(logstore: source.logstore, group: source.group, consumer: identity.name)
        configure(&configuration)
        // The name is locked for these: to change them is not what `configure` is for.
        (configuration.logstore, configuration.group) = (source.logstore, source.group)
        configuration.consumer = identity.name
        try self.init(
            configuration,
            client: SLSClient(
                endpoint: endpoint, project: source.project, credentialsProvider: credentials, transport: bulk,
                logger: logger),
            heartbeatTransport: heartbeats,
            possessions: Possessions(identity: identity, transports: [bulk, heartbeats]),
            clock: .system, logger: logger)
    }

    /// Joins the group and hands batches to `handle`, those of one shard one after the other in order, those of several
    /// shards at the same time, until `stop()` is called.
    ///
    /// A batch counts as delivered when the handler returns; its checkpoint is saved within a second. If it throws, the
    /// same batch comes again, as `policy` says, and nothing behind it before. Throw `Seek` to go on elsewhere. The
    /// handler's task is cancelled when the lease is lost: then nothing more may be written.
    ///
    /// - Parameters:
    ///   - policy: What happens when the handler keeps failing.
    ///   - joined: Called after the first acknowledged heartbeat.
    ///   - handle: Processes one batch.
    /// - Returns: When it was stopped, whether the saved checkpoints cover everything that was begun.
    /// - Throws: `ConsumerError` when it cannot join, the group is gone, or it was run before.
    @discardableResult
    public func run(
        onFailure policy: FailurePolicy = .retryForever, joined: @escaping @Sendable () -> Void = {},
        _ handle: @escaping @Sendable (Batch) async throws -> Void
    ) async throws(ConsumerError) -> Outcome {
        let mistakes = policy.mistakes
        guard mistakes.isEmpty else { throw .invalidConfiguration(mistakes) }
        let handler = BatchHandler(
            policy: policy, clock: clock, troubles: ThrottledLogger(logger, clock: clock), handle: handle)
        return try await run(joined: joined) { await handler.process($0) }
    }

    /// Joins the group and runs `process` for each shard that is held, until `stop()` is called.
    ///
    /// For those who acknowledge log groups in another order than they come, or who need the lease's end. What was not
    /// stored, because the barrier had passed or otherwise, is not acknowledged:
    ///
    /// ```swift
    /// try await consumer.run(process: { shard in
    ///     var sentUpTo: Cursor?
    ///     for await batch in shard.batches {
    ///         sentUpTo = batch.next
    ///         do { try await store(batch, before: shard.writeBarrier) } catch { break }
    ///         shard.acknowledge(batch)
    ///     }
    ///     return ProcessingResult(sentUpTo: sentUpTo)
    /// })
    /// ```
    ///
    /// - Parameters:
    ///   - joined: Called after the first acknowledged heartbeat.
    ///   - process: Processes one shard; called once for each stretch of a shard that is held.
    /// - Returns: When it was stopped, whether the saved checkpoints cover everything that was sent.
    /// - Throws: `ConsumerError` when it cannot join, the group is gone, or it was run before.
    @discardableResult
    public func run(
        joined: @escaping @Sendable () -> Void = {}, process: @escaping ShardProcessor
    ) async throws(ConsumerError) -> Outcome {
        try begin()
        let result: Result<Outcome, ConsumerError>
        do throws(ConsumerError) {
            result = .success(try await work(until: stopping, joined: joined, process: process))
        } catch {
            result = .failure(error)
        }
        for transport in possessions?.transports ?? [] { await transport.shutdown() }
        return try result.get()
    }

    /// Asks `run` to come to its end: what is in flight is finished and saved. After half of the group's timeout handlers
    /// are cancelled; `run` returns when they have, and after a save, a heartbeat and a question.
    ///
    /// To stop at once, without a last save, cancel the task that runs.
    public func stop() { stopping.set(()) }
}

extension CurlTransport.Configuration {
    /// For everything but heartbeats.
    fileprivate static func bulk(caFile: String?) -> Self {
        var configuration = CurlTransport.Configuration()
        configuration.caFile = caFile
        return configuration
    }

    /// One connection that waits behind nothing.
    fileprivate static func heartbeats(caFile: String?) -> Self {
        var configuration = bulk(caFile: caFile)
        configuration.connectionsPerHost = 1
        configuration.threadName = "sls-heartbeat"
        return configuration
    }
}

extension Endpoint {
    /// What tells two services apart, as the lock on a consumer name sees it: over HTTP and HTTPS the group is the same.
    package var lockScope: String {
        guard let port, port != 80, port != 443 else { return host }
        return "\(host):\(port)"
    }
}
