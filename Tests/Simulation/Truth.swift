import SLSProtocol

/// What really happened to one log group; nobody but the judge looks here.
struct LogGroupTruth {
    let shard: ShardID
    let cursor: Cursor
    let accepted: TrueTime
    /// In seconds since 1970, as the server's clock had it.
    let received: Timestamp
    let topic: Int
    /// Whether its target refuses it for what is in it, and always will.
    let isPoison: Bool
    let byteCount: Int
    /// How often a target has stored it.
    var storedCount = 0
}

/// A log group before the source has it.
struct Draft {
    let topic: Int
    let isPoison: Bool
    let byteCount: Int
}

/// A log group's bytes: equal where and only where the numbers are.
typealias Content = Int
