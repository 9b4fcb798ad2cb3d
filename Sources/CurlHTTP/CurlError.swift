/// Why a request brought no answer.
public struct CurlError: Error, Equatable {
    /// What went wrong, as far as a caller acts on it.
    public enum Kind: String, Sendable, CaseIterable {
        /// The host name, or the proxy's, has no address.
        case couldNotResolve
        /// Nobody accepts connections there, or no way leads there.
        case couldNotConnect
        /// The proxy refused to open the tunnel.
        case proxyRefused
        /// The request's timeout, or the one for connecting, ran out.
        case timeout
        /// The server's certificate comes from an authority that is not trusted here.
        case tlsUntrusted
        /// The server's certificate is past its time, or its time has not come.
        case tlsExpired
        /// The server's certificate is for another host name.
        case tlsWrongName
        /// Any other failure of TLS.
        case tlsOther
        /// The CA file is missing, unreadable or holds no certificate.
        case caFile
        /// The connection broke before the answer was whole. Whether the server saw the request is not known.
        case connectionLost
        /// The answer, or its head, is over the configured bound.
        case tooLarge
        /// The calling task was cancelled, or the client was shut down.
        case cancelled
        /// The client's bound of unanswered requests is reached; nothing was sent.
        case tooManyRequests
        /// The request cannot be sent as it is; nothing was sent.
        case invalidRequest
        /// What arrived is not HTTP.
        case malformedResponse
        /// Whatever libcurl reports beyond these.
        case other
    }

    /// What went wrong.
    public let kind: Kind
    /// libcurl's `CURLcode`; 0 where the failure is not libcurl's.
    public let code: Int
    /// What libcurl said, or what the client itself found.
    public let message: String

    /// Makes an error from its parts.
    public init(kind: Kind, code: Int = 0, message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }

    /// Whether the server's certificate is what stopped the request, so that a person is needed.
    public var isCertificateProblem: Bool {
        switch kind {
        case .tlsUntrusted, .tlsExpired, .tlsWrongName, .caFile: true
        default: false
        }
    }

    static func cancelled(_ message: String = "the request was cancelled") -> CurlError {
        CurlError(kind: .cancelled, message: message)
    }
}

extension CurlError: CustomStringConvertible {
    /// What happened, libcurl's words, and for certificates what to do.
    public var description: String {
        let detail = code == 0 ? message : "\(message) (libcurl error \(code))"
        guard let advice else { return detail }
        return "\(detail): \(advice)"
    }

    /// What the person who runs the program can do about it; nil where libcurl's words say enough.
    private var advice: String? {
        switch kind {
        case .tlsUntrusted:
            "the server's certificate is not signed by a trusted authority; "
                + "install the authority's certificate on this host or name its PEM file as the CA file"
        case .tlsExpired:
            "the server's certificate is not valid at this time; renew it, or correct this host's clock"
        case .tlsWrongName:
            "the server's certificate is for another host name; correct the endpoint, or give the server a "
                + "certificate for this name"
        case .caFile:
            "the CA file cannot be used; it must be a readable PEM file with at least one certificate"
        default: nil
        }
    }
}
