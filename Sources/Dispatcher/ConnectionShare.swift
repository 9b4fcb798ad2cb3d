import DequeModule
import SLSClient
import SLSConsumer
import SLSProtocol
import System

/// What one target may use of the connections that all targets share, so that one which hangs leaves the others theirs.
///
/// Requests wait their turn in order, no longer than their own time; what is left of it is theirs.
final class ConnectionShare: Sendable {
    private struct State {
        var inUse = 0
        var lastNumber = 0
        var waiting: Deque<(number: Int, turn: Eventually<Void>)> = []
    }

    private enum Turn {
        case atOnce
        case afterWaiting
        case never
    }

    private struct Shared: Transport {
        let share: ConnectionShare
        let transport: any Transport

        func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
            try await share.send(request, over: transport)
        }
    }

    /// Connections to targets that are open at once, where they are few.
    private static let connectionCount = 64
    /// The least that a target gets, however many there are.
    private static let smallestLimit = 8
    /// Why a request was not sent; never shown.
    private static let refusal = TransportFailure(.cancelled, "the target's connections are all in use")

    let limit: Int
    private let clock: ConsumerClock
    private let state = Lock(State())

    /// - Parameter limit: Requests under way at once, at least 1.
    init(limit: Int, clock: ConsumerClock) {
        self.limit = limit
        self.clock = clock
    }

    /// What each of so many targets may use: an equal part, and together as many as there are connections, so that no
    /// request waits for one that another target holds.
    static func limit(of targetCount: Int) -> Int { max(smallestLimit, connectionCount / max(1, targetCount)) }

    /// Requests that wait for their turn.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// The transport within this share.
    func over(_ transport: any Transport) -> any Transport { Shared(share: self, transport: transport) }

    private func send(
        _ request: TransportRequest, over transport: any Transport
    ) async throws(ClientError) -> TransportResponse {
        let deadline = clock.now() + request.timeout
        var request = request
        switch await enter(until: deadline) {
        case .atOnce: break
        case .afterWaiting: request.timeout = max(.milliseconds(1), deadline - clock.now())
        // Not sent, and said so: it counts for nothing.
        case .never: throw .transport(Self.refusal)
        }
        defer { leave() }
        return try await transport.send(request)
    }

    /// Waits for a free connection; `.never` when the time was up, or the task cancelled, before its turn came.
    private func enter(until deadline: Instant) async -> Turn {
        let place = state.withLock { state -> (number: Int, turn: Eventually<Void>)? in
            if state.inUse < limit {
                state.inUse += 1
                return nil
            }
            state.lastNumber += 1
            let place = (state.lastNumber, Eventually<Void>())
            state.waiting.append(place)
            return place
        }
        guard let place else { return .atOnce }
        _ = await until(place.turn) { [clock] in await clock.sleep(until: deadline) }
        // Its turn may have come at the last moment: then it is no longer among those that wait.
        let isStillWaiting = state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.number == place.number }) else { return false }
            state.waiting.remove(at: index)
            return true
        }
        return isStillWaiting ? .never : .afterWaiting
    }

    private func leave() {
        let next = state.withLock { state -> Eventually<Void>? in
            if let next = state.waiting.popFirst() { return next.turn }
            state.inUse -= 1
            return nil
        }
        next?.set(())
    }
}
