/// The text that signature V1 signs, and the signature over it; one code for the client that signs and the server that
/// verifies, checked against vectors made by the official Python SDK.
///
/// Source: page "Request signatures"; aliyun-log-python-sdk `auth.py`, aliyun-log-go-sdk `signature_v1.go`.
public struct SignatureV1: Sendable {
    /// The code by which the text is signed, as named by `x-log-signaturemethod`.
    public enum Method: String, Sendable {
        /// What every SDK but the OpenAPI one sends.
        case hmacSHA1 = "hmac-sha1"
        /// The OpenAPI SDK's.
        case hmacSHA256 = "hmac-sha256"
    }

    /// The exact text that is signed; it holds no secret.
    public let canonicalString: String

    /// Builds the text to sign.
    ///
    /// - Parameters:
    ///   - method: The verb, upper-case.
    ///   - path: The path without the query: as sent, or percent-decoded where the client signs that (Python does).
    ///   - query: Parameters in any order, names and values decoded; a nil value is a parameter that had no `=`.
    ///   - headers: All headers as sent, in any order and case; those that are not signed are left out here.
    public init(
        method: String, path: String, query: [(name: String, value: String?)], headers: [(name: String, value: String)]
    ) {
        var first: [String: String] = [:]
        var signed: [(name: String, value: String)] = []
        for (name, value) in headers {
            let name = name.lowercased()
            if first[name] == nil { first[name] = value }
            if (name.hasPrefix("x-log-") || name.hasPrefix("x-acs-")) && name != "x-log-date" {
                signed.append((name, value.trimmedOfBlanks))
            }
        }
        signed.sort { $0.name.precedesInBytes($1.name) }
        var text = method + "\n"
        text += (first["content-md5"] ?? "") + "\n"
        text += (first["content-type"] ?? "") + "\n"
        text += (first["x-log-date"] ?? first["date"] ?? "") + "\n"
        for (name, value) in signed { text += "\(name):\(value)\n" }
        text += path
        let parameters = query.sorted { $0.name.precedesInBytes($1.name) }
        if !parameters.isEmpty {
            text += "?"
            text += parameters.map { name, value in value.map { "\(name)=\($0)" } ?? name }.joined(separator: "&")
        }
        canonicalString = text
    }

    /// The signature: base64 of the code over the canonical string.
    public func signature(secret: String, method: Method = .hmacSHA1) -> String {
        let (key, text) = (Array(secret.utf8), Array(canonicalString.utf8))
        return switch method {
        case .hmacSHA1: Base64.encode(Digest.hmacSHA1(key: key, text))
        case .hmacSHA256: Base64.encode(Digest.hmacSHA256(key: key, text))
        }
    }
}

extension String {
    /// The order in which names are signed; `<` would compare what they look like instead.
    func precedesInBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// Without spaces and tabs at both ends.
    var trimmedOfBlanks: String {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard let first = utf8.firstIndex(where: { !isBlank($0) }), let last = utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
