package import Logging
package import SLSClient
import SLSProtocol

/// Repeats the calls of a start as long as `Patience` says.
package struct PatientCaller: Sendable {
    private let clock: ConsumerClock
    private let logger: Logger
    private let deadline: Patience.Deadline

    /// - Parameter clock: Measures the minute, which begins now, and the waits.
    package init(clock: ConsumerClock, logger: Logger) {
        self.clock = clock
        self.logger = logger
        deadline = Patience.Deadline(now: clock.now())
    }

    /// Makes the call until it succeeds.
    ///
    /// - Throws: The last failure: one for good, one of the certificate, or any after a minute.
    package func call<Value: Sendable>(
        _ name: String, _ body: () async throws(ClientError) -> Value
    ) async throws(ClientError) -> Value {
        var patience = Patience(until: deadline)
        var random = SystemRandomNumberGenerator()
        while true {
            do throws(ClientError) {
                return try await body()
            } catch {
                guard let next = patience.retry(after: error, now: clock.now(), using: &random), !Task.isCancelled
                else { throw error }
                logger.warning("a call failed, trying again", metadata: ["call": "\(name)", "error": "\(error)"])
                await clock.sleep(until: next)
            }
        }
    }
}
