import Metrics
import SLSProtocol
import System

/// The shards that a target's refusal blocks at this moment.
final class BlockedShards: Sendable {
    private let shards = Lock<Set<ShardID>>([])

    /// Ascending.
    var current: [ShardID] { shards.withLock { $0.sorted() } }

    func set(_ shard: ShardID, isBlocked: Bool) {
        let count = shards.withLock { shards in
            if isBlocked { shards.insert(shard) } else { shards.remove(shard) }
            return shards.count
        }
        Gauge(label: "sls_dispatch_blocked_shards").record(count)
    }
}
