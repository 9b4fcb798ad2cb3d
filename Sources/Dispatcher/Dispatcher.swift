import Logging
import Metrics
import SLSClient
import SLSConsumer
public import SLSProtocol
import System

/// Forwards each log group of a source logstore to the logstore of its topic, as one member of a consumer group.
///
/// None is lost. How often one may arrive is the settings' to say: `DeliveryMode`.
public final class Dispatcher: Sendable {
    /// How it stopped.
    public struct Outcome: Sendable {
        /// Whether the saved checkpoints cover everything that was sent.
        public let isSettled: Bool
        /// How the consumer stopped; nil where it never began.
        var consumed: Consumer.Outcome?
    }

    /// The version of this package.
    public static let version = SLSClient.version

    /// The settings it works by.
    public let settings: DispatcherSettings
    /// Its name in the group.
    public var consumerName: ConsumerName { identity.name }

    private let identity: ConsumerIdentity
    /// Those that are ours to count and to end; none where a test brings its own.
    private let curlTransports: [CurlTransport]
    private let client: SLSClient
    private let targets: [ShardDelivery.Target]
    private let deadLetter: ShardDelivery.Target?
    private let consumer: Consumer
    private let counters: DispatchCounters
    let clock: ConsumerClock
    let logger: Logger

    /// Starts the HTTP clients, for a name that was taken; nothing is sent yet.
    ///
    /// - Throws: `.transport`, `.consumer`.
    convenience init(
        _ settings: DispatcherSettings, identity: ConsumerIdentity, logger: Logger
    ) throws(DispatchError) {
        let transport: CurlTransport
        let targetTransport: CurlTransport
        let heartbeatTransport: CurlTransport
        do throws(ClientError) {
            var configuration = CurlTransport.Configuration()
            configuration.caFile = settings.certificateAuthorityFile
            transport = try CurlTransport(configuration)
            configuration.connectionsPerHost = ConnectionShare.limit(of: settings.places.count) * settings.places.count
            configuration.threadName = "sls-targets"
            targetTransport = try CurlTransport(configuration)
            configuration.connectionsPerHost = 1
            configuration.threadName = "sls-heartbeat"
            heartbeatTransport = try CurlTransport(configuration)
        } catch {
            throw .transport(error)
        }
        try self.init(
            settings, identity: identity, transport: transport, targetTransport: targetTransport,
            heartbeatTransport: heartbeatTransport, curlTransports: [transport, targetTransport, heartbeatTransport],
            clock: .system, logger: logger)
    }

    /// A dispatcher over transports of any kind.
    ///
    /// - Parameters:
    ///   - transport: For the source: pulls and saves wait behind no target.
    ///   - targetTransport: For all targets; each has its share of it.
    ///   - heartbeatTransport: For heartbeats alone.
    ///   - curlTransports: Those to count connections of, and to end by `shutdown`.
    init(
        _ settings: DispatcherSettings, identity: ConsumerIdentity, transport: any Transport,
        targetTransport: any Transport, heartbeatTransport: any Transport, curlTransports: [CurlTransport] = [],
        clock: ConsumerClock, logger: Logger
    ) throws(DispatchError) {
        self.curlTransports = curlTransports
        self.settings = settings
        self.identity = identity
        self.clock = clock
        self.logger = logger
        let source = settings.source
        client = Self.client(for: source, settings, transport, clock, logger)
        let places = settings.places
        let targets = places.map { place in
            ShardDelivery.Target(
                place: place, client: Self.client(for: place, settings, targetTransport, clock, logger),
                transport: targetTransport,
                share: ConnectionShare(limit: ConnectionShare.limit(of: places.count), clock: clock))
        }
        self.targets = Array(targets.prefix(settings.targets.count))
        deadLetter = settings.delivery.deadLetter == nil ? nil : targets.last
        counters = DispatchCounters(routes: settings.targets.map { $0.logstore.value })
        var configuration = Consumer.Configuration(
            logstore: source.logstore, group: settings.group, consumer: identity.name)
        configuration.timeout = settings.groupTimeout
        configuration.start = settings.start.position
        configuration.isStartFixed = settings.start.isFixed
        // Keys rest on them, and the tag that copies are told by.
        configuration.needsOwnCursors = settings.delivery.mode.isExact || settings.delivery.tagsOrigin
        configuration.gapPolicy = settings.gapPolicy
        configuration.byteBudget = settings.byteBudget
        configuration.byteBudgetPerShard = settings.byteBudgetPerShard
        do throws(ConsumerError) {
            consumer = try Consumer(
                configuration, client: client, heartbeatTransport: heartbeatTransport, clock: clock, logger: logger)
        } catch {
            throw .consumer(error)
        }
    }

    /// The given name, or the first free slot of the default one; no other live process of this host has it.
    static func claimName(_ settings: DispatcherSettings) throws(DispatchError) -> ConsumerIdentity {
        let source = settings.source
        do throws(ConsumerIdentity.Failure) {
            return try ConsumerIdentity.claim(
                given: settings.consumerName, group: settings.group,
                scope: [source.endpoint.hostAndPort, source.project.value, source.logstore.value, settings.group.value])
        } catch {
            throw .identity(error)
        }
    }

    private static func client(
        for place: DispatcherSettings.Place, _ settings: DispatcherSettings, _ transport: any Transport,
        _ clock: ConsumerClock, _ logger: Logger
    ) -> SLSClient {
        SLSClient(
            endpoint: place.endpoint, project: place.project, credentialsProvider: settings.currentCredentials,
            transport: transport,
            wallClock: clock.wall, logger: logger)
    }

    /// Writes the gauges of the consumer as they are now, for whoever is about to show metrics.
    public func writeGauges() { consumer.writeGauges() }

    /// What it does at this moment.
    public var status: DispatcherStatus {
        DispatcherStatus(
            consumer: consumer.status, totals: counters.current,
            connectionCount: curlTransports.reduce(0) { $0 + $1.connectionCount })
    }

    /// Asks for every logstore of the settings and, where exactly once rests on the start, whether that is past.
    ///
    /// - Parameter isStrict: Whether it matters if a target cannot be asked for: to a running program, which can go on as it is.
    /// - Returns: Whether all is so; false when it was stopped first.
    func check(until stop: Eventually<Void>, isStrict: Bool) async throws(DispatchError) -> Bool {
        let caller = PatientCaller(clock: clock, logger: logger)
        let check = LogstoreCheck(caller: caller, logger: logger)
        let targets = (targets + [deadLetter].compactMap(\.self)).map { ($0.place, $0.client) }
        let isChecked: Void? = try await until(stop) { () async throws(DispatchError) in
            try await check.run(source: (self.settings.source, self.client), targets: targets, isStrict: isStrict)
            try await self.checkStart(by: caller)
        }
        return isChecked != nil
    }

    /// Compares the start with the service's clock: this host's may be ahead, and the cursor of a time that is still to come
    /// is another one at each take-over.
    private func checkStart(by caller: PatientCaller) async throws(DispatchError) {
        guard settings.delivery.mode.isExact, case .received(let start) = settings.start.position else { return }
        let client = client.limited(to: Patience.callTimeout)
        let now: Timestamp?
        do throws(ClientError) {
            now = try await caller.call("ListShards") { () async throws(ClientError) in
                try await client.serviceTime(of: settings.source.logstore)
            }
        } catch {
            throw .time(error)
        }
        if let now, start > now { throw .startToCome(start, now: now) }
    }

    /// Joins the group and forwards until told to stop. It may be called again when it has returned.
    ///
    /// - Parameter before: How the last call stopped, of this or of another dispatcher under the same name.
    func forward(
        until stop: Eventually<Void>, joined: @escaping @Sendable () -> Void, after before: Consumer.Outcome? = nil
    ) async throws(DispatchError) -> Outcome {
        do throws(ConsumerError) {
            let consumed = try await consume(until: stop, joined: joined, after: before)
            return Outcome(isSettled: consumed.isSettled, consumed: consumed)
        } catch {
            throw .consumer(error)
        }
    }

    /// Waits, where exactly once rests on it, until no late copy of an earlier save can come: it would take a checkpoint back,
    /// and a changed configuration would then deliver again. What one has taken back meanwhile is saved once more.
    ///
    /// - Returns: The outcome; settled where the checkpoints cover everything that was sent, and stay so.
    func outwaitSaves(after outcome: Outcome, before next: Dispatcher? = nil) async -> Outcome {
        let waits = [self, next].compactMap(\.self).map(\.settings.delivery).filter(\.mode.isExact).map(\.batchWait)
        guard outcome.isSettled, let wait = waits.max(), let consumed = outcome.consumed else { return outcome }
        let isCovered = await isCovered(after: consumed, for: wait, keepsSeat: next != nil)
        return isCovered ? outcome : Outcome(isSettled: false, consumed: consumed.doubted)
    }

    private func isCovered(after consumed: Consumer.Outcome, for wait: Duration, keepsSeat: Bool) async -> Bool {
        guard keepsSeat else { return await consumer.outwaitLateSaves(after: consumed, for: wait) }
        let done = Eventually<Void>()
        return await withTaskGroup(of: Void.self) { [consumer] group in
            group.addTask { await consumer.keepSeat(after: consumed, until: done) }
            let isCovered = await consumer.outwaitLateSaves(after: consumed, for: wait)
            done.set(())
            return isCovered
        }
    }

    /// Consumes, and beside it looks out for changes of the targets' shards where ids may be forgotten by them.
    private func consume(
        until stop: Eventually<Void>, joined: @escaping @Sendable () -> Void, after before: Consumer.Outcome?
    ) async throws(ConsumerError) -> Consumer.Outcome {
        let changes = TargetChanges()
        let surroundings = surroundings(changes)
        let watch = TargetWatch(
            targets: targets, deadLetter: deadLetter, changes: changes, clock: clock, logger: logger,
            troubles: surroundings.troubles)
        let consumer = consumer
        return try await beside(settings.delivery.mode.isExact ? [{ await watch.run() }] : []) {
            () async throws(ConsumerError) in
            try await consumer.run(until: stop, joined: joined, after: before) { held in
                await ShardDelivery(held, in: surroundings).run()
            }
        }
    }

    private func surroundings(_ changes: TargetChanges) -> ShardDelivery.Surroundings {
        let delivery = settings.delivery
        let troubles = ThrottledLogger(logger, clock: clock)
        var exact: ExactDelivery?
        if delivery.mode.isExact {
            exact = ExactDelivery(
                keys: settings.keys,
                check: StartCheck(
                    start: settings.start, source: settings.source.logstore, client: client, clock: clock,
                    troubles: troubles),
                batching: delivery.mode == .exactlyOnceBatched
                    ? ExactDelivery.Batching(limit: .init(), wait: delivery.batchWait) : nil)
        }
        return ShardDelivery.Surroundings(
            targets: targets, deadLetter: deadLetter, routes: settings.routes, exact: exact,
            originTag: delivery.tagsOrigin ? OriginTag(source: settings.source) : nil,
            deadLetterTag: DeadLetterTag(settings), changes: changes,
            putsInFlight: settings.putsInFlight, clock: clock, counters: counters, logger: logger,
            troubles: troubles)
    }

    /// Closes all connections and ends the HTTP clients' threads; call it once, after `run`.
    public func shutdown() async {
        for transport in curlTransports { await transport.shutdown() }
    }
}
