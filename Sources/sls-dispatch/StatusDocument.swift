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
        let state: String
        let checkpoint: Int64?
        let delivered: Int64?
        let outstanding: Int
    }

    struct Route: Encodable {
        let logstore: String
        let logGroups: Int
        let bytes: Int
    }

    let consumer: String
    let leaseSeconds: Double
    let leaseLosses: Int
    let gaps: Int
    let heartbeats: Int
    let isUnauthorized: Bool
    let connections: Int
    let pulled: Int
    let failedPuts: Int
    let routes: [Route]
    let unrouted: Int
    let unroutedTopics: [String: Int]
    let shards: [Shard]

    init(_ dispatcher: Dispatcher) {
        let status = dispatcher.status
        consumer = dispatcher.consumerName.value
        leaseSeconds = status.leaseRemaining.inSeconds
        leaseLosses = status.leaseLossCount
        gaps = status.gapCount
        heartbeats = status.heartbeatCount
        isUnauthorized = status.isUnauthorized
        connections = status.connectionCount
        pulled = status.totals.pulled
        failedPuts = status.totals.failedPuts
        unrouted = status.totals.unrouted
        unroutedTopics = status.totals.unroutedTopics.counts
        routes = dispatcher.settings.targets.enumerated().map { index, place in
            Route(
                logstore: place.description, logGroups: status.totals.accepted[index],
                bytes: status.totals.acceptedByteCount[index])
        }
        shards = status.shards.map { shard in
            Shard(
                shard: shard.id.value, state: shard.state.rawValue, checkpoint: shard.checkpoint?.number,
                delivered: shard.delivered?.number, outstanding: shard.outstandingCount)
        }
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
