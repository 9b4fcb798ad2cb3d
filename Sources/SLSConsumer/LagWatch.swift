import SLSClient
import SLSProtocol

/// Measures how far shards are behind, and writes the gauges of a member.
struct LagWatch: Sendable {
    /// Shards asked for in one look, each with a request.
    static let shardLimit = 30
    /// The time between two looks.
    static let interval = Duration.seconds(10)
    private static let callTimeout = Duration.seconds(5)

    let surroundings: ShardTask.Surroundings
    let client: SLSClient
    let logstore: LogstoreName

    /// Looks every 10 s until cancelled; asks only for shards that are behind, one after the other, in turn where there
    /// are many.
    func run() async {
        let clock = surroundings.clock
        let board = surroundings.board
        var last = ShardID(-1)
        while !Task.isCancelled {
            await clock.sleep(until: clock.now() + Self.interval)
            let behind = board.behind
            for (shard, lowWater) in (behind.filter { $0.shard > last } + behind.filter { $0.shard <= last })
                .prefix(Self.shardLimit)
            {
                if Task.isCancelled { return }
                last = shard
                // A lag that cannot be asked for now is shown as it was; the trouble shows elsewhere.
                let time = try? await client.limited(to: Self.callTimeout)
                    .getCursorTime(lowWater, of: shard, in: logstore)
                if let time { board.change(shard) { $0.oldestPending = time } }
            }
            board.writeGauges(now: clock.now(), wall: clock.wall(), heldByteCount: surroundings.budget.used)
        }
    }
}
