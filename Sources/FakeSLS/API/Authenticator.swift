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
        let authorization = try Authorization(header)
        guard mode == .strict || secrets[authorization.key] != nil else {
            return warnOnce(authorization.key, "a request was let in whose access key is unknown")
        }
        try checkVersion(request.headers["x-log-apiversion"])
        switch authorization {
        case .v1(let key, let signature):
            try checkDate(
                request.headers["x-log-date"] ?? request.headers["Date"], now: now.timestamp,
                form: "Tue, 05 Mar 2024 06:07:08 GMT", read: Timestamp.init(httpDate:))
            let (secret, method) = (try secret(of: key), try Self.method(of: request))
            try SignatureCheck.v1(request, target, secret: secret, method: method, signature: signature).verify()
        case .v4(let key, let scope, let signature):
            let date = request.headers["x-log-date"]
            try checkDate(date, now: now.timestamp, form: "20240305T060708Z", read: Timestamp.init(compactDate:))
            try SignatureCheck.v4(
                request, target, secret: try secret(of: key), date: date ?? "", scope: scope, signature: signature
            ).verify()
            try checkScope(scope, date: date ?? "")
            try checkContentDigest(request, target)
        }
    }

    /// - Throws: `SignatureNotMatch` where `Content-MD5` is not the body's; the code for it is assumed.
    func verifyBody(of request: HTTPRequest) throws(APIError) {
        guard mode != .off, let digest = request.headers["Content-MD5"].nonEmpty else { return }
        let actual = Digest.md5Hex(request.body)
        guard digest.uppercased() == actual else {
            throw APIError(.signatureNotMatch, "Content-MD5 \(digest.prefix(40)) is not the body's, which is \(actual)")
        }
    }

    private func secret(of key: String) throws(APIError) -> String {
        guard let secret = secrets[key] else {
            throw APIError(.unauthorized, "AccessKeyId not found: \(key.prefix(100))")
        }
        return secret
    }

    private static func method(of request: HTTPRequest) throws(APIError) -> SignatureV1.Method {
        guard let name = request.headers["x-log-signaturemethod"].nonEmpty else {
            throw APIError(.missingSignatureMethod, "the header x-log-signaturemethod is missing")
        }
        guard let method = SignatureV1.Method(rawValue: name.lowercased()) else {
            throw APIError(.invalidSignatureMethod, "signature method \"\(name.prefix(40))\" is unknown")
        }
        return method
    }

    /// Another version than ours is refused by strict alone: whoever is lenient wants to go on.
    private func checkVersion(_ version: String?) throws(APIError) {
        guard let version = version.nonEmpty else {
            throw APIError(.missingAPIVersion, "the header x-log-apiversion is missing")
        }
        guard version == "0.6.0" || mode != .strict else {
            throw APIError(.invalidAPIVersion, "x-log-apiversion \"\(version.prefix(40))\" is unknown")
        }
    }

    private func checkDate(
        _ text: String?, now: Timestamp, form: String, read: (String) -> Timestamp?
    ) throws(APIError) {
        guard let text = text.nonEmpty else {
            throw APIError(.missingDate, "the date is missing: expected one as in \(form)")
        }
        guard let date = read(text) else {
            throw APIError(.invalidRequestTime, "\"\(text.prefix(60))\" is no date as in \(form)")
        }
        guard mode == .strict, abs(date.seconds - now.seconds) > Self.clockSkewSeconds else { return }
        throw APIError(
            .requestTimeExpired,
            "request time \(date.httpDate) is more than 15 minutes off the server time \(now.httpDate)")
    }

    /// A key that was made for one day signs no other (assumed, as with the schemes this one is modelled on).
    private func checkScope(_ scope: SignatureV4.Scope, date: String) throws(APIError) {
        guard !date.hasPrefix(scope.day) else { return }
        throw APIError(
            .signatureNotMatch, "the credential is for the day \(scope.day.prefix(20)), x-log-date is \(date)")
    }

    /// Signature V4 covers the body by its digest alone. The calls for objects sign the digest of nothing.
    private func checkContentDigest(_ request: HTTPRequest, _ target: RequestTarget) throws(APIError) {
        guard target.segments.count < 3 || target.segments[2] != "objects" else { return }
        let (given, actual) = (request.headers["x-log-content-sha256"] ?? "", Digest.sha256Hex(request.body))
        guard given.lowercased() == actual else {
            throw APIError(
                .signatureNotMatch, "x-log-content-sha256 \"\(given.prefix(64))\" is not the body's, which is \(actual)"
            )
        }
    }

    private func warnOnce(_ key: String, _ message: Logger.Message) {
        guard warnedKeys.count < Self.warnedKeyLimit, warnedKeys.insert(key).inserted else { return }
        logger.warning(message)
    }
}
