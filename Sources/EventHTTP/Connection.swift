import Glibc

/// One client's connection: a socket, the parser of its requests, and the answer that is being written.
///
/// Loop thread only. Its owner is the `ServerLoop`, until `close()`.
final class Connection {
    /// What the connection is doing; decides what is read and which deadline holds.
    enum State: Equatable {
        /// Waits for a request, or collects one.
        case reading
        /// Has a whole request that the current turn will answer.
        case ready
        /// Writes an answer.
        case answering(closesAfterwards: Bool)
        /// Has a whole request that is answered later, or never.
        case held
        /// Has read the head of a `CONNECT` and waits for the first byte of what goes on inside.
        case openingTunnel
        /// Has ended sending and reads on, so that what the client still sends does not destroy the answer.
        case lingering
        case closed
    }

    unowned let server: ServerLoop
    let descriptor: Int32
    let peerAddress: String
    /// The numeric address and port that the client connected to.
    let localAddress: String
    let parser: RequestParser
    var state = State.reading
    var stream: ByteStream
    var output = OutputQueue()
    /// Bytes read beyond the request that is being answered: at most one read's worth, because nothing more is read
    /// before that.
    var pending: ArraySlice<UInt8> = []
    /// Whether the client has ended its sending side.
    var inputEnded = false
    /// Whether TLS must write before it can read on.
    var readWaitsForWritable = false
    /// Whether the request that is held is never answered.
    private(set) var isSilent = false
    /// Fires when the client of a held request has gone.
    private var hangUpEvent: Event?
    /// The host of the tunnel this connection has become, if it has.
    var tunnelHost: String?
    /// Whether the deadline is still that of the TLS handshake.
    var isHandshaking = false
    /// How much a lingering connection has read and thrown away, in bytes.
    var discardedByteCount = 0
    private(set) lazy var readEvent = Event.readable(descriptor, on: server.loop) { [unowned self] in advance() }
    private lazy var writeEvent = Event.writable(descriptor, on: server.loop) { [unowned self] in advance() }
    private lazy var timer = Event.timer(on: server.loop) { [unowned self] in timerFired() }
    /// When the current state is to end, and when the timer fires next (never later), in the loop's nanoseconds.
    private var deadline: Int64 = 0
    private var timerFiresAt: Int64?

    /// Takes over the descriptor.
    init(descriptor: Int32, peerAddress: String, stream: ByteStream, server: ServerLoop) {
        self.descriptor = descriptor
        self.peerAddress = peerAddress
        localAddress = SocketAddress.localAddress(of: descriptor)
        self.stream = stream
        self.server = server
        parser = RequestParser(
            headByteLimit: server.configuration.headByteLimit, bodyByteLimit: server.configuration.bodyByteLimit)
    }

    /// Starts waiting for requests.
    func start() {
        startReading()
        updateInterest()
    }

    /// Waits for the first request on the stream as it is now.
    func startReading() {
        state = .reading
        isHandshaking = !stream.isEstablished
        setDeadline(after: isHandshaking ? server.configuration.requestTimeout : server.configuration.idleTimeout)
    }

    /// Whether nothing would be lost by closing now.
    var isIdle: Bool {
        (state == .reading || state == .openingTunnel) && !parser.hasBegun && pending.isEmpty && output.isEmpty
            && !stream.hasBufferedInput
    }

    /// Goes on as far as the socket allows: writes what waits, reads what is wanted.
    func advance() {
        guard state != .closed else { return }
        flush()
        read()
        updateInterest()
    }

    /// Closes at once; what was not sent is lost.
    func close() {
        guard state != .closed else { return }
        stopHolding()
        state = .closed
        readEvent.remove()
        writeEvent.remove()
        timer.remove()
        Glibc.close(descriptor)
        server.closed(self)
    }

    /// Closes at once, and lets the client see that it was not for having finished.
    func reset() {
        guard state != .closed else { return }
        var linger = linger(l_onoff: 1, l_linger: 0)
        // Where it fails the client sees the end of the stream, and no answer either.
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        close()
    }

    /// Keeps the request that is ready unanswered, for now or until the client goes.
    ///
    /// A client that ends its sending side counts as gone: whoever still wants an answer keeps it open.
    func hold(isSilent: Bool) {
        guard state == .ready || state == .held else { return }
        state = .held
        self.isSilent = isSilent
        if isSilent { server.silentCount += 1 }
        let event = Event.hangUp(descriptor, on: server.loop) { [unowned self] in close() }
        event.add()
        hangUpEvent = event
        updateInterest()
    }

    /// The request that is held is answered now, or the connection closes.
    func stopHolding() {
        guard state == .held else { return }
        if isSilent { server.silentCount -= 1 }
        isSilent = false
        hangUpEvent = nil
    }

    /// Closes a connection on which nothing is under way.
    func closePolitely() {
        stream.endSending()
        close()
    }

    /// Says when the current state is to end; replaces what was said before.
    func setDeadline(after delay: Duration) {
        let (seconds, attoseconds) = delay.components
        deadline = server.loop.now + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        // A timer that fires too early looks again, so that requests that come and go do not each set it.
        if let timerFiresAt, timerFiresAt <= deadline { return }
        timerFiresAt = deadline
        timer.schedule(after: delay)
    }

    /// Watches the socket for what the state needs.
    func updateInterest() {
        guard state != .closed else { return }
        // A request that is ready is answered before the loop waits again: no need to look away and back.
        if state == .ready && output.isEmpty { return }
        if wantsInput && output.isEmpty { readEvent.add() } else { readEvent.remove() }
        if !output.isEmpty || readWaitsForWritable { writeEvent.add() } else { writeEvent.remove() }
    }

    /// Whether bytes may be read in this state.
    var wantsInput: Bool {
        switch state {
        case .reading, .openingTunnel, .lingering: !inputEnded
        case .ready, .held, .answering, .closed: false
        }
    }

    private func timerFired() {
        timerFiresAt = nil
        guard state != .closed else { return }
        let rest = deadline - server.loop.now
        if rest > 0 {
            timerFiresAt = deadline
            return timer.schedule(after: .nanoseconds(rest))
        }
        switch state {
        case .reading where parser.hasBegun:
            violate(.timedOut(limit: server.configuration.requestTimeout))
            updateInterest()
        case .reading where isIdle: closePolitely()
        case .ready, .held: setDeadline(after: server.configuration.requestTimeout)
        case .reading, .answering, .openingTunnel, .lingering, .closed: close()
        }
    }
}
