public import SLSProtocol

/// Log groups as they were pulled, in one piece; its bytes count against the budget until the last reference goes.
public struct Batch: Sendable {
    /// The shard they come from.
    public let shard: ShardID
    /// The cursor of the first log group.
    public let first: Cursor
    /// The position behind the last.
    public let next: Cursor
    /// How many log groups there are, at least 1.
    public let count: Int
    /// A serialized `LogGroupList`, uncompressed.
    public let bytes: [UInt8]

    /// Whether the cursors of its log groups are their own.
    public let numbering: Numbering.Kind

    private let reservation: ByteBudget.Reservation?

    /// The cursor of a log group by its place in the batch, the first one's 0.
    public func cursor(of index: Int) -> Cursor { first.advanced(by: index) }

    package init(
        shard: ShardID, first: Cursor, next: Cursor, count: Int, bytes: [UInt8], kind: Numbering.Kind = .consecutive
    ) {
        self.init(shard: shard, first: first, next: next, count: count, bytes: bytes, kind: kind, reservation: nil)
    }

    init(
        shard: ShardID, first: Cursor, next: Cursor, count: Int, bytes: [UInt8], kind: Numbering.Kind,
        reservation: ByteBudget.Reservation?
    ) {
        self.shard = shard
        self.first = first
        self.next = next
        self.count = count
        self.bytes = bytes
        numbering = kind
        self.reservation = reservation
    }

    /// Decodes the log groups, each with its own cursor, in order. Costs a copy of everything: who only passes log
    /// groups on reads `bytes` with `LogGroupScanner`.
    ///
    /// - Throws: `ProtobufError` when the bytes are no list of log groups. Pulling again does not help.
    public func logGroups() throws(ProtobufError) -> [(cursor: Cursor, logGroup: LogGroup)] {
        var groups: [(cursor: Cursor, logGroup: LogGroup)] = []
        for (index, group) in try LogGroupScanner.groups(inList: bytes).enumerated() {
            groups.append((cursor(of: index), try LogGroup(serialized: bytes.span.extracting(group.bytes))))
        }
        return groups
    }
}
