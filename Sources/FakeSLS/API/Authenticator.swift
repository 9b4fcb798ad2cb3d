internal import EventHTTP
internal import Logging
internal import SLSProtocol

/// Verifies signatures. Loop thread only.
///
/// Source: pages "Request signatures" and "Error codes"; the order of the checks is assumed.
final class Authenticator {
    /// Allowed distance between a request's date and the server's clock, seconds, either way.
    static let clockSkewSeconds = 900
    /// How many keys are remembered as warned about; beyond it no new one is warned about.
    static let warnedKeyLimit = 1_000

    private let mode: EmulatorConfiguration.Authentication
    private let secrets: [String: String]
    private let logger: Logger
    private(set) var warnedKeys: Set<String> = []

    /// - Parameter secrets: By access key id.
    init(mode: EmulatorConfiguration.Authentication, secrets: [String: String], logger: Logger) {
        self.mode = mode
        self.secrets = secrets
        self.logger = logger
    }

    /// - Throws: The 400s and 401s of the service when the request is not let in.
    func verify(_ request: HTTPRequest, target: RequestTarget, now: WallTime) throws(APIError) {
        guard mode != .off else { return }
        guard let header = request.headers["Authorization"].nonEmpty else {
            if mode == .strict { throw APIError(.unauthorized, "the header Authorization is missing") }
            return warnOnce("", "a request without Authorization was let in")
        }
        switch try Authorization(header) {
        case .v4(let key):
            if mode == .strict {
                throw APIError(.invalidSignatureMethod, "signature V4 is not verified by fake-sls yet: use V1")
            }
            warnOnce(key, "a request was let in without verifying its V4 signature")
        case .v1(let key, let signature):
            guard mode == .strict || secrets[key] != nil else {
                return warnOnce(key, "a request was let in whose access key is unknown")
            }
            try verify(request, target: target, key: key, signature: signature, now: now)
        }
    }

    private func verify(
        _ request: HTTPRequest, target: RequestTarget, key: String, signature: String, now: WallTime
    ) throws(APIError) {
        try checkVersion(request.headers["x-log-apiversion"])
        try checkDate(request.headers["x-log-date"] ?? request.headers["Date"], now: now.timestamp)
        guard let secret = secrets[key] else { throw APIError(.unauthorized, "AccessKeyId not found: \(key)") }
        guard let methodName = request.headers["x-log-signaturemethod"].nonEmpty else {
            throw APIError(.missingSignatureMethod, "the header x-log-signaturemethod is missing")
        }
        guard let method = SignatureV1.Method(rawValue: methodName.lowercased()) else {
            throw APIError(.invalidSignatureMethod, "signature method \"\(methodName.prefix(40))\" is unknown")
        }
        // The Python SDK signs the path before it encodes it, the others what they send.
        let paths = target.decodedPath == target.path ? [target.path] : [target.path, target.decodedPath]
        let isSigned = paths.contains { path in
            let signed = SignatureV1(
                method: request.method, path: path, query: target.query.map { (name: $0.name, value: $0.value) },
                headers: request.headers.map { (name: $0.name, value: $0.value) })
            return Digest.isEqual(signed.signature(secret: secret, method: method), signature)
        }
        guard isSigned else { throw APIError(.signatureNotMatch, "Signature \(signature) is not matched.") }
    }

    private func checkVersion(_ version: String?) throws(APIError) {
        guard let version = version.nonEmpty else {
            throw APIError(.missingAPIVersion, "the header x-log-apiversion is missing")
        }
        guard version == "0.6.0" else {
            throw APIError(.invalidAPIVersion, "x-log-apiversion \"\(version.prefix(40))\" is unknown")
        }
    }

    private func checkDate(_ text: String?, now: Timestamp) throws(APIError) {
        guard let text = text.nonEmpty else { throw APIError(.missingDate, "the header Date is missing") }
        guard let date = Timestamp(httpDate: text) else {
            throw APIError(.invalidRequestTime, "\"\(text.prefix(60))\" is no date as in Tue, 05 Mar 2024 06:07:08 GMT")
        }
        guard mode == .strict, abs(date.seconds - now.seconds) > Self.clockSkewSeconds else { return }
        throw APIError(
            .requestTimeExpired,
            "request time \(date.httpDate) is more than 15 minutes off the server time \(now.httpDate)")
    }

    private func warnOnce(_ key: String, _ message: Logger.Message) {
        guard warnedKeys.count < Self.warnedKeyLimit, warnedKeys.insert(key).inserted else { return }
        logger.warning(message)
    }
}

/// The header `Authorization`, taken apart.
private enum Authorization {
    case v1(key: String, signature: String)
    /// Its signature is not looked at.
    case v4(key: String)

    init(_ header: String) throws(APIError) {
        let words = header.split(separator: " ", maxSplits: 1).map { String($0) }
        let malformed = APIError.parameterInvalid("the header Authorization is malformed")
        guard words.count == 2 else { throw malformed }
        switch words[0] {
        case "LOG":
            guard let colon = words[1].firstIndex(of: ":") else { throw malformed }
            let key = words[1][..<colon]
            let signature = words[1][words[1].index(after: colon)...].filter { $0 != " " }
            guard !key.isEmpty else { throw APIError(.missAccessKeyID, "the header Authorization names no access key") }
            guard !signature.isEmpty else { throw malformed }
            self = .v1(key: String(key), signature: String(signature))
        case "SLS4-HMAC-SHA256":
            guard let name = words[1].firstRange(of: "Credential=") else { throw malformed }
            self = .v4(key: String(words[1][name.upperBound...].prefix { $0 != "/" && $0 != "," }))
        default: throw malformed
        }
    }
}
