import SLSClient
import SLSConsumer
import SLSProtocol

/// What shards share that are delivered exactly once.
struct ExactDelivery: Sendable {
    /// How many log groups one request may carry, and how long a shard that was taken over waits before its first.
    struct Batching: Sendable {
        let limit: ExactWindow<LogGroupSlice>.BatchLimit
        let wait: Duration
    }

    let keys: LaneKeys
    let check: StartCheck
    /// nil where one request carries one log group.
    let batching: Batching?

    /// A window for a shard that was taken over just now.
    func window(of shard: ShardID, in outside: ShardDelivery.Surroundings) -> ExactWindow<LogGroupSlice> {
        var configuration = ExactWindow<LogGroupSlice>.Configuration(
            shard: shard, keys: keys, targets: outside.targets.map(\.place.keyed),
            deadLetter: outside.deadLetter?.place.keyed, firstWrite: outside.clock.now())
        if let batching { configuration.batch(batching.limit, after: batching.wait) }
        return ExactWindow(configuration)
    }
}

extension DispatcherSettings.Place {
    /// The logstore as keys name it.
    var keyed: LaneKeys.Place { LaneKeys.Place(endpoint: endpoint, project: project, logstore: logstore) }
}
