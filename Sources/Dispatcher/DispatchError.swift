public import SLSClient
public import SLSConsumer
public import SLSProtocol

/// Why the dispatcher could not start, or had to stop.
public enum DispatchError: Error, Sendable, CustomStringConvertible {
    /// Logstores or projects that the settings name and the service does not know, all of them.
    case missing([String])
    /// The service could not be asked about a logstore.
    case check(logstore: String, ClientError)
    /// The service could not be asked for its time.
    case time(ClientError)
    /// The start is still to come by the service's clock, which no mode that rests on it may begin at.
    case startToCome(Timestamp, now: Timestamp)
    /// No consumer name could be had.
    case identity(ConsumerIdentity.Failure)
    /// The consumer could not join its group, or had to leave it.
    case consumer(ConsumerError)
    /// The HTTP client could not be started.
    case transport(ClientError)

    /// A sentence or more for a person, with what to do.
    public var description: String { sentence + (settingsToCheck.map { ". \($0)" } ?? "") }

    private var sentence: String {
        switch self {
        case .missing(let names):
            "does not exist: \(names.joined(separator: "; ")). Create it, or correct the variable that names it."
        case .check(let logstore, let error): "GetLogstore of \(logstore) failed: \(error)"
        case .time(let error): "the service cannot be asked for its time, to compare the start with: \(error)"
        case .startToCome(let start, let now):
            "the start \(start.iso8601) is still to come for the service, whose clock says \(now.iso8601): what arrives until "
                + "then would be delivered here and left out there. Write SLS_CURSOR_START=\(now.iso8601), or begin; or "
                + "start again in \(start.seconds - now.seconds) s."
        case .identity(let failure): failure.description
        case .consumer(let error): error.description
        case .transport(let error): "the HTTP client cannot start: \(error)"
        }
    }
}
