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
        let (packed, outcome) =
            switch type {
            case .lz4:
                unsafe convert(raw, capacity: Int(LZ4_compressBound(Int32(raw.count)))) { source, target in
                    let written = unsafe LZ4_compress_default(
                        source.chars, target.chars, Int32(source.count), Int32(target.count))
                    return written > 0 ? .written(Int(written)) : .failed
                }
            case .zstd:
                unsafe convert(raw, capacity: ZSTD_compressBound(raw.count)) { source, target in
                    // Level 1 is what the Go SDK uses.
                    let written = unsafe ZSTD_compress(
                        target.baseAddress, target.count, source.baseAddress, source.count, 1)
                    return ZSTD_isError(written) == 0 ? .written(written) : .failed
                }
            case .deflate, .gzip:
                unsafe convert(raw, capacity: Int(compressBound(uLong(raw.count)))) { source, target in
                    var written = uLong(target.count)
                    let status = unsafe CZlib.compress(target.bytes, &written, source.bytes, uLong(source.count))
                    return status == Z_OK ? .written(Int(written)) : .failed
                }
            }
        guard case .written = outcome else {
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
    /// - Throws: `.malformed`, or `.wrongRawByteCount` when it holds more or fewer bytes: where there is more, what comes
    ///   after is not looked at. Not retriable.
    public static func decompress(
        _ bytes: Span<UInt8>, as type: CompressionType, rawByteCount: Int
    ) throws(CompressionError) -> [UInt8] {
        precondition(rawByteCount >= 0, "a raw size cannot be negative: \(rawByteCount)")
        if bytes.isEmpty && rawByteCount == 0 { return [] }
        guard bytes.count <= Int(Int32.max), rawByteCount < Int(Int32.max) else { throw .malformed(type) }
        // Room for one byte more: some of the libraries refuse a buffer of none.
        let (raw, outcome) =
            switch type {
            case .lz4: unsafe convert(bytes, capacity: rawByteCount + 1, unlz4)
            case .zstd: unsafe convert(bytes, capacity: rawByteCount + 1, unzstd)
            case .deflate: unsafe convert(bytes, capacity: rawByteCount + 1) { unsafe inflate($0, $1, windowBits: 15) }
            // 32 more: zlib looks at the first bytes which of the two it is.
            case .gzip: unsafe convert(bytes, capacity: rawByteCount + 1) { unsafe inflate($0, $1, windowBits: 47) }
            }
        switch outcome {
        case .written(rawByteCount): return raw
        case .written, .overflow: throw .wrongRawByteCount(announced: rawByteCount)
        case .failed: throw .malformed(type)
        }
    }

    /// Decompresses a body held in an array.
    public static func decompress(
        _ bytes: [UInt8], as type: CompressionType, rawByteCount: Int
    ) throws(CompressionError) -> [UInt8] {
        try decompress(bytes.span, as: type, rawByteCount: rawByteCount)
    }

    /// What a library made of a body.
    private enum Outcome {
        case written(Int)
        /// The buffer is full and there is more.
        case overflow
        case failed
    }

    private static func unlz4(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Outcome {
        let count = Int32(target.count)
        let written = unsafe LZ4_decompress_safe(source.chars, target.chars, Int32(source.count), count)
        if written >= 0 { return .written(Int(written)) }
        // It does not tell a block that is too long from a broken one: a long one fills the buffer and breaks later.
        let filled = unsafe LZ4_decompress_safe_partial(source.chars, target.chars, Int32(source.count), count, count)
        return filled == count ? .overflow : .failed
    }

    private static func unzstd(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Outcome {
        let written = unsafe ZSTD_decompress(target.baseAddress, target.count, source.baseAddress, source.count)
        if ZSTD_isError(written) == 0 { return .written(written) }
        return ZSTD_getErrorCode(written) == ZSTD_error_dstSize_tooSmall ? .overflow : .failed
    }

    /// One zlib stream, or a gzip member where `windowBits` says so, that ends where the body ends.
    private static func inflate(
        _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, windowBits: Int32
    ) -> Outcome {
        var stream = unsafe z_stream()
        // zlib's interface is not const; it only reads from there.
        unsafe stream.next_in = UnsafeMutablePointer(mutating: source.bytes)
        unsafe stream.avail_in = UInt32(source.count)
        unsafe stream.next_out = target.bytes
        unsafe stream.avail_out = UInt32(target.count)
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        let started = unsafe inflateInit2_(&stream, windowBits, ZLIB_VERSION, size)
        precondition(started == Z_OK, "inflateInit2 failed: \(started)")
        defer { _ = unsafe inflateEnd(&stream) }
        let status = unsafe CZlib.inflate(&stream, Z_FINISH)
        if status == Z_STREAM_END {
            return unsafe stream.avail_in == 0 ? .written(target.count - Int(stream.avail_out)) : .failed
        }
        return unsafe status == Z_BUF_ERROR && stream.avail_out == 0 ? .overflow : .failed
    }

    /// Runs one call of a library from a borrowed source into a new array, which is empty unless something was written.
    private static func convert(
        _ source: Span<UInt8>, capacity: Int,
        _ call: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Outcome
    ) -> ([UInt8], Outcome) {
        var outcome = Outcome.failed
        let result = unsafe source.withUnsafeBytes { source in
            unsafe [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
                outcome = unsafe call(source, UnsafeMutableRawBufferPointer(target))
                if case .written(let written) = outcome { count = written }
            }
        }
        return (result, outcome)
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
