internal import EventHTTP
internal import SLSProtocol

/// The body of a PutLogs request with the headers that say how to read it.
struct LogGroupBody {
    private let contentType: String?
    private let isBatch: Bool
    private let hasLength: Bool
    private let body: CompressedBody
    private let rules: WriteRules
    private let now: Timestamp

    /// - Parameter now: When it is received.
    init(_ request: HTTPRequest, rules: WriteRules, now: Timestamp) {
        contentType = request.headers["Content-Type"].nonEmpty
        isBatch = request.headers["x-log-mode"] == "batch_group"
        hasLength = request.headers["Content-Length"] != nil || request.headers["Transfer-Encoding"] != nil
        body = CompressedBody(request)
        self.rules = rules
        self.now = now
    }

    /// The log groups, at least one, each checked to be one: its compression is undone into a buffer that is thrown away
    /// where the block is kept as it came, and its fields are walked.
    ///
    /// - Throws: The errors of protocol page "PutLogs": type, compression, size, shape.
    func verified() throws(APIError) -> [StoredLogGroup] {
        guard let contentType else { throw APIError(.missingContentType, "the header Content-Type is missing") }
        guard hasLength || !body.bytes.isEmpty else {
            throw APIError(.missingContentLength, "the header Content-Length is missing")
        }
        switch contentType.prefix(while: { $0 != ";" && $0 != " " }).lowercased() {
        case "application/x-protobuf": return isBatch ? try packages() : [try single()]
        case "application/json" where !isBatch: return [try json()]
        default:
            throw APIError(.invalidContentType, "Content-Type \"\(contentType.prefix(80))\" is not a log group's")
        }
    }

    private func single() throws(APIError) -> StoredLogGroup {
        let raw = try body.decompressed()
        return try verified(raw: raw, packed: body.bytes, compression: body.compression)
    }

    private func json() throws(APIError) -> StoredLogGroup {
        let group = try JSONLogGroup.decode(try body.decompressed(), times: .own(received: now)).serialized
        return try verified(raw: group, packed: group, compression: nil)
    }

    /// Several groups, each compressed on its own; the headers about compression mean nothing here.
    private func packages() throws(APIError) -> [StoredLogGroup] {
        try CompressedBody.checkSize(body.bytes.count)
        let packages: [LogPackage]
        do {
            packages = try LogPackageList.packages(body.bytes, limit: RequestLimits.packageCount)
        } catch { throw APIError(.postBodyInvalid, "\(error)") }
        guard !packages.isEmpty else { throw APIError(.postBodyInvalid, "the body holds no log group") }
        guard packages.count <= RequestLimits.packageCount else {
            throw APIError(.postBodyTooLarge, "a body holds at most \(RequestLimits.packageCount) log groups")
        }
        var types: [CompressionType?] = []
        var rawByteCount = 0
        for package in packages {
            let type = try Self.compression(package.compressionNumber)
            guard type == nil || package.rawByteCount >= 0 else {
                throw APIError(.invalidBodyRawSize, "uncompress_size \(package.rawByteCount) is no size")
            }
            types.append(type)
            rawByteCount += type == nil ? package.data.count : package.rawByteCount
            try CompressedBody.checkSize(rawByteCount)
        }
        var groups: [StoredLogGroup] = []
        for (package, type) in zip(packages, types) {
            let raw = try CompressedBody.decompress(package.data, type, rawByteCount: package.rawByteCount)
            groups.append(try verified(raw: raw, packed: package.data, compression: type))
        }
        return groups
    }

    private static func compression(_ number: UInt64) throws(APIError) -> CompressionType? {
        switch number {
        case 0: return nil
        case 1: return .deflate
        case LogPackage.lz4Number: return .lz4
        case 3: return .zstd
        default: throw APIError(.invalidCompressType, "compress_type \(number) is unknown")
        }
    }

    private func verified(
        raw: [UInt8], packed: [UInt8], compression: CompressionType?
    ) throws(APIError) -> StoredLogGroup {
        guard !raw.isEmpty else { throw APIError(.postBodyInvalid, "the body is empty") }
        do { _ = try LogGroupScanner.validate(raw) } catch { throw APIError(.postBodyInvalid, "\(error)") }
        try rules.check(raw, now: now)
        // An LZ4 block is kept as it came, so that it need not be compressed again when it is pulled.
        let isKept = compression == .lz4
        return StoredLogGroup(
            compression: isKept ? .lz4 : nil, rawByteCount: raw.count, data: isKept ? packed : raw)
    }
}

extension WriteRules {
    /// - Throws: `PostBodyInvalid` or `InvalidKey` for a group that a switch forbids.
    fileprivate func check(_ group: [UInt8], now: Timestamp) throws(APIError) {
        guard checksLogTimes || checksLogContents else { return }
        let found: LogGroupExtremes
        do { found = try LogGroupExtremes(group) } catch { throw APIError(.postBodyInvalid, "\(error)") }
        if checksLogTimes, let earliest = found.earliest, let latest = found.latest {
            let range = now.seconds - RequestLimits.logAge.past...now.seconds + RequestLimits.logAge.ahead
            guard range.contains(Int(earliest)), range.contains(Int(latest)) else {
                throw APIError(.postBodyInvalid, "The post data time is out of range")
            }
        }
        guard checksLogContents else { return }
        let limit = RequestLimits.nameByteCount
        guard found.keyByteCount <= limit else { throw APIError(.invalidKey, "a key is longer than \(limit) bytes") }
        guard found.topicByteCount <= limit, found.sourceByteCount <= limit else {
            throw APIError(.postBodyInvalid, "the topic or the source is longer than \(limit) bytes")
        }
        guard found.valueByteCount <= RequestLimits.valueByteCount else {
            throw APIError(.postBodyInvalid, "a value is longer than \(RequestLimits.valueByteCount) bytes")
        }
    }
}
