internal import EventHTTP
internal import SLSProtocol

/// What of a request a signature covers: the request's own, or a reading of it that some client signs.
struct SignedParts {
    /// How many headers are tried as left out, so that a head full of them costs no time.
    static let triedHeaderLimit = 32

    let method: String
    var path: String
    var query: [(name: String, value: String?)]
    var headers: [(name: String, value: String)]

    init(_ request: HTTPRequest, _ target: RequestTarget) {
        method = request.method
        path = target.path
        query = target.query.map { (name: $0.name, value: $0.value) }
        headers = request.headers.map { (name: $0.name, value: $0.value) }
    }

    /// The first header of that name, in lower case.
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

    func without(_ isLeftOut: (String) -> Bool) -> SignedParts {
        var parts = self
        parts.headers.removeAll { isLeftOut($0.name.lowercased()) }
        return parts
    }

    func with(path: String? = nil, query: [(name: String, value: String?)]? = nil) -> SignedParts {
        var parts = self
        parts.path = path ?? parts.path
        parts.query = query ?? parts.query
        return parts
    }

    /// The readings that official SDKs sign, this one first. The Python SDK signs the path before it encodes it, the
    /// others what they send; Python and Go leave `x-log-meta-…` out of signature V4, Java does not.
    func officialReadings(decodedPath: String) -> [SignedParts] {
        let paths = decodedPath == path ? [self] : [self, with(path: decodedPath)]
        guard headers.contains(where: { $0.name.lowercased().hasPrefix("x-log-meta-") }) else { return paths }
        return paths + paths.map { $0.without { $0.hasPrefix("x-log-meta-") } }
    }

    /// What clients do wrong, as far as a signature can tell: with the sentence that says so.
    func mistakenReadings(authority: String?) -> [(sentence: String, parts: SignedParts)] {
        var readings: [(String, SignedParts)] = []
        func leftOut(_ name: String) {
            guard header(name) != nil else { return }
            readings.append(("the client left the header \(name) out", without { $0 == name }))
        }
        ["content-type", "content-md5", "x-acs-security-token", "x-log-date"].forEach(leftOut)
        readings.append(("the client signed none of the x-acs- headers", without { $0.hasPrefix("x-acs-") }))
        let names = headers.map { $0.name.lowercased() }.filter { $0.hasPrefix("x-log-") }
        names.prefix(Self.triedHeaderLimit).forEach(leftOut)
        if !query.isEmpty {
            let encoded = query.map { (name: $0.name, value: $0.value.map(SignatureV4.percentEncoded)) }
            readings.append(("the client signed the path without the query", with(query: [])))
            readings.append(("the client encoded the query's values once too often", with(query: encoded)))
        }
        for host in [header("host").map(Self.withoutPort), authority] {
            guard let host, host != header("host") else { continue }
            var parts = without { $0 == "host" }
            parts.headers.append((name: "host", value: host))
            readings.append(("the client signed the host \(host) and sent \(header("host") ?? "none")", parts))
        }
        return readings
    }

    private static func withoutPort(_ host: String) -> String {
        host.lastIndex(of: ":").map { String(host[..<$0]) } ?? host
    }
}
