import Glibc
import System

/// Everything a running server holds: the loop, the listeners, the connections, the requests of the current turn.
///
/// Made on one thread and then used by the one that runs it.
// @unchecked Sendable: handed over once, from the initialiser of `HTTPServer` to the thread that calls `run()`.
@safe final class ServerLoop: @unchecked Sendable {
    let loop: EventLoop
    let configuration: HTTPServer.Configuration
    /// For `CONNECT`; nil where no tunnel can be opened.
    let tunnelContext: TLSContext?
    let violation: @Sendable (HTTPViolation) -> HTTPResponse
    /// Where reads go whose bytes do not stay; used within one call only.
    let scratch: UnsafeMutableRawBufferPointer
    var headWriter = ResponseHeadWriter()
    /// Whether answers now end their connections.
    private(set) var isStopping = false
    static let scratchByteCount = 64 << 10
    /// The timers of requests that wait, by the order in which they began to.
    var timers: [Int: Event] = [:]
    var nextTimer = 0
    /// How many connections wait for an answer that never comes.
    var silentCount = 0
    private let handler: @Sendable ([HTTPRequest]) -> [HTTPReply]
    private let control: ServerControl
    private let listenerContext: TLSContext?
    private var listeners: [Listener] = []
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var ready: [Connection] = []
    /// What is handed out once more in the next turn.
    private var dueAgain: [Delivery] = []
    private var turnIsDue = false
    private var stopTimeIsUp = false
    private var acceptingIsPaused = false
    private lazy var wakeEvent = Event.readable(control.wakeUp.descriptor, on: loop) { [unowned self] in
        control.wakeUp.clear()
        if control.takeTurnRequest() { turnIsDue = true }
    }
    private lazy var turnTimer = Event.timer(on: loop) { [unowned self] in
        turnIsDue = true
        scheduleTurn()
    }
    private lazy var stopTimer = Event.timer(on: loop) { [unowned self] in stopTimeIsUp = true }
    private lazy var acceptTimer = Event.timer(on: loop) { [unowned self] in acceptAgain() }

    init(
        configuration: HTTPServer.Configuration, sockets: [(socket: ListeningSocket, isSecure: Bool)],
        authority: CertificateAuthority?, control: ServerControl,
        handler: @escaping @Sendable ([HTTPRequest]) -> [HTTPReply],
        violation: @escaping @Sendable (HTTPViolation) -> HTTPResponse
    ) throws(EventHTTPError) {
        loop = try EventLoop()
        let addresses = sockets.map { $0.socket.host }
        let own = try configuration.certificate.map { files throws(EventHTTPError) in try TLSContext(.files(files)) }
        let leaves = try authority.map { authority throws(EventHTTPError) in
            try TLSContext(.authority(authority, names: ["localhost"], addresses: Self.unique(addresses)))
        }
        listenerContext = own ?? leaves
        tunnelContext = leaves ?? own
        self.configuration = configuration
        self.control = control
        self.handler = handler
        self.violation = violation
        unsafe scratch = .allocate(byteCount: Self.scratchByteCount, alignment: 16)
        for (socket, isSecure) in sockets {
            let listener = try Listener(
                socket: socket, isSecure: isSecure, loop: loop,
                accepted: { [unowned self] in accepted($0, from: $1, isSecure: isSecure) },
                failed: { [unowned self] _ in acceptFailed() })
            listeners.append(listener)
        }
    }

    deinit { unsafe scratch.deallocate() }

    /// Loopback, whose clients come in on listeners for all addresses too, and these; each once.
    private static func unique(_ addresses: [String]) -> [String] {
        var unique = ["127.0.0.1", "::1"]
        for address in addresses where !unique.contains(address) { unique.append(address) }
        return unique
    }

    /// Serves until told to stop; then everything is closed.
    func run() {
        wakeEvent.add()
        scheduleTurn()
        while control.request == nil {
            loop.turn()
            answerTurn()
        }
        if control.request == .graceful { finishRequests() }
        closeAll()
    }

    private func scheduleTurn() { turnTimer.schedule(after: configuration.turnInterval) }

    /// Takes part in the next answering. The connection is `ready`.
    func becameReady(_ connection: Connection) { ready.append(connection) }

    /// Gives a request to the handler in the next answering.
    func handOut(_ delivery: Delivery) { dueAgain.append(delivery) }

    /// Forgets a connection that has closed itself.
    func closed(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        control.countClosed()
        if acceptingIsPaused && connections.count < configuration.connectionLimit { acceptAgain() }
    }

    /// Hands all requests that became whole in this turn to the handler, and its answers to their connections.
    private func answerTurn() {
        guard turnIsDue || !ready.isEmpty || !dueAgain.isEmpty else { return }
        turnIsDue = false
        var batch = dueAgain
        dueAgain = []
        for connection in ready where connection.state == .ready {
            batch.append(Delivery(request: connection.takeRequest(), connection: connection))
        }
        ready.removeAll(keepingCapacity: true)
        let replies = handler(batch.map(\.request))
        // Deadlines of what follows do not count the handler's own time.
        loop.timeHasPassed()
        precondition(
            replies.count == batch.count, "the handler gave \(replies.count) replies to \(batch.count) requests")
        for (delivery, reply) in zip(batch, replies) { carryOut(reply, for: delivery) }
    }
}

// MARK: - Accepting
extension ServerLoop {
    private func accepted(_ descriptor: Int32, from peerAddress: String, isSecure: Bool) {
        let stream: ByteStream
        if isSecure, let listenerContext {
            stream = .secure(TLSStream(listenerContext, descriptor: descriptor))
        } else {
            stream = .plain(descriptor: descriptor)
        }
        let connection = Connection(
            descriptor: descriptor, peerAddress: peerAddress, stream: stream, server: self)
        connections[ObjectIdentifier(connection)] = connection
        control.countAccepted()
        connection.start()
        if connections.count >= configuration.connectionLimit { pauseAccepting() }
    }

    /// Most often descriptors have run out: the connection stays in the kernel and would be tried again at once.
    private func acceptFailed() {
        pauseAccepting()
        acceptTimer.schedule(after: .milliseconds(100))
    }

    private func pauseAccepting() {
        acceptingIsPaused = true
        for listener in listeners { listener.setEnabled(false) }
    }

    private func acceptAgain() {
        guard connections.count < configuration.connectionLimit else { return }
        acceptingIsPaused = false
        for listener in listeners { listener.setEnabled(true) }
    }
}

// MARK: - Stopping
extension ServerLoop {
    /// Answers what has begun, within the time allowed, and nothing new.
    private func finishRequests() {
        isStopping = true
        stopTimer.schedule(after: configuration.stopTimeout)
        // What has reached the kernel so far counts as begun: one turn accepts, the next reads.
        for _ in 0..<2 {
            loop.poll()
            answerTurn()
        }
        stopListening()
        closeIdle()
        while !connections.isEmpty && !stopTimeIsUp && control.request == .graceful {
            loop.turn()
            answerTurn()
            closeIdle()
        }
    }

    private func closeIdle() {
        for connection in Array(connections.values) {
            if connection.isIdle { connection.closePolitely() } else if connection.isSilent { connection.close() }
        }
    }

    private func closeAll() {
        stopListening()
        for connection in Array(connections.values) { connection.close() }
        ready = []
        dueAgain = []
        timers = [:]
        wakeEvent.remove()
        turnTimer.remove()
        stopTimer.remove()
        acceptTimer.remove()
    }

    private func stopListening() {
        for listener in listeners { listener.stop() }
        listeners = []
    }
}
