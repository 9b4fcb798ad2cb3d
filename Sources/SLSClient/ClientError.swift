public import SLSProtocol

/// Why a call did not succeed.
public enum ClientError: Error, Hashable, Sendable {
    /// No answer came, or none that could be taken. Whether the service saw the request is in general not known.
    case transport(TransportFailure)
    /// The service refused.
    case api(APIError, requestID: String)
    /// An answer came that is not the service's, or not what its documentation says; `excerpt` is its beginning.
    case malformedResponse(reason: String, status: Int, excerpt: String, requestID: String?)
}

/// A request that got no answer.
public struct TransportFailure: Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, as far as a caller acts on it.
    public enum Kind: String, Sendable, CaseIterable {
        /// The host name, or the proxy's, has no address.
        case couldNotResolve
        /// Nobody accepts connections there.
        case couldNotConnect
        /// The proxy refused to open the tunnel.
        case proxyRefused
        /// Time ran out.
        case timeout
        /// The certificate's authority is not trusted.
        case tlsUntrusted
        /// The certificate is not valid at this time.
        case tlsExpired
        /// The certificate is for another host name.
        case tlsWrongName
        /// Any other failure of TLS.
        case tlsOther
        /// The CA file cannot be used.
        case caFile
        /// The connection broke before the answer was whole.
        case connectionLost
        /// The answer is over the transport's bound.
        case tooLarge
        /// The calling task was cancelled, or the transport was shut down.
        case cancelled
        /// Too many requests wait for an answer; this one was not sent.
        case tooManyRequests
        /// The request cannot be sent as it is.
        case invalidRequest
        /// What arrived is not HTTP.
        case malformedResponse
        /// Anything else.
        case other
    }

    /// What went wrong.
    public let kind: Kind
    /// The same in words, with what to do where a person can do something.
    public let message: String

    /// Makes a failure from its parts.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

extension ClientError {
    /// Whether the same request may succeed later, signed anew and after a wait; protocol.md 7.3, "Consequences".
    ///
    /// Among them are transport errors, answers that are not the service's, 5xx, quotas, and an expired request time,
    /// which the client corrects by the answer's clock. Everything else is a refusal for good or our own doing.
    public var isRetriable: Bool {
        switch self {
        case .transport(let failure):
            switch failure.kind {
            case .cancelled, .invalidRequest, .tooLarge: false
            default: true
            }
        case .malformedResponse: true
        case .api(let error, _):
            error.status >= 500 || error.status == 408 || isQuota || isClockSkew
                || Self.passingCodes.contains { error.code.means($0) }
        }
    }

    /// Whether the service refused for good: nothing but a change on either side helps.
    public var isRefusal: Bool {
        guard case .api = self else { return false }
        return !isRetriable
    }

    /// Whether the service asks for fewer requests or less data.
    public var isQuota: Bool {
        guard case .api(let error, _) = self else { return false }
        return error.status == 429 || Self.quotaCodes.contains { error.code.means($0) }
    }

    /// Whether the credentials are unknown, wrong, or not allowed to do this.
    public var isAuthorization: Bool {
        guard case .api(let error, _) = self else { return false }
        return error.status == 401 || (error.status == 403 && !isQuota)
    }

    /// Whether our clock is off by more than the service bears.
    public var isClockSkew: Bool { means(.requestTimeExpired) || means("RequestTimeTooSkewed") }

    /// Whether the task was cancelled, or the transport shut down.
    public var isCancelled: Bool {
        if case .transport(let failure) = self { failure.kind == .cancelled } else { false }
    }

    /// Whether the server's certificate or the CA file is what stopped it.
    public var isCertificateProblem: Bool {
        guard case .transport(let failure) = self else { return false }
        switch failure.kind {
        case .tlsUntrusted, .tlsExpired, .tlsWrongName, .caFile: return true
        default: return false
        }
    }

    /// Whether the service refused with this code, in any case and with the known misspelling of "Exist".
    public func means(_ code: APIError.Code) -> Bool { apiError?.code.means(code) ?? false }

    /// The service's refusal, if that is what it is.
    public var apiError: APIError? {
        if case .api(let error, _) = self { error } else { nil }
    }

    /// The service's `x-log-requestid`, if it answered.
    public var requestID: String? {
        switch self {
        case .transport: nil
        case .api(_, let id): id
        case .malformedResponse(_, _, _, let id): id
        }
    }

    /// A short word for metrics and logs: the service's code, or the kind of the failure.
    public var code: String {
        switch self {
        case .transport(let failure): failure.kind.rawValue
        case .api(let error, _): error.code.rawValue
        case .malformedResponse: "malformedResponse"
        }
    }

    private static let quotaCodes: [APIError.Code] = [
        .writeQuotaExceed, .readQuotaExceed, .shardWriteQuotaExceed, .shardReadQuotaExceed,
        .metaOperationQpsLimitExceeded,
    ]
    /// Codes for passing states whose status differs between pages.
    private static let passingCodes: [APIError.Code] = [.internalServerError, .requestTimeout, .serverBusy]
}

extension ClientError: CustomStringConvertible {
    /// One line for a person, with the request's id where there is one.
    public var description: String {
        switch self {
        case .transport(let failure): failure.message
        case .api(let error, let id): "\(error) (request \(id))"
        case .malformedResponse(let reason, let status, let excerpt, let id):
            "malformed answer with status \(status): \(reason)"
                + (excerpt.isEmpty ? "" : ": \(excerpt.debugDescription)")
                + (id.map { " (request \($0))" } ?? "")
        }
    }
}
