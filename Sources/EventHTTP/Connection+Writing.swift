extension Connection {
    /// The request that is ready; the connection then owes one `respond`.
    func takeRequest() -> HTTPRequest {
        parser.takeRequest(peerAddress: peerAddress, localAddress: localAddress, isSecure: stream.isSecure)
    }

    /// Answers the request that was taken.
    func respond(_ response: HTTPResponse) {
        // The connection may have been closed by a broken socket since its request was handed out.
        guard state == .ready || state == .held else { return }
        stopHolding()
        let closes = !parser.keepsAlive || server.isStopping || response.headers.mentions("close", in: "Connection")
        enqueue(response, isHead: parser.method == "HEAD", closesAfterwards: closes)
        flush()
        updateInterest()
    }

    /// Answers what is no request, or none that can be served, and closes.
    func violate(_ violation: HTTPViolation) {
        pending = []
        enqueue(server.violation(violation), isHead: parser.method == "HEAD", closesAfterwards: true)
        flush()
    }

    /// Sends bytes that are not an answer.
    func send(_ bytes: [UInt8]) {
        output.append(bytes)
        flush()
    }

    /// Writes what waits, and goes on to the next state when an answer is out.
    func flush() {
        guard state != .closed else { return }
        if !output.isEmpty {
            let (outcome, hasProgressed) = output.write(to: stream)
            if outcome == .failed { return close() }
            if outcome == .wouldBlock {
                if hasProgressed, case .answering = state { setDeadline(after: server.configuration.writeTimeout) }
                return
            }
        }
        guard case .answering(let closesAfterwards) = state else { return }
        if closesAfterwards { return beginToLinger() }
        state = .reading
        setDeadline(after: server.configuration.idleTimeout)
        // What was read already is served on the next turn; the socket would not tell of it.
        if !pending.isEmpty || stream.hasBufferedInput { readEvent.activate() }
    }

    private func enqueue(_ response: HTTPResponse, isHead: Bool, closesAfterwards: Bool) {
        let carriesBody = response.status >= 200 && response.status != 204 && response.status != 304
        let connection = closesAfterwards ? "close" : parser.isVersion10 ? "keep-alive" : nil
        var head = server.headWriter.head(for: response, carriesBody: carriesBody, connection: connection)
        if carriesBody && !isHead {
            if response.body.count <= Self.joinedBodyByteLimit {
                head.append(contentsOf: response.body)
                output.append(head)
            } else {
                output.append(head)
                output.append(response.body)
            }
        } else {
            output.append(head)
        }
        state = .answering(closesAfterwards: closesAfterwards)
        setDeadline(after: server.configuration.writeTimeout)
    }

    /// Bodies up to this go out in one piece with their head, which is one system call and one TLS record less.
    private static let joinedBodyByteLimit = 8 << 10

    private func beginToLinger() {
        stream.endSending()
        pending = []
        if inputEnded { return close() }
        state = .lingering
        setDeadline(after: server.isStopping ? .milliseconds(250) : .seconds(2))
    }
}
