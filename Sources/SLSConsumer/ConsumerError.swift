public import SLSClient
public import SLSProtocol

/// Why a consumer could not start, or had to stop.
public enum ConsumerError: Error, Sendable, CustomStringConvertible {
    /// The logstore has as many consumer groups as it may have; `existing` are their names.
    case quotaExceeded(APIError, logstore: LogstoreName, existing: [String])
    /// The group's timeout leaves no time to work in.
    case timeoutTooShort(group: ConsumerGroupName, timeout: Duration)
    /// The group was deleted while it was consumed.
    case groupDeleted(ConsumerGroupName)
    /// Settings are outside their ranges; all of them are named. Nothing was sent.
    case invalidConfiguration([ConfigurationMistake])
    /// `run` was called a second time: a consumer runs once, then another one is to be made.
    case alreadyRun(ConsumerName)
    /// No consumer name could be had.
    case identity(ConsumerIdentity.Failure)
    /// A call without which nothing can start failed for good, or for longer than a minute.
    case call(String, ClientError)

    /// A sentence or two for a person, with what to do.
    public var description: String {
        switch self {
        case .quotaExceeded(let error, let logstore, let existing):
            "\(error.code): logstore \"\(logstore)\" takes no further consumer group (\(error.message)); the groups that "
                + "exist: \(existing.joined(separator: ", ")). Delete one that is not used, use one of them, or have the "
                + "quota raised."
        case .timeoutTooShort(let group, let timeout):
            "consumer group \"\(group)\" has a timeout of \(timeout.components.seconds) s, less than the 6 s that a lease "
                + "needs; set it to 6 s or more, or use another group"
        case .groupDeleted(let group):
            "consumer group \"\(group)\" was deleted while it was consumed; start again to make it anew"
        case .invalidConfiguration(let mistakes):
            "the consumer's configuration cannot be used: " + mistakes.map(\.description).joined(separator: "; ")
        case .alreadyRun(let consumer):
            "consumer \"\(consumer)\" was run before, and a consumer runs once; make another one"
        case .identity(let failure): failure.description
        case .call(let name, let error): "\(name) failed: \(error)"
        }
    }
}
