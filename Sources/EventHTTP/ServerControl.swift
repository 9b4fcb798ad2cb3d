import System

/// The part of a server that other threads reach: how it is told to stop, and what it has counted.
final class ServerControl: Sendable {
    /// How to stop.
    enum StopRequest: Sendable, Equatable {
        case graceful
        case now
    }

    private struct State {
        var request: StopRequest?
        var turnIsWanted = false
        var statistics = HTTPServer.Statistics()
    }

    let wakeUp: WakeUp
    private let state = Lock(State())

    init() throws(EventHTTPError) { wakeUp = try WakeUp() }

    /// What was asked for by now.
    var request: StopRequest? { state.withLock { $0.request } }

    var statistics: HTTPServer.Statistics { state.withLock { $0.statistics } }

    /// Asks the loop to stop; a request for `now` is not taken back by a later one.
    func stop(_ request: StopRequest) {
        state.withLock { state in
            if state.request != .now { state.request = request }
        }
        wakeUp.wake()
    }

    /// Asks the loop for a turn, with or without requests.
    func askForTurn() {
        state.withLock { $0.turnIsWanted = true }
        wakeUp.wake()
    }

    /// Whether a turn was asked for since the last call.
    func takeTurnRequest() -> Bool {
        state.withLock { state in
            defer { state.turnIsWanted = false }
            return state.turnIsWanted
        }
    }

    func countAccepted() {
        state.withLock { state in
            state.statistics.acceptedConnections += 1
            state.statistics.openConnections += 1
        }
    }

    func countClosed() { state.withLock { $0.statistics.openConnections -= 1 } }
}
