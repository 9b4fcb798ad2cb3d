/// How a body is compressed, by its name in `x-log-compresstype`.
///
/// Source: aliyun-log-java-sdk `GzipUtils.java`, aliyun-log-python-sdk `compress.py`.
public enum CompressionType: String, Sendable, CaseIterable {
    /// One raw LZ4 block: no frame, no size in front; the raw size travels in `x-log-bodyrawsize`.
    case lz4
    /// A zstd frame.
    case zstd
    /// A zlib stream (RFC 1950).
    case deflate
    /// Also written as a zlib stream, which the Java SDK calls so; read as one or as gzip proper (RFC 1952).
    case gzip
}

/// Why bytes could not be decompressed or compressed.
public enum CompressionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes are not what the type says, or are cut off.
    case malformed(CompressionType)
    /// They are well formed but do not hold exactly as many bytes as announced.
    case wrongRawByteCount(announced: Int)
    /// More raw bytes than the format can take at once.
    case tooLarge(Int)

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .malformed(let type): "the body is not valid \(type.rawValue)"
        case .wrongRawByteCount(let announced): "the body does not decompress to the announced \(announced) bytes"
        case .tooLarge(let count): "\(count) bytes are too many to compress at once"
        }
    }
}
