import Dispatcher
import FoundationEssentials
import Glibc
import SLSProtocol

/// The ready line of `run`.
func readyLine(consumer: String, admin: String?) -> String {
    struct Line: Encodable {
        let event = "ready"
        let consumer: String
        let admin: String?
        let pid: Int32
    }
    return json(Line(consumer: consumer, admin: admin, pid: getpid())) + "\n"
}

/// The answer of `/status`.
struct StatusDocument: Encodable {
    struct Shard: Encodable {
        let shard: Int
        /// `initializing`, `processing`, `waiting`, `blocked`, `held` or `shuttingDown`.
        let state: String
        let reason: String?
        let checkpoint: Int64?
        let delivered: Int64?
        let outstanding: Int
        let lagSeconds: Int?
        /// Unix seconds.
        let lastCommit: Int?
        let batches: Int
        let retries: Int
        let suppressedDuplicates: Int
        let gaps: Int
        let restarts: Int
        /// Since the start of the process: read = routed + dropped by rule.
        let read: Int
        let routed: Int
        let dropped: Int

        init(_ shown: DispatcherStatus.Shard, _ ledger: Ledger.Shard) {
            shard = shown.id.value
            state = shown.state
            reason = shown.reason
            checkpoint = shown.checkpoint?.number
            delivered = shown.delivered?.number
            outstanding = shown.outstandingCount
            lagSeconds = shown.lagSeconds
            lastCommit = shown.lastCommit?.seconds
            batches = shown.batchCount
            retries = shown.retryCount
            suppressedDuplicates = shown.suppressedDuplicateCount
            gaps = shown.gapCount
            restarts = shown.restartCount
            read = ledger.read
            routed = ledger.routed
            dropped = ledger.dropped
        }
    }

    struct Route: Encodable {
        let logstore: String
        /// Accepted.
        let logGroups: Int
        let bytes: Int
        let routed: Int
        let suppressed: Int
        let deadLettered: Int
        let inFlight: Int
        let returned: Int
    }

    let consumer: String
    let leaseSeconds: Double
    let leaseLosses: Int
    let gaps: Int
    let foreignCheckpoints: Int
    let rebalances: Int
    let heartbeats: Int
    let heartbeatMilliseconds: Double?
    let budgetBytes: Int
    let isUnauthorized: Bool
    let healthError: String?
    let connections: Int
    let pulled: Int
    let failedPuts: Int
    let unexplainedRefusals: Int
    let delivery: String
    /// How often the configuration was changed; the counts of log groups begin anew with each.
    let reloads: Int
    /// Why the last change was refused; nil where it was not.
    let reloadRefusal: String?
    /// Sums that are not so; empty when the books are right.
    let ledgerMistakes: [String]
    let routes: [Route]
    let unrouted: Int
    let unroutedTopics: [String: Int]
    let shards: [Shard]

    init(_ reloadable: ReloadableDispatcher) {
        reloads = reloadable.reloadCount
        reloadRefusal = reloadable.lastRefusal?.description
        let dispatcher = reloadable.current
        let status = dispatcher.status
        consumer = dispatcher.consumerName.value
        let member = status.member
        leaseSeconds = member.leaseRemaining.inSeconds
        leaseLosses = member.leaseLossCount
        gaps = member.gapCount
        foreignCheckpoints = member.foreignCheckpointCount
        rebalances = member.rebalanceCount
        heartbeats = member.heartbeatCount
        heartbeatMilliseconds = member.heartbeatRoundTrip.map { $0.inSeconds * 1_000 }
        budgetBytes = member.heldByteCount
        isUnauthorized = member.isUnauthorized
        healthError = member.healthError
        connections = status.connectionCount
        pulled = status.totals.pulled
        failedPuts = status.totals.failedPuts
        unexplainedRefusals = status.totals.unexplainedRefusals
        delivery = dispatcher.settings.delivery.mode.rawValue
        ledgerMistakes = status.totals.ledger.mistakes
        unrouted = status.totals.unrouted
        unroutedTopics = status.totals.unroutedTopics.counts
        routes = zip(dispatcher.settings.targets, status.totals.ledger.targets).map { place, target in
            Route(
                logstore: place.description, logGroups: target.accepted, bytes: target.acceptedByteCount,
                routed: target.routed, suppressed: target.suppressed, deadLettered: target.deadLettered,
                inFlight: target.inFlight, returned: target.returned)
        }
        shards = status.shards.map { Shard($0, status.totals.ledger.shards[$0.id] ?? Ledger.Shard()) }
    }

    var json: String { sls_dispatch.json(self) + "\n" }
}

private func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Only numbers that JSON does not have can fail, and there are none here.
    guard let data = try? encoder.encode(value) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
}
