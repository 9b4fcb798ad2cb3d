/// An API call by its name in the API reference, `PutLogs`; docs/compatibility.md has them all.
public struct CallName: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name.
    public let rawValue: String
    /// Takes any text; whether there is such a call is looked at where it is used.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Takes any text; whether there is such a call is looked at where it is used.
    public init(stringLiteral value: String) { rawValue = value }
    /// The bare name.
    public var description: String { rawValue }

    /// Writes log groups.
    public static let putLogs: Self = "PutLogs"
    /// Reads log groups.
    public static let pullLogs: Self = "PullLogs"
    /// Where a shard begins, ends, or stood at a time.
    public static let getCursor: Self = "GetCursor"
    /// The shards of a logstore.
    public static let listShards: Self = "ListShards"
    /// Cuts a shard.
    public static let splitShard: Self = "SplitShard"
    /// Makes a consumer group.
    public static let createConsumerGroup: Self = "CreateConsumerGroup"
    /// Changes a consumer group.
    public static let updateConsumerGroup: Self = "UpdateConsumerGroup"
    /// The consumer groups of a logstore.
    public static let listConsumerGroup: Self = "ListConsumerGroup"
    /// A consumer says that it is alive.
    public static let heartBeat: Self = "HeartBeat"
    /// Saves a shard's position.
    public static let updateCheckPoint: Self = "UpdateCheckPoint"
    /// Reads the saved positions.
    public static let getCheckPoint: Self = "GetCheckPoint"
}
