import SLSProtocol
import System

/// The process-wide bound on pulled bytes; `FetchBudget` decides, this class lets pulls wait for it.
final class ByteBudget: Sendable {
    private struct State {
        var budget: FetchBudget
        var waits: [FetchBudget.Ticket: Eventually<Void>] = [:]
    }

    private let state: Lock<State>

    /// - Parameters:
    ///   - limit: For all shards together, in bytes. Default 256 MB.
    ///   - limitPerShard: For one shard, in bytes. Default 32 MB.
    init(limit: Int = 256_000_000, limitPerShard: Int = 32_000_000) {
        state = Lock(State(budget: FetchBudget(limit: limit, limitPerShard: limitPerShard)))
    }

    /// The bytes held now.
    var used: Int { state.withLock { $0.budget.used } }

    /// Waits until there is room for `byteCount` bytes and holds it for as long as the result lives.
    ///
    /// - Parameter waiting: Called when there is none yet.
    /// - Returns: nil if the task was cancelled first.
    func reserve(
        _ byteCount: Int, for shard: ShardID, waiting: () -> Void = {}
    ) async -> Reservation? {
        let wait = state.withLock { state -> (FetchBudget.Ticket, Eventually<Void>)? in
            guard let ticket = state.budget.request(byteCount, for: shard) else { return nil }
            let granted = Eventually<Void>()
            state.waits[ticket] = granted
            return (ticket, granted)
        }
        let reservation = Reservation(byteCount, of: shard, in: self)
        guard let (ticket, granted) = wait else { return reservation }
        waiting()
        if await granted.value() != nil { return reservation }
        // Cancelled. The grant may have come at the same moment: then the reservation's end gives it back.
        let wasGranted = state.withLock { $0.waits.removeValue(forKey: ticket) == nil }
        if !wasGranted {
            reservation.forget()
            wake { $0.withdraw(ticket) }
        }
        return nil
    }

    fileprivate func release(_ byteCount: Int, of shard: ShardID) {
        if byteCount > 0 { wake { $0.release(byteCount, of: shard) } }
    }

    fileprivate func exceed(_ byteCount: Int, for shard: ShardID) {
        state.withLock { $0.budget.exceed(byteCount, for: shard) }
    }

    private func wake(_ change: (inout FetchBudget) -> [FetchBudget.Ticket]) {
        let granted = state.withLock { state in
            change(&state.budget).compactMap { state.waits.removeValue(forKey: $0) }
        }
        for wait in granted { wait.set(()) }
    }

    /// Bytes of the budget, given back when the last reference goes: exactly once, however it ends.
    final class Reservation: Sendable {
        private let shard: ShardID
        private let budget: ByteBudget
        private let byteCount: Lock<Int>

        fileprivate init(_ byteCount: Int, of shard: ShardID, in budget: ByteBudget) {
            self.byteCount = Lock(byteCount)
            self.shard = shard
            self.budget = budget
        }

        deinit { budget.release(byteCount.withLock { $0 }, of: shard) }

        /// Holds `count` bytes from now on: gives back the rest, or takes what came beyond the reservation.
        func resize(to count: Int) {
            let surplus = byteCount.withLock { held in
                defer { held = count }
                return held - count
            }
            if surplus >= 0 { budget.release(surplus, of: shard) } else { budget.exceed(-surplus, for: shard) }
        }

        fileprivate func forget() { byteCount.withLock { $0 = 0 } }
    }
}
