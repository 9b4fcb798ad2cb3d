internal import EventHTTP
internal import SLSProtocol

/// A request's body, compressed as its headers say.
struct CompressedBody {
    private let compressionName: String?
    private let rawSizeText: String?
    /// As they came.
    let bytes: [UInt8]

    init(_ request: HTTPRequest) {
        compressionName = request.headers["x-log-compresstype"].nonEmpty
        rawSizeText = request.headers["x-log-bodyrawsize"].nonEmpty
        bytes = request.body
    }

    /// nil for a plain body, and for a compression that is unknown.
    var compression: CompressionType? { compressionName.flatMap { CompressionType(rawValue: $0.lowercased()) } }

    /// The body without its compression.
    ///
    /// - Parameter limit: The most bytes it may hold.
    /// - Throws: `InvalidCompressType`, `MissingBodyRawSize`, `InvalidBodyRawSize`, `PostBodyUncompressError`,
    ///   `PostBodyTooLarge`.
    func decompressed(limit: Int = RequestLimits.bodyByteCount) throws(APIError) -> [UInt8] {
        guard let compressionName else {
            try Self.checkSize(bytes.count, limit: limit)
            return bytes
        }
        guard let compression else {
            throw APIError(.invalidCompressType, "x-log-compresstype \"\(compressionName.prefix(40))\" is unknown")
        }
        return try Self.decompress(bytes, compression, rawByteCount: try rawByteCount(limit: limit))
    }

    /// - Parameter rawByteCount: Checked against a limit; not looked at where there is no compression.
    static func decompress(
        _ bytes: [UInt8], _ compression: CompressionType?, rawByteCount: Int
    ) throws(APIError) -> [UInt8] {
        guard let compression else { return bytes }
        do throws(CompressionError) {
            return try Compression.decompress(bytes, as: compression, rawByteCount: rawByteCount)
        } catch {
            switch error {
            case .wrongRawByteCount: throw APIError(.invalidBodyRawSize, "\(error)")
            case .malformed, .tooLarge: throw APIError(.postBodyUncompressError, "\(error)")
            }
        }
    }

    /// - Throws: `PostBodyTooLarge`.
    static func checkSize(_ rawByteCount: Int, limit: Int = RequestLimits.bodyByteCount) throws(APIError) {
        guard rawByteCount <= limit else {
            throw APIError(.postBodyTooLarge, "Body size \(rawByteCount) must little than \(limit)")
        }
    }

    /// The announced raw size, which is only looked at where the body is compressed: many calls give a wrong one else.
    private func rawByteCount(limit: Int) throws(APIError) -> Int {
        guard let rawSizeText else {
            throw APIError(.missingBodyRawSize, "a compressed body needs the header x-log-bodyrawsize")
        }
        guard let count = Int(rawSizeText), count >= 0 else {
            throw APIError(.invalidBodyRawSize, "x-log-bodyrawsize \"\(rawSizeText.prefix(40))\" is no size")
        }
        try Self.checkSize(count, limit: limit)
        return count
    }
}
