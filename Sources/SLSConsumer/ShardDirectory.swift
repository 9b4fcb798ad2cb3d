import SLSProtocol
import System

/// The shards that are worked on, for orders from outside.
final class ShardDirectory: Sendable {
    private struct Entry {
        let mailbox: Mailbox<ShardTask.Message>
        /// Those that wait for what comes of their order.
        var waiting: [Eventually<Bool>] = []
    }

    private let entries = Lock<[ShardID: Entry]>([:])

    func add(_ shard: ShardID, _ mailbox: Mailbox<ShardTask.Message>) {
        entries.withLock { $0[shard] = Entry(mailbox: mailbox) }
    }

    /// Takes the shard out. Whoever still waits for an answer has it: no.
    func remove(_ shard: ShardID) {
        let entry = entries.withLock { $0.removeValue(forKey: shard) }
        for isDone in entry?.waiting ?? [] { isDone.set(false) }
    }

    /// Sends a shard elsewhere.
    ///
    /// - Returns: Whether the position was saved; false when the shard is not ours, or was let go before.
    func seek(_ shard: ShardID, to cursor: Cursor) async -> Bool {
        let isDone = Eventually<Bool>()
        let isKnown = entries.withLock { entries in
            entries[shard]?.waiting.removeAll { $0.current != nil }
            entries[shard]?.waiting.append(isDone)
            entries[shard]?.mailbox.send(.seek(cursor, isDone))
            return entries[shard] != nil
        }
        return isKnown ? await isDone.value() ?? false : false
    }
}
