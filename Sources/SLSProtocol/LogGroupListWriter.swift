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
        bytes.append(0x0A)  // field 1, length-delimited
        appendVarint(UInt64(group.count), to: &bytes)
        bytes.append(contentsOf: group)
    }
}
