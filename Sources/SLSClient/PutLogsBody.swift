public import SLSProtocol

/// The body of PutLogs: one serialized `LogGroup`, as it is or compressed, or several, each compressed on its own.
public struct PutLogsBody: Sendable {
    /// What is sent; it is not copied on the way to libcurl.
    public let bytes: [UInt8]
    /// How `bytes` is compressed; nil for not at all.
    public let compression: CompressionType?
    /// The size before compression of `bytes` as a whole.
    public let rawByteCount: Int
    /// Whether `bytes` holds several groups, which are stored all or none (`x-log-mode: batch_group`).
    public let isBatch: Bool

    /// Takes bytes that are compressed already.
    ///
    /// - Parameter rawByteCount: Must be exact: the service compares.
    public init(compressed bytes: [UInt8], as compression: CompressionType, rawByteCount: Int) {
        self.bytes = bytes
        self.compression = compression
        self.rawByteCount = rawByteCount
        isBatch = false
    }

    /// Takes several groups, at least one, at most 1,000.
    public init(packages: [LogPackage]) {
        bytes = LogPackageList.serialized(packages)
        compression = nil
        rawByteCount = bytes.count
        isBatch = true
    }

    /// Takes a serialized group that travels uncompressed.
    public init(plain bytes: [UInt8]) {
        self.bytes = bytes
        compression = nil
        rawByteCount = bytes.count
        isBatch = false
    }

    /// Compresses a serialized group.
    ///
    /// - Throws: `.tooLarge`, far above what the service takes.
    public init(compressing raw: [UInt8], as compression: CompressionType = .lz4) throws(CompressionError) {
        self.init(
            compressed: try Compression.compress(raw, as: compression), as: compression, rawByteCount: raw.count)
    }
}

/// Which shard a write goes to.
public enum PutLogsTarget: Hashable, Sendable {
    /// Any shard that can be written, the service's choice.
    case loadBalanced
    /// The shard whose range holds the key.
    ///
    /// With a sequence id, above 0, the write is idempotent: an id that is not higher than the key's last accepted one
    /// is refused with `InvalidSequenceId` and nothing is stored.
    case key(HashKey, sequenceID: Int64? = nil)
}
