internal import EventHTTP
internal import SLSProtocol

/// Reads log groups from a cursor on:
/// `GET /logstores/{logstore}/shards/{shard}?type=log|logs&cursor=…&count=…[&end_cursor=…]`.
///
/// Source: aliyun-log-python-sdk, logclient.py, `pull_logs` (`log`); aliyun-log-go-sdk, log_store.go, `PullLogs` (`logs`);
/// aliyun-log-rust-sdk spells `endCursor`.
struct PullLogs: Endpoint {
    static let route = Route(.get, "/logstores/{logstore}/shards/{shard}", query: ["type": "log|logs"])
    static let traffic = Traffic.read
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let (logstore, shard) = (try request.logstore(), try request.shard())
        for name in ["query", "processor"] where request.query(name).nonEmpty != nil {
            throw .notSupported("PullLogs with \(name)")
        }
        let compression = try PullEncoding.choose(request.http.headers["Accept-Encoding"])
        let stop =
            if request.query("end_cursor").nonEmpty != nil {
                try request.cursor("end_cursor")
            } else if request.query("endCursor").nonEmpty != nil {
                try request.cursor("endCursor")
            } else {
                nil as Cursor?
            }
        let pulled = try logs.pull(
            from: try request.cursor("cursor"), to: stop, count: try count(request), as: compression, shard: shard,
            in: logstore, now: request.now)
        return try encode(pulled)
    }

    private func count(_ request: APIRequest) throws(APIError) -> Int {
        let text = try request.required("count")
        guard let count = Int(text), (1...RequestLimits.pulledGroupCount).contains(count) else {
            throw .parameterInvalid(
                "Invalid loggroup count, (0,\(RequestLimits.pulledGroupCount)]: \"\(text.prefix(40))\"")
        }
        return count
    }

    private func encode(_ pulled: LogService.Pulled) throws(APIError) -> APIResponse {
        var list = pulled.list
        let rawByteCount = list.rawByteCount
        let body: [UInt8]
        do { body = try list.finish() } catch { throw APIError(.internalServerError, "\(error)") }
        var response = APIResponse(contentType: "application/x-protobuf", body: body)
        response.headers = [
            ("x-log-cursor", pulled.next.encoded), ("x-log-count", "\(pulled.count)"),
            ("x-log-bodyrawsize", "\(rawByteCount)"), ("x-log-cursor-time", "\(pulled.nextTime)"),
            ("x-log-end-of-cursor", pulled.isAtEnd ? "1" : "0"),
        ]
        if pulled.count > 0 {
            response.headers.append(("x-log-read-last-cursor", "\(pulled.next.number - 1)"))
        }
        if let compression = list.compression {
            response.headers.append(("x-log-compresstype", compression.rawValue))
        }
        return response
    }
}

/// How a pull's answer is compressed, by what the client can read.
enum PullEncoding {
    /// What is offered, by its name in a list.
    private static let offered: [Substring: CompressionType] = ["lz4": .lz4, "zstd": .zstd, "deflate": .deflate]
    /// What any client can read, or names without meaning it.
    private static let plain: Set<Substring> = ["identity", "gzip", "br", "*"]

    /// The first one of the list that is offered; nil for a plain answer. Weights do not count, but that 0 excludes.
    ///
    /// - Throws: `InvalidAcceptEncoding` where nothing that is offered was asked for.
    static func choose(_ acceptEncoding: String?) throws(APIError) -> CompressionType? {
        let (wanted, excluded) = names(of: (acceptEncoding ?? "").lowercased())
        let chosen = wanted.first { offered[$0] != nil && !excluded.contains($0) }
        if let chosen { return offered[chosen] }
        let mayBePlain = wanted.isEmpty || wanted.contains { plain.contains($0) }
        let isPlainExcluded =
            excluded.contains("identity") || excluded.contains("*") && !wanted.contains("identity")
        guard mayBePlain, !isPlainExcluded else {
            throw APIError(
                .invalidAcceptEncoding,
                "Accept-Encoding \"\((acceptEncoding ?? "").prefix(80))\": lz4, zstd and deflate are offered")
        }
        return nil
    }

    /// The names of a list: those that are wanted, and those with the weight 0.
    private static func names(of list: String) -> (wanted: [Substring], excluded: Set<Substring>) {
        var names: (wanted: [Substring], excluded: Set<Substring>) = ([], [])
        for entry in list.split(separator: ",") {
            let parts = entry.split(separator: ";", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            guard let name = parts.first, !name.isEmpty else { continue }
            let isExcluded = parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
            if isExcluded { names.excluded.insert(name[...]) } else { names.wanted.append(name[...]) }
        }
        return names
    }
}
