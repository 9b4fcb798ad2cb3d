/// The number of a shard within its logstore: 0 and up, given once and never again.
public struct ShardID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number as on the wire.
    public let value: Int

    /// Takes any number; whether such a shard exists is the logstore's to say.
    public init(_ value: Int) { self.value = value }

    /// Shards compare by number.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    /// The bare number.
    public var description: String { String(value) }
}
