package import Logging
package import SLSClient
import SLSProtocol

/// Repeats the calls of a start while they fail in a way that may pass, for a minute in all.
package struct PatientCaller: Sendable {
    private static let patience = Duration.seconds(60)

    /// For one try of a call: all are small.
    package static let callTimeout = Duration.seconds(10)

    private let clock: ConsumerClock
    private let logger: Logger
    private let deadline: Instant

    /// - Parameter clock: Measures the minute, which begins now, and the waits.
    package init(clock: ConsumerClock, logger: Logger) {
        self.clock = clock
        self.logger = logger
        deadline = clock.now() + Self.patience
    }

    /// Makes the call until it succeeds.
    ///
    /// - Throws: The last failure: one for good, one of the certificate, or any after a minute.
    package func call<Value: Sendable>(
        _ name: String, _ body: () async throws(ClientError) -> Value
    ) async throws(ClientError) -> Value {
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        while true {
            do throws(ClientError) {
                return try await body()
            } catch {
                let wait = backoff.next(using: &random)
                guard error.isRetriable, !error.isCertificateProblem, clock.now() + wait < deadline, !Task.isCancelled
                else { throw error }
                logger.warning("a call failed, trying again", metadata: ["call": "\(name)", "error": "\(error)"])
                await clock.sleep(until: clock.now() + wait)
            }
        }
    }
}
