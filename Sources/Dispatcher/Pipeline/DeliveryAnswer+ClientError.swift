package import SLSClient
import SLSProtocol

extension DeliveryAnswer {
    /// Codes that are about the log groups of the request, and not about who sends them where.
    private static let dataCodes: [APIError.Code] = [
        .postBodyInvalid, .postBodyTooLarge, .invalidKey, "InvalidTimestamp", "InvalidEncoding",
    ]

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
        case .malformedResponse: self = .unanswered
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
