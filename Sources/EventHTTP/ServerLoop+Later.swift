// MARK: - Replies that do not leave at once
extension ServerLoop {
    /// A request that was handed out, or is to be once more, and where its answer goes.
    struct Delivery {
        let request: HTTPRequest
        /// Closed by now, perhaps; then nobody hears the answer.
        let connection: Connection
    }

    /// Does with a request what the handler said.
    func carryOut(_ reply: HTTPReply, for delivery: Delivery) {
        let connection = delivery.connection
        switch reply {
        case .answer(let response): connection.respond(response)
        case .reset: connection.reset()
        case .answerLater(let response, let delay):
            guard let held = beginToHold(connection) else { return }
            later(after: delay) { [unowned self] in
                endToHold(held)
                connection.respond(response)
            }
        case .handOutLater(let delay):
            guard let held = beginToHold(connection) else { return }
            later(after: delay) { [unowned self] in
                endToHold(held)
                var request = delivery.request
                request.handOutCount += 1
                handOut(Delivery(request: request, connection: connection))
            }
        case .silence:
            // It is over when the client goes, so its connection is all there is to count.
            guard heldCount < configuration.heldRequestLimit else { return connection.reset() }
            connection.hold(isSilent: true)
        }
    }

    /// Requests that wait for their time, and connections that are never answered.
    private var heldCount: Int { timers.count + silentCount }

    /// - Returns: nil where no more may be held: the connection is reset then.
    private func beginToHold(_ connection: Connection) -> Int? {
        guard heldCount < configuration.heldRequestLimit else {
            connection.reset()
            return nil
        }
        connection.hold(isSilent: false)
        nextTimer += 1
        return nextTimer
    }

    private func later(after delay: Duration, _ work: @escaping () -> Void) {
        let timer = Event.timer(on: loop, work)
        timers[nextTimer] = timer
        timer.schedule(after: delay)
    }

    private func endToHold(_ held: Int) { timers[held] = nil }
}
