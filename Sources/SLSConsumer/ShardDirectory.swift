import SLSProtocol
import System

/// The shards that are worked on, for orders from outside.
final class ShardDirectory: Sendable {
    private let mailboxes = Lock<[ShardID: Mailbox<ShardTask.Message>]>([:])

    func add(_ shard: ShardID, _ mailbox: Mailbox<ShardTask.Message>) { mailboxes.withLock { $0[shard] = mailbox } }

    /// Takes the shard out; no order comes after that.
    func remove(_ shard: ShardID) { mailboxes.withLock { $0[shard] = nil } }

    /// Sends a shard elsewhere.
    ///
    /// - Returns: Whether the position was saved; false when the shard is not ours, or was let go before.
    func seek(_ shard: ShardID, to cursor: Cursor) async -> Bool {
        let isDone = Eventually<Bool>()
        let isKnown = mailboxes.withLock { mailboxes in
            mailboxes[shard]?.send(.seek(cursor, isDone))
            return mailboxes[shard] != nil
        }
        return isKnown ? await isDone.value() ?? false : false
    }
}
