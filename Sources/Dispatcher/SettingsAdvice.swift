public import SLSClient
import SLSConsumer
import SLSProtocol

/// An error that the failure of a call may have caused.
public protocol CausedByCall: Error {
    /// That failure; nil where it was something else.
    var cause: ClientError? { get }
}

extension CausedByCall {
    /// Which settings a person should look at, in a sentence; nil where they are not to blame.
    public var settingsToCheck: String? {
        guard let cause else { return nil }
        if case .transport(let failure) = cause, [.tlsUntrusted, .caFile].contains(failure.kind) {
            return "The CA file is that of SLS_CA_FILE."
        }
        let isUnknown = cause.means(.signatureNotMatch) || cause.apiError?.status == 401
        return isUnknown ? "Check SLS_AK_ID and SLS_AK_KEY." : nil
    }
}

extension ClientError: CausedByCall {
    /// Itself.
    public var cause: ClientError? { self }
}

extension DispatchError: CausedByCall {
    /// The call without which nothing could start.
    public var cause: ClientError? {
        switch self {
        case .check(_, let error), .time(let error), .transport(let error), .consumer(.call(_, let error)): error
        default: nil
        }
    }
}

extension CheckpointBook.Failure: CausedByCall {
    /// The call that failed.
    public var cause: ClientError? {
        switch self {
        case .call(let error): error
        case .of(_, let failure): failure.cause
        default: nil
        }
    }
}

extension DeadLetterReplay.Failure: CausedByCall {
    /// The call that failed.
    public var cause: ClientError? {
        switch self {
        case .call(let error), .reading(.call(let error)): error
        default: nil
        }
    }
}

extension DeliveryAudit.Failure: CausedByCall {
    /// The call that failed.
    public var cause: ClientError? {
        switch self {
        case .call(let error), .reading(.call(let error)): error
        default: nil
        }
    }
}

extension IdempotenceProbe.Failure: CausedByCall {
    /// The call that failed.
    public var cause: ClientError? {
        if case .call(let error) = self { error } else { nil }
    }
}
