internal import EventHTTP
internal import Logging
internal import Metrics

/// Counts what requests carry that the emulator knows nothing of, and logs each once. Nothing of it is refused: the
/// service's SDKs grow headers and parameters with every release. Loop thread only.
final class Oddities {
    /// What can be unknown.
    enum Kind: String, CaseIterable {
        case header
        case parameter
        case version
    }

    /// How many different ones are logged in all; beyond it they are only counted.
    static let loggedLimit = 1_000
    /// How much of a name is logged, characters.
    static let shownLength = 64

    private let logger: Logger
    private let counters = Kind.allCases.map { kind in
        (kind, Counter(label: "fake_sls_unknown_total", dimensions: [("kind", kind.rawValue)]))
    }
    private(set) var logged: Set<String> = []
    private(set) var counts: [Kind: Int] = [:]

    init(logger: Logger) { self.logger = logger }

    /// Looks at a request that is about to be answered.
    func note(_ request: HTTPRequest, _ target: RequestTarget) {
        for (name, value) in request.headers {
            let name = name.lowercased()
            if name == "x-log-apiversion", value != "0.6.0" { count(.version, value) }
            // Any other header is the business of HTTP, of proxies and of tracing.
            guard ["x-log-", "x-acs-", "x-sls-"].contains(where: name.hasPrefix), !Self.isKnown(name) else { continue }
            count(.header, name)
        }
        // Of a tracking request they are the fields of the log.
        guard !target.isTracking else { return }
        for parameter in target.query where !Self.parameters.contains(parameter.name) {
            count(.parameter, parameter.name)
        }
    }

    private func count(_ kind: Kind, _ name: String) {
        counts[kind, default: 0] += 1
        counters.first { $0.0 == kind }?.1.increment()
        let shown = String(name.prefix(Self.shownLength))
        guard logged.count < Self.loggedLimit, logged.insert("\(kind.rawValue) \(shown)").inserted else { return }
        logger.notice(
            "a request carries something unknown", metadata: ["kind": "\(kind.rawValue)", "name": "\(shown)"])
    }

    private static func isKnown(_ header: String) -> Bool {
        headers.contains(header) || header.hasPrefix("x-log-meta-")
    }

    private static let headers: Set<String> = [
        "x-log-apiversion", "x-log-signaturemethod", "x-log-date", "x-log-bodyrawsize", "x-log-compresstype",
        "x-log-content-sha256", "x-log-mode", "x-log-project", "x-log-ip", "x-log-ssl", "x-log-resourceowneraccount",
        "x-log-user-agent", "x-log-keyprovider", "x-acs-security-token", "x-acs-action", "x-acs-version",
        "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256",
    ]

    static let parameters: Set<String> = [
        "APIVersion", "__source__", "__topic__", "accurate", "action", "back_lines", "checkpoint", "configName",
        "consumer", "count", "cursor", "description", "displayName", "domainName", "end", "endCursor", "end_cursor",
        "externalStoreName", "fetchQuota", "forceDelete", "forceSuccess", "forward", "forward_lines", "from", "fromNs",
        "fromTime", "groupName", "ids", "interval", "jobName", "jobType", "key", "language", "limit", "line",
        "logstore", "logstoreName", "logstorename", "mode", "name", "names", "nextToken", "nodeIds", "offset",
        "pack_id", "pack_meta", "powerSql", "processor", "projectName", "pullMode", "query", "queryId", "relationIds",
        "resourceGroupId", "resourceId", "resourceName", "resourceType", "reverse", "seqid", "session", "shard",
        "shardCount", "size", "start", "state", "status", "storeType", "tag", "tags", "taskId", "telemetryType", "to",
        "toNs", "toTime", "token", "topic", "ttl", "type",
    ]
}
