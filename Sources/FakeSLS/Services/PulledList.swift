internal import SLSProtocol

/// The log groups of a pull's answer, as a `LogGroupList`, compressed as the client wants it.
///
/// LZ4, which nearly all clients ask for and send, is joined from the blocks as they came: nothing is decompressed, nothing
/// compressed again.
struct PulledList {
    /// nil for a plain list.
    let compression: CompressionType?
    /// Where `compression` is LZ4.
    private var joined = JoinedLZ4Block()
    /// Where it is not; compressed when the list is whole.
    private var raw = LogGroupListWriter()

    init(_ compression: CompressionType?) { self.compression = compression }

    /// How long the list is before it is compressed.
    var rawByteCount: Int { compression == .lz4 ? joined.rawByteCount : raw.bytes.count }

    /// - Throws: When the group is not what its row says.
    mutating func append(_ group: StoredLogGroup) throws(CompressionError) {
        guard compression == .lz4 else { return raw.append(try group.rawBytes()) }
        joined.append(literals: LogGroupListWriter.head(ofGroup: group.rawByteCount))
        if group.compression == .lz4 {
            do throws(CompressionError) {
                return try joined.append(group.data, rawByteCount: group.rawByteCount)
            } catch {
                // A block that ends as no encoder should let it end, though liblz4 takes it: compressed afresh below.
            }
        }
        let raw = try group.rawBytes()
        try joined.append(Compression.compress(raw, as: .lz4), rawByteCount: raw.count)
    }

    /// The list as it goes out; it is gone from here. An empty one that is compressed has a byte or more, which the C++
    /// SDK needs.
    mutating func finish() throws(CompressionError) -> [UInt8] {
        switch compression {
        case nil: raw.bytes
        case .lz4: joined.finish()
        case .some(let other): try Compression.compress(raw.bytes, as: other)
        }
    }
}
