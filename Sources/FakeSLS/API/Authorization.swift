internal import SLSProtocol

/// The header `Authorization`, taken apart.
enum Authorization {
    /// `LOG <key>:<signature>`.
    case v1(key: String, signature: String)
    /// `SLS4-HMAC-SHA256 Credential=<key>/<scope>,Signature=<signature>`.
    case v4(key: String, scope: SignatureV4.Scope, signature: String)

    /// The access key that the request claims.
    var key: String {
        switch self {
        case .v1(let key, _), .v4(let key, _, _): key
        }
    }

    /// - Throws: `ParameterInvalid` when it is neither form, `MissAccessKeyId` when it names no key.
    init(_ header: String) throws(APIError) {
        let words = header.split(separator: " ", maxSplits: 1).map { String($0) }
        guard words.count == 2 else { throw Self.malformed }
        switch words[0] {
        case "LOG": self = try Self.v1(words[1])
        case SignatureV4.algorithm: self = try Self.v4(words[1])
        default: throw Self.malformed
        }
    }

    private static func v1(_ text: String) throws(APIError) -> Authorization {
        guard let colon = text.firstIndex(of: ":") else { throw malformed }
        let signature = text[text.index(after: colon)...].filter { $0 != " " }
        let key = try named(text[..<colon])
        guard !signature.isEmpty else { throw malformed }
        return .v1(key: key, signature: signature)
    }

    /// Blanks around the comma are no matter, nor is the order.
    private static func v4(_ text: String) throws(APIError) -> Authorization {
        var fields: [Substring: Substring] = [:]
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { throw malformed }
            fields[pair[0].filter { $0 != " " }[...]] = pair[1].filter { $0 != " " }[...]
        }
        guard let credential = fields["Credential"], let signature = fields["Signature"], !signature.isEmpty,
            let slash = credential.firstIndex(of: "/"),
            let scope = SignatureV4.Scope(String(credential[credential.index(after: slash)...]))
        else { throw malformed }
        return .v4(key: try named(credential[..<slash]), scope: scope, signature: String(signature))
    }

    private static func named(_ key: Substring) throws(APIError) -> String {
        guard !key.isEmpty else { throw APIError(.missAccessKeyID, "the header Authorization names no access key") }
        return String(key)
    }

    private static let malformed = APIError.parameterInvalid(
        "the header Authorization is malformed: expected \"LOG <AccessKeyId>:<signature>\" or \"SLS4-HMAC-SHA256 "
            + "Credential=<AccessKeyId>/<day>/<region>/sls/aliyun_v4_request,Signature=<signature>\"")
}
