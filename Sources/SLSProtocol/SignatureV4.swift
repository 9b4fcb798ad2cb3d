/// The text that signature V4 signs, and the signature over it; one code for the client that signs and the server that
/// verifies, checked against vectors made by the official Python SDK.
///
/// Source: page "Request signatures (V4)"; aliyun-log-python-sdk `auth.py`, aliyun-log-go-sdk `signature_v4.go`.
public struct SignatureV4: Sendable {
    /// What a signing key is good for: one day in one region.
    public struct Scope: Equatable, Sendable, CustomStringConvertible {
        /// `20240305`, UTC.
        public let day: String
        /// Such as `cn-hangzhou`; whatever the client was set to.
        public let region: String

        /// A day and a region.
        public init(day: String, region: String) {
            self.day = day
            self.region = region
        }

        /// Reads `20240305/cn-hangzhou/sls/aliyun_v4_request`; nil for any other text.
        public init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
            guard parts.count == 4, !parts[0].isEmpty, !parts[1].isEmpty, parts[2] == SignatureV4.product,
                parts[3] == SignatureV4.terminator
            else { return nil }
            self.init(day: parts[0], region: parts[1])
        }

        /// As in the header `Authorization`: `20240305/cn-hangzhou/sls/aliyun_v4_request`.
        public var description: String { "\(day)/\(region)/\(SignatureV4.product)/\(SignatureV4.terminator)" }
    }

    /// The name that the header `Authorization` begins with.
    public static let algorithm = "SLS4-HMAC-SHA256"
    fileprivate static let product = "sls"
    fileprivate static let terminator = "aliyun_v4_request"

    /// The exact text whose digest is signed; it holds no secret.
    public let canonicalString: String

    /// Builds the text to sign.
    ///
    /// - Parameters:
    ///   - method: The verb, upper-case.
    ///   - path: The path without the query, as sent.
    ///   - query: Parameters in any order, names and values decoded.
    ///   - headers: All headers as sent, in any order and case; those that are not signed are left out here.
    public init(
        method: String, path: String, query: [(name: String, value: String?)], headers: [(name: String, value: String)]
    ) {
        let signed = headers.map { (name: $0.name.lowercased(), value: $0.value.trimmedOfBlanks) }
            .filter { Self.isSigned($0.name) }.sorted { $0.name.precedesInBytes($1.name) }
        let parameters = query.sorted { $0.name.precedesInBytes($1.name) }.map { name, value in
            let value = Self.percentEncoded(value ?? "")
            return value.isEmpty ? name : "\(name)=\(value)"
        }
        canonicalString = [
            method, path, parameters.joined(separator: "&"),
            signed.map { "\($0.name):\($0.value)\n" }.joined(),
            signed.map(\.name).joined(separator: ";"),
            signed.first { $0.name == "x-log-content-sha256" }?.value ?? "",
        ].joined(separator: "\n")
    }

    /// The text that the code is made of: names the canonical string by its digest.
    ///
    /// - Parameter date: The header `x-log-date`.
    public func stringToSign(date: String, scope: Scope) -> String {
        [Self.algorithm, date, scope.description, Digest.sha256Hex(Array(canonicalString.utf8))]
            .joined(separator: "\n")
    }

    /// The signature: 64 lower-case hexadecimal digits.
    public func signature(secret: String, date: String, scope: Scope) -> String {
        let text = Array(stringToSign(date: date, scope: scope).utf8)
        return Digest.hex(Digest.hmacSHA256(key: Self.signingKey(secret: secret, scope: scope), text))
    }

    /// The header `Authorization`.
    public func authorization(keyID: String, secret: String, date: String, scope: Scope) -> String {
        "\(Self.algorithm) Credential=\(keyID)/\(scope),Signature="
            + signature(secret: secret, date: date, scope: scope)
    }

    /// Percent-encodes as RFC 3986 does: all but letters, digits and `-_.~`.
    public static func percentEncoded(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The keys of the four steps, the last of which signs.
    static func signingKeys(secret: String, scope: Scope) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        var key = Array("aliyun_v4\(secret)".utf8)
        for step in [scope.day, scope.region, product, terminator] {
            key = Digest.hmacSHA256(key: key, Array(step.utf8))
            keys.append(key)
        }
        return keys
    }

    private static func signingKey(secret: String, scope: Scope) -> [UInt8] {
        signingKeys(secret: secret, scope: scope).last ?? []
    }

    private static func isSigned(_ name: String) -> Bool {
        name == "host" || name == "content-type" || name.hasPrefix("x-log-") || name.hasPrefix("x-acs-")
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)
}
