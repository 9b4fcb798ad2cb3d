package import SLSClient
import SLSProtocol

extension DeliveryAnswer {
    /// Codes that are about the log groups of the request, and not about who sends them where.
    private static let dataCodes: [APIError.Code] = [
        .postBodyInvalid, .postBodyTooLarge, .invalidKey, "InvalidTimestamp", "InvalidEncoding",
    ]

    /// What an answer means that is not the service's own, but that of a proxy or a gateway before it.
    ///
    /// One that refuses has passed nothing on. Two say that time ran out, perhaps after it had.
    private static func strangers(_ status: Int) -> DeliveryAnswer {
        switch status {
        case 408, 499: .unanswered
        case 413: .refusedData
        case 401, 403, 405, 407, 415: .refused
        case 400..<500: .postponed
        default: .unanswered
        }
    }

    /// What a failed put means for its log groups.
    package init(_ error: ClientError) {
        switch error {
        case .transport(let failure):
            self =
                switch failure.kind {
                case .cancelled: .notSent
                case .invalidRequest: .refused
                // Nobody was there who could have stored anything.
                case .couldNotResolve, .couldNotConnect, .proxyRefused, .tooManyRequests: .postponed
                default: .unanswered
                }
        case .malformedResponse(_, let status, _, _): self = Self.strangers(status)
        case .api(let refusal, _):
            if error.means(.invalidSequenceID) {
                self = .alreadyStored
            } else if error.isRetriable {
                self = refusal.status >= 500 ? .unanswered : .postponed
            } else {
                self = Self.dataCodes.contains { error.means($0) } ? .refusedData : .refused
            }
        }
    }
}
