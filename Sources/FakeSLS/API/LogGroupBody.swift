internal import EventHTTP
internal import SLSProtocol

/// The body of a PutLogs request with the headers that say how to read it.
struct LogGroupBody {
    private let contentType: String?
    private let compressionName: String?
    private let rawSizeText: String?
    private let bytes: [UInt8]

    init(_ request: HTTPRequest) {
        contentType = request.headers["Content-Type"].nonEmpty
        compressionName = request.headers["x-log-compresstype"].nonEmpty
        rawSizeText = request.headers["x-log-bodyrawsize"].nonEmpty
        bytes = request.body
    }

    /// The log group, checked to be one: its compression is undone into a buffer that is thrown away where the block is
    /// kept as it came, and its fields are walked.
    ///
    /// - Throws: The errors of protocol page "PutLogs": type, compression, size, shape.
    func verified() throws(APIError) -> StoredLogGroup {
        try checkContentType()
        guard let compressionName else { return try verified(raw: bytes, stored: bytes, compression: nil) }
        guard let compression = CompressionType(rawValue: compressionName.lowercased()) else {
            throw APIError(.invalidCompressType, "x-log-compresstype \"\(compressionName.prefix(40))\" is unknown")
        }
        let raw: [UInt8]
        do { raw = try Compression.decompress(bytes, as: compression, rawByteCount: try rawByteCount()) } catch {
            throw Self.refusal(error)
        }
        // An LZ4 block is kept as it came, so that it need not be compressed again when it is pulled.
        let isKept = compression == .lz4
        return try verified(raw: raw, stored: isKept ? bytes : raw, compression: isKept ? .lz4 : nil)
    }

    private func verified(
        raw: [UInt8], stored: [UInt8], compression: CompressionType?
    ) throws(APIError) -> StoredLogGroup {
        try Self.checkSize(raw.count)
        guard !raw.isEmpty else { throw APIError(.postBodyInvalid, "the body is empty") }
        do { _ = try LogGroupScanner.validate(raw) } catch { throw APIError(.postBodyInvalid, "\(error)") }
        return StoredLogGroup(compression: compression, rawByteCount: raw.count, data: stored)
    }

    private func checkContentType() throws(APIError) {
        guard let contentType else { throw APIError(.missingContentType, "the header Content-Type is missing") }
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        if type == "application/json" { throw .notSupported("PutLogs with a JSON body") }
        guard type == "application/x-protobuf" else {
            throw APIError(.invalidContentType, "Content-Type \"\(contentType.prefix(80))\" is not a log group's")
        }
    }

    /// The announced raw size, which is only looked at where the body is compressed: many calls give a wrong one else.
    private func rawByteCount() throws(APIError) -> Int {
        guard let rawSizeText else {
            throw APIError(.missingBodyRawSize, "a compressed body needs the header x-log-bodyrawsize")
        }
        guard let count = Int(rawSizeText), count >= 0 else {
            throw APIError(.invalidBodyRawSize, "x-log-bodyrawsize \"\(rawSizeText.prefix(40))\" is no size")
        }
        try Self.checkSize(count)
        return count
    }

    private static func checkSize(_ rawByteCount: Int) throws(APIError) {
        guard rawByteCount <= RequestLimits.bodyByteCount else {
            throw APIError(
                .postBodyTooLarge, "Body size \(rawByteCount) must little than \(RequestLimits.bodyByteCount)")
        }
    }

    private static func refusal(_ error: any Error) -> APIError {
        switch error {
        case let error as APIError: error
        case CompressionError.wrongRawByteCount: APIError(.invalidBodyRawSize, "\(error)")
        default: APIError(.postBodyUncompressError, "\(error)")
        }
    }
}
