import SLSProtocol

/// What really happened to one log group; nobody but the judge looks here.
struct LogGroupTruth {
    let shard: ShardID
    let cursor: Cursor
    let accepted: TrueTime
    /// In seconds since 1970, as the server's clock had it.
    let received: Timestamp
    let topic: Int
    /// The target that is owed it; nil where no route wants its topic.
    let target: Int?
    /// How often it stands in its target's store.
    var storedCount = 0
}

/// A log group's bytes: equal where and only where the numbers are.
typealias Content = Int
