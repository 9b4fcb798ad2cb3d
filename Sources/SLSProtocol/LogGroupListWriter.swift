/// Frames serialized log groups into the `LogGroupList` that PullLogs answers with.
public struct LogGroupListWriter: Sendable {
    /// The list so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty list.
    public init() {}

    /// Makes room for this many bytes in all, to spare growing by steps.
    public mutating func reserve(_ byteCount: Int) { bytes.reserveCapacity(byteCount) }

    /// Appends one group, byte for byte.
    ///
    /// - Parameter group: A serialized `LogGroup` message; not checked.
    public mutating func append(_ group: [UInt8]) {
        bytes.append(contentsOf: Self.head(ofGroup: group.count))
        bytes.append(contentsOf: group)
    }

    /// What stands before a group of so many bytes in a list.
    public static func head(ofGroup byteCount: Int) -> [UInt8] {
        var head: [UInt8] = [0x0A]  // field 1, length-delimited
        appendVarint(UInt64(byteCount), to: &head)
        return head
    }

    /// How many bytes a group of that size takes in a list.
    public static func framedByteCount(_ groupByteCount: Int) -> Int {
        let significantBits = Int.bitWidth - groupByteCount.leadingZeroBitCount
        return 1 + max(1, (significantBits + 6) / 7) + groupByteCount
    }
}
