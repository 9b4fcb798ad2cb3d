package import SLSClient
package import SLSProtocol

/// How long the calls of a start are repeated while they fail in a way that may pass: a minute in all.
package struct Patience: Sendable {
    /// The end of the minute that all calls of a start share.
    package struct Deadline: Sendable {
        fileprivate let end: Instant

        /// The minute begins now.
        package init(now: Instant) { end = now + .seconds(60) }
    }

    /// For one try of a call: all are small.
    package static let callTimeout = Duration.seconds(10)
    /// For one by which the group is made: others wait for what its maker saves, 10 s in all.
    package static let makingTimeout = Duration.seconds(4)

    private let deadline: Deadline
    private var backoff = Backoff()

    /// The tries of one call.
    package init(until deadline: Deadline) { self.deadline = deadline }

    /// When to try again after a failure; nil when it is one for good, one of the certificate, or the minute is over.
    package mutating func retry(
        after error: ClientError, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> Instant? {
        let next = now + backoff.next(using: &generator)
        return error.isRetriable && !error.isCertificateProblem && next < deadline.end ? next : nil
    }
}
