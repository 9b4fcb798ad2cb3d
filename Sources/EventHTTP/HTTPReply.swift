/// What becomes of a request that a handler was given.
public enum HTTPReply: Sendable, Equatable {
    /// It is answered at once.
    case answer(HTTPResponse)
    /// It is answered after this time. The connection waits, and nothing more is read of it.
    case answerLater(HTTPResponse, after: Duration)
    /// It is handed out once more after this time, with its `handOutCount` grown, whether or not the client is still there.
    case handOutLater(after: Duration)
    /// It is not answered, and the connection stays open until the client closes it or the server stops.
    case silence
    /// It is not answered, and the connection is closed with a reset.
    case reset

    /// The answer that leaves now or later; nil where there is none.
    public var response: HTTPResponse? {
        switch self {
        case .answer(let response), .answerLater(let response, _): response
        case .handOutLater, .silence, .reset: nil
        }
    }
}
