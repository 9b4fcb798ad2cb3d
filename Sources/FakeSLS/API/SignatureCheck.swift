internal import EventHTTP
internal import SLSProtocol

/// Compares a request's signature with the one that its secret gives, and says what differs.
struct SignatureCheck {
    /// How much of the text that the server built is shown at most, bytes.
    static let shownByteLimit = 8_192

    let parts: SignedParts
    let target: RequestTarget
    /// As given by the client.
    let signature: String
    /// The text that the client must have signed, for these parts.
    let text: (SignedParts) -> String
    /// The signature of such parts.
    let sign: (SignedParts) -> String

    /// Signature V1 of a request.
    static func v1(
        _ request: HTTPRequest, _ target: RequestTarget, secret: String, method: SignatureV1.Method, signature: String
    ) -> SignatureCheck {
        func signed(_ parts: SignedParts) -> SignatureV1 {
            SignatureV1(method: parts.method, path: parts.path, query: parts.query, headers: parts.headers)
        }
        return SignatureCheck(
            parts: SignedParts(request, target), target: target, signature: signature,
            text: { signed($0).canonicalString }, sign: { signed($0).signature(secret: secret, method: method) })
    }

    /// Signature V4 of a request.
    ///
    /// - Parameter date: The header `x-log-date`.
    static func v4(
        _ request: HTTPRequest, _ target: RequestTarget, secret: String, date: String, scope: SignatureV4.Scope,
        signature: String
    ) -> SignatureCheck {
        func signed(_ parts: SignedParts) -> SignatureV4 {
            SignatureV4(method: parts.method, path: parts.path, query: parts.query, headers: parts.headers)
        }
        return SignatureCheck(
            parts: SignedParts(request, target), target: target, signature: signature,
            text: { signed($0).canonicalString },
            sign: { signed($0).signature(secret: secret, date: date, scope: scope) })
    }

    /// - Throws: `SignatureNotMatch` with the text that the server built and, where it can be told, what the client did
    ///   otherwise; never with the secret, the right signature or a token.
    func verify() throws(APIError) {
        guard !parts.officialReadings(decodedPath: target.decodedPath).contains(where: matches) else { return }
        throw APIError(
            .signatureNotMatch,
            "Signature \(signature.prefix(100)) is not matched. \(difference) The server built this text: \(shownText)")
    }

    private func matches(_ parts: SignedParts) -> Bool { Digest.isEqual(sign(parts), signature) }

    private var difference: String {
        let mistake = parts.mistakenReadings(authority: target.authority).first { matches($0.parts) }
        if let mistake { return "The key is right, but \(mistake.sentence)." }
        return "No usual mistake explains it: either the secret is another, or the text differs from what was signed."
    }

    /// The text without the security token, which is a secret too.
    private var shownText: String {
        var shown = parts
        shown.headers = parts.headers.map { name, value in
            name.lowercased() == "x-acs-security-token" ? (name, "<the token as sent>") : (name, value)
        }
        let text = text(shown)
        guard text.utf8.count > Self.shownByteLimit else { return text }
        return String(decoding: text.utf8.prefix(Self.shownByteLimit), as: UTF8.self) + "…"
    }
}
