import CLZ4
import CZlib
import CZstd

/// Whole bodies in, whole bodies out; the only place that calls the compression libraries.
public enum Compression {
    /// Compresses a body.
    ///
    /// - Throws: `.tooLarge` above the format's limit (2,113,929,216 bytes for LZ4). Not retriable.
    public static func compress(_ raw: Span<UInt8>, as type: CompressionType) throws(CompressionError) -> [UInt8] {
        guard raw.count <= Int(LZ4_MAX_INPUT_SIZE) else { throw .tooLarge(raw.count) }
        let packed: [UInt8]? =
            switch type {
            case .lz4:
                unsafe convert(raw, capacity: Int(LZ4_compressBound(Int32(raw.count)))) { source, target in
                    let written = unsafe LZ4_compress_default(
                        source.chars, target.chars, Int32(source.count), Int32(target.count))
                    return written > 0 ? Int(written) : nil
                }
            case .zstd:
                unsafe convert(raw, capacity: ZSTD_compressBound(raw.count)) { source, target in
                    // Level 1 is what the Go SDK uses.
                    let written = unsafe ZSTD_compress(
                        target.baseAddress, target.count, source.baseAddress, source.count, 1)
                    return ZSTD_isError(written) == 0 ? written : nil
                }
            case .deflate, .gzip:
                unsafe convert(raw, capacity: Int(compressBound(uLong(raw.count)))) { source, target in
                    var written = uLong(target.count)
                    let status = unsafe CZlib.compress(target.bytes, &written, source.bytes, uLong(source.count))
                    return status == Z_OK ? Int(written) : nil
                }
            }
        guard let packed else {
            preconditionFailure("\(type) failed with a buffer of its own bound, \(raw.count) bytes")
        }
        return packed
    }

    /// Compresses a body held in an array.
    public static func compress(_ raw: [UInt8], as type: CompressionType) throws(CompressionError) -> [UInt8] {
        try compress(raw.span, as: type)
    }

    /// Decompresses a body whose raw size is known from outside.
    ///
    /// - Parameter rawByteCount: The announced raw size. It is allocated as given: check it against a limit first.
    /// - Throws: `.malformed`, or `.wrongRawByteCount` when it holds more or fewer bytes. Not retriable.
    public static func decompress(
        _ bytes: Span<UInt8>, as type: CompressionType, rawByteCount: Int
    ) throws(CompressionError) -> [UInt8] {
        precondition(rawByteCount >= 0, "a raw size cannot be negative: \(rawByteCount)")
        if bytes.isEmpty && rawByteCount == 0 { return [] }
        guard bytes.count <= Int(Int32.max), rawByteCount < Int(Int32.max) else { throw .malformed(type) }
        // Room for one byte more: some of the libraries refuse a buffer of none.
        let raw =
            switch type {
            case .lz4: unsafe convert(bytes, capacity: rawByteCount + 1, unlz4)
            case .zstd: unsafe convert(bytes, capacity: rawByteCount + 1, unzstd)
            case .deflate, .gzip: unsafe convert(bytes, capacity: rawByteCount + 1, unzlib)
            }
        guard let raw else { throw .malformed(type) }
        guard raw.count == rawByteCount else { throw .wrongRawByteCount(announced: rawByteCount) }
        return raw
    }

    /// Decompresses a body held in an array.
    public static func decompress(
        _ bytes: [UInt8], as type: CompressionType, rawByteCount: Int
    ) throws(CompressionError) -> [UInt8] {
        try decompress(bytes.span, as: type, rawByteCount: rawByteCount)
    }

    private static func unlz4(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Int? {
        let written = unsafe LZ4_decompress_safe(source.chars, target.chars, Int32(source.count), Int32(target.count))
        return written >= 0 ? Int(written) : nil
    }

    private static func unzstd(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Int? {
        let written = unsafe ZSTD_decompress(target.baseAddress, target.count, source.baseAddress, source.count)
        return ZSTD_isError(written) == 0 ? written : nil
    }

    private static func unzlib(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Int? {
        var written = uLong(target.count)
        var consumed = uLong(source.count)
        let status = unsafe uncompress2(target.bytes, &written, source.bytes, &consumed)
        return status == Z_OK && consumed == uLong(source.count) ? Int(written) : nil
    }

    /// Runs one call of a library from a borrowed source into a new array; nil when the call says that it failed.
    private static func convert(
        _ source: Span<UInt8>, capacity: Int,
        _ call: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int?
    ) -> [UInt8]? {
        var isDone = false
        let result = unsafe source.withUnsafeBytes { source in
            unsafe [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
                let written = unsafe call(source, UnsafeMutableRawBufferPointer(target))
                isDone = written != nil
                count = written ?? 0
            }
        }
        return isDone ? result : nil
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var chars: UnsafePointer<CChar>? { unsafe baseAddress?.assumingMemoryBound(to: CChar.self) }
    fileprivate var bytes: UnsafePointer<UInt8>? { unsafe baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate var chars: UnsafeMutablePointer<CChar>? { unsafe baseAddress?.assumingMemoryBound(to: CChar.self) }
    fileprivate var bytes: UnsafeMutablePointer<UInt8>? { unsafe baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
