import Logging
import SLSClient
import SLSConsumer
import SLSProtocol

extension ShardDelivery {
    /// Sends one request: each log group byte for byte as it was pulled, but for the tag of its origin where that is on.
    ///
    /// - Returns: With what the target said, in a sentence for a person, where that was no.
    func put(_ write: Write) async -> (DeliveryAnswer, refusal: String?) {
        let place = outside.place(of: write)
        guard let client = write.isDeadLetter ? deadLetterClient : clients[write.target] else {
            preconditionFailure("write \(write.id) goes to a logstore there is none of")
        }
        do {
            try await client.limited(to: held.writeTimeout).putLogs(
                body(of: write), to: place.logstore, target: write.address)
            return (.accepted, nil)
        } catch let error as ClientError {
            let answer = DeliveryAnswer(error)
            log(error, answer, write, place)
            return (answer, "\(place) refuses the log group at \(write.cursor): \(error)")
        } catch {
            // A log group over two gigabytes: no service has stored one.
            outside.logger.error("a log group cannot be compressed", metadata: ["error": "\(error)"])
            return (.refusedData, "the log group at \(write.cursor) cannot be compressed: \(error)")
        }
    }

    private func log(
        _ error: ClientError, _ answer: DeliveryAnswer, _ write: Write, _ place: DispatcherSettings.Place
    ) {
        if answer == .notSent || answer == .alreadyStored { return }
        outside.counters.failed(stage: .put, code: error.code)
        held.countRetries(1)
        let metadata: Logger.Metadata = [
            "logstore": "\(place)", "shard": "\(held.id)", "cursor": "\(write.cursor)", "error": "\(error)",
        ]
        switch answer {
        case .refusedData where write.elements.count > 1:
            outside.troubles.log(
                .warning, "a request of several log groups is refused; each is sent alone",
                about: "\(place) \(error.code)", metadata: metadata)
        case .refusedData where outside.deadLetter != nil && !write.isDeadLetter:
            outside.troubles.log(
                .error, "the target refuses a log group; it goes to the dead-letter logstore",
                about: "\(place) \(error.code)", metadata: metadata)
        case .refusedData where write.deadLetter == .plain:
            outside.troubles.log(
                .warning, "the dead-letter logstore refuses a log group as it is; it is written there as text",
                about: "\(place) \(error.code)", metadata: metadata)
        case .refused, .refusedData:
            let refusing = write.isDeadLetter ? "dead-letter logstore" : "target"
            outside.troubles.log(
                .error, "the \(refusing) refuses a log group; the shard is blocked and the put tried every 30 s",
                about: "\(place) \(held.id)", metadata: metadata)
        default:
            outside.troubles.log(
                .warning, "a put failed and is tried again", about: "\(place) \(error.code)", metadata: metadata)
        }
    }
}
