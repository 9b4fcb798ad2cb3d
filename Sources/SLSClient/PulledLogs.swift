public import SLSProtocol

/// What one PullLogs brought.
public struct PulledLogs: Hashable, Sendable {
    /// A serialized `LogGroupList`, decompressed; empty when there was nothing.
    public var body: [UInt8]
    /// Where to go on; equal to the request's cursor when there was nothing. A filter may move it without groups.
    public var nextCursor: Cursor
    /// How many log groups the service says the body holds; the body itself is not looked at here.
    public var count: Int
    /// The number of the last group in the body; nil where the service does not say.
    public var lastReadNumber: Int64?
    /// Whether the shard's end was reached; nil where the service does not say.
    public var isAtEnd: Bool?
    /// Bytes that travelled as body.
    public var transferredByteCount: Int

    /// Makes an answer from its parts.
    public init(
        body: [UInt8], nextCursor: Cursor, count: Int, lastReadNumber: Int64? = nil, isAtEnd: Bool? = nil,
        transferredByteCount: Int = 0
    ) {
        self.body = body
        self.nextCursor = nextCursor
        self.count = count
        self.lastReadNumber = lastReadNumber
        self.isAtEnd = isAtEnd
        self.transferredByteCount = transferredByteCount
    }

    /// Reads an answer to a pull that began at `cursor`.
    ///
    /// - Parameter rawByteLimit: The most bytes that are allocated for the decompressed body.
    init(_ answer: CallResponse, from cursor: Cursor, rawByteLimit: Int) throws(ClientError) {
        let packed = answer.response.body
        let count = try answer.number("x-log-count")
        let rawByteCount = try answer.number("x-log-bodyrawsize")
        let next = try Self.nextCursor(answer, from: cursor, count: count)
        // In a list even an empty one takes two bytes, so nothing is made room for that cannot be there.
        guard (count == 0) == (rawByteCount == 0), count <= rawByteCount / 2 else {
            throw answer.malformed("\(count) log groups in \(rawByteCount) bytes")
        }
        guard rawByteCount <= rawByteLimit else {
            throw answer.malformed("\(rawByteCount) raw bytes are over the limit of \(rawByteLimit)")
        }
        try self.init(
            body: Self.decompressed(packed, rawByteCount: rawByteCount, answer), nextCursor: next, count: count,
            lastReadNumber: answer.numberIfPresent("x-log-read-last-cursor").map(Int64.init),
            isAtEnd: answer.response["x-log-end-of-cursor"].map { $0 == "1" }, transferredByteCount: packed.count)
    }

    private static func nextCursor(
        _ answer: CallResponse, from cursor: Cursor, count: Int
    ) throws(ClientError) -> Cursor {
        let text = answer.response["x-log-cursor"] ?? ""
        // Some consumers take an empty one for "stay"; with groups in the body that would read them for ever.
        if text.isEmpty && count == 0 { return cursor }
        guard let next = Cursor(encoded: text) else {
            throw answer.malformed("x-log-cursor is \(text.prefix(40).debugDescription)")
        }
        // Numbers grow by one with each group, so that a group's own cursor can be derived from them.
        guard next.number - cursor.number >= count else {
            throw answer.malformed("\(count) log groups lead from cursor \(cursor) to \(next)")
        }
        return next
    }

    private static func decompressed(
        _ packed: [UInt8], rawByteCount: Int, _ answer: CallResponse
    ) throws(ClientError) -> [UInt8] {
        if rawByteCount == 0 { return [] }
        let name = answer.response["x-log-compresstype"] ?? ""
        if name.isEmpty {
            guard packed.count == rawByteCount else {
                throw answer.malformed("\(packed.count) bytes where \(rawByteCount) are announced")
            }
            return packed
        }
        guard let type = CompressionType(rawValue: name.lowercased()) else {
            throw answer.malformed("x-log-compresstype is \(name.prefix(40).debugDescription)")
        }
        // An LZ4 block cannot grow more than this, so nothing is allocated for a size that is only claimed.
        guard type != .lz4 || rawByteCount <= packed.count * 255 else {
            throw answer.malformed("\(packed.count) bytes of lz4 cannot hold \(rawByteCount)")
        }
        do throws(CompressionError) {
            return try Compression.decompress(packed, as: type, rawByteCount: rawByteCount)
        } catch {
            throw answer.malformed("\(error)")
        }
    }
}
