internal import Glibc
internal import System

/// The thread that owns a client's libcurl handles: takes commands, moves transfers on, hands out results.
// @unchecked: `shared` is behind its lock; what varies beside it belongs to the thread that runs `run`.
final class TransferLoop: @unchecked Sendable {
    private enum Command {
        case start(Transfer)
        case cancel(Transfer)
    }
    private struct Shared {
        var commands: [Command] = []
        var isClosed = false
        var hasEnded = false
        var endWaiters: [CheckedContinuation<Void, Never>] = []
        /// Transfers without a result.
        var waitingCount = 0
        var connectionCount = 0
    }

    private let configuration: HTTPClient.Configuration
    private let multi: MultiHandle
    private let shared = Lock(Shared())
    private var running: [UInt: Transfer] = [:]
    private var idleHandles: [EasyHandle] = []
    private var nextSweep = ContinuousClock.now

    private static let idleHandleLimit = 64
    /// How often transfers are looked at that libcurl itself does not time out, those that wait for a connection.
    private static let sweepMilliseconds: Int32 = 250
    private static let idleMilliseconds: Int32 = 60_000

    init(_ configuration: HTTPClient.Configuration) throws(CurlError) {
        self.configuration = configuration
        multi = try MultiHandle(configuration)
    }

    // MARK: - From any thread

    /// Connections opened since the start, those that failed included.
    var connectionCount: Int { shared.withLock { $0.connectionCount } }

    /// Sends the transfer's request; whoever waits for it gets the refusal if that cannot be.
    func start(_ transfer: Transfer) {
        let limit = configuration.requestLimit
        let refusal = shared.withLock { shared -> CurlError? in
            if shared.isClosed { return .cancelled("the client was shut down") }
            if shared.waitingCount >= limit {
                return CurlError(kind: .tooManyRequests, message: "\(limit) requests are waiting for an answer already")
            }
            shared.waitingCount += 1
            post(.start(transfer), to: &shared)
            return nil
        }
        if let refusal { transfer.resume(with: .failure(refusal)) }
    }

    /// Ends the transfer, whether it was started already or not.
    func cancel(_ transfer: Transfer) {
        shared.withLock { shared in
            if !shared.isClosed { post(.cancel(transfer), to: &shared) }
        }
    }

    /// Cancels all and lets `run` return.
    func close() {
        shared.withLock { shared in
            guard !shared.isClosed else { return }
            shared.isClosed = true
            multi.wakeup()
        }
    }

    /// Waits until `run` has let go of everything. It never waits for the network then, so neither does this for long; a
    /// cancelled task waits all the same, for a program that exits in the middle may crash in OpenSSL's own clean-up.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = shared.withLock { shared in
                if !shared.hasEnded { shared.endWaiters.append(continuation) }
                return shared.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func post(_ command: Command, to shared: inout Shared) {
        if shared.commands.isEmpty { multi.wakeup() }
        shared.commands.append(command)
    }

    // MARK: - On the loop thread

    /// Works until `close`; the calling thread is the loop thread.
    func run() {
        blockPipeSignal()
        while takeCommands() {
            // First, or a process that was stopped for long would still send what is past its time.
            sweep()
            moveOn()
            multi.poll(milliseconds: running.isEmpty ? Self.idleMilliseconds : Self.sweepMilliseconds)
        }
        for transfer in Array(running.values) { end(transfer, .failure(.cancelled("the client was shut down"))) }
        idleHandles = []
        multi.close()
        let waiters = shared.withLock { shared in
            shared.hasEnded = true
            let waiters = shared.endWaiters
            shared.endWaiters = []
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// - Returns: Whether to go on.
    private func takeCommands() -> Bool {
        let (commands, isClosed) = shared.withLock { shared in
            let commands = shared.commands
            shared.commands = []
            return (commands, shared.isClosed)
        }
        for command in commands {
            switch command {
            case .start(let transfer): begin(transfer)
            case .cancel(let transfer):
                transfer.isCancelled = true
                if transfer.handle != nil { end(transfer, .failure(.cancelled())) }
            }
        }
        return !isClosed
    }

    private func begin(_ transfer: Transfer) {
        if transfer.isCancelled { return settle(transfer, .failure(.cancelled())) }
        guard ContinuousClock.now < transfer.deadline else {
            return settle(transfer, .failure(.cancelled("its time was over before it was sent")))
        }
        do throws(CurlError) {
            let handle = try takeHandle()
            transfer.handle = handle
            try handle.prepare(for: transfer, configuration)
            try multi.add(handle)
            running[handle.id] = transfer
        } catch {
            transfer.handle = nil
            settle(transfer, .failure(error))
        }
    }

    private func takeHandle() throws(CurlError) -> EasyHandle {
        if let handle = idleHandles.popLast() { return handle }
        return try EasyHandle()
    }

    private func moveOn() {
        do throws(CurlError) {
            try multi.perform()
        } catch {
            for transfer in Array(running.values) { end(transfer, .failure(error)) }
        }
        while let (id, code) = multi.nextFinished() {
            guard let transfer = running[id], let handle = transfer.handle else { continue }
            end(transfer, transfer.result(status: handle.status, handle.outcome(code)))
        }
    }

    /// Ends what is past its time and what libcurl, which does not count the wait for a connection, let live.
    private func sweep() {
        let now = ContinuousClock.now
        guard now >= nextSweep else { return }
        nextSweep = now + .milliseconds(Int(Self.sweepMilliseconds))
        for transfer in Array(running.values) where now >= transfer.deadline {
            let message = "no answer after \(transfer.request.timeout)"
            end(transfer, .failure(CurlError(kind: .timeout, message: message)))
        }
    }

    /// Takes the transfer off libcurl and hands out its result.
    private func end(_ transfer: Transfer, _ result: Result<HTTPResponse, CurlError>) {
        var opened = 0
        if let handle = transfer.handle {
            transfer.handle = nil
            running[handle.id] = nil
            opened = handle.connectionCount
            multi.remove(handle)
            handle.reset()
            // libcurl refuses a buffer size on a handle whose transfer was cut off early; such a handle is not kept.
            if case .success = result, idleHandles.count < Self.idleHandleLimit { idleHandles.append(handle) }
        }
        settle(transfer, result, opened: opened)
    }

    private func settle(_ transfer: Transfer, _ result: Result<HTTPResponse, CurlError>, opened: Int = 0) {
        shared.withLock { shared in
            shared.waitingCount -= 1
            shared.connectionCount += opened
        }
        transfer.resume(with: result)
    }
}

/// Lets OpenSSL's writes to a closed connection fail on the calling thread; the signal would end the process.
private func blockPipeSignal() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
}
