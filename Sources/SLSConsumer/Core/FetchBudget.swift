import DequeModule
package import SLSProtocol

/// Shares out a fixed number of bytes among the pulls of all shards, first come, first served.
///
/// A pull reserves the most it can bring, gives back what it did not, and the rest when its log groups are done with. A
/// shard at its own bound is passed over, and holds nobody up: perhaps it never gives anything back. A shard that holds
/// something already gets more from the first half of the budget only; the second half is for those that hold nothing. So it
/// takes many shards that stand still, 16 with full pulls at the default bounds, to leave the others none. When nothing is
/// held, any pull may go, or a small budget would never move.
package struct FetchBudget: Sendable {
    /// A pull that waits for room.
    package struct Ticket: Hashable, Sendable {
        fileprivate let number: Int
        fileprivate let shard: ShardID
        fileprivate let byteCount: Int
    }

    /// The most bytes held by all shards together.
    package let limit: Int
    /// The most bytes held by one shard.
    package let limitPerShard: Int
    /// The bytes held now.
    package private(set) var used = 0

    private var usedByShard: [ShardID: Int] = [:]
    private var waiting: Deque<Ticket> = []
    private var lastNumber = 0

    /// A budget of these bounds, in bytes.
    package init(limit: Int, limitPerShard: Int) {
        self.limit = limit
        self.limitPerShard = limitPerShard
    }

    /// Asks for room.
    ///
    /// - Returns: The ticket of a wait, or nil when the bytes are granted at once.
    package mutating func request(_ byteCount: Int, for shard: ShardID) -> Ticket? {
        lastNumber += 1
        let ticket = Ticket(number: lastNumber, shard: shard, byteCount: byteCount)
        if fits(ticket), waiting.allSatisfy(isShardFull) {
            grant(ticket)
            return nil
        }
        waiting.append(ticket)
        return ticket
    }

    /// Takes in bytes that came beyond what was reserved; they are there, so they count even over the bounds.
    package mutating func exceed(_ byteCount: Int, for shard: ShardID) {
        used += byteCount
        usedByShard[shard, default: 0] += byteCount
    }

    /// Gives bytes back.
    ///
    /// - Returns: The waits that are granted by it, in order.
    package mutating func release(_ byteCount: Int, of shard: ShardID) -> [Ticket] {
        used -= byteCount
        let left = (usedByShard[shard] ?? 0) - byteCount
        precondition(used >= 0 && left >= 0, "shard \(shard) gave back \(-left) bytes more than it had")
        usedByShard[shard] = left == 0 ? nil : left
        return serve()
    }

    /// Takes a wait back that nobody is interested in any more; one that was granted is left to be released.
    ///
    /// - Returns: The waits that are granted by it, in order.
    package mutating func withdraw(_ ticket: Ticket) -> [Ticket] {
        waiting.removeAll { $0 == ticket }
        return serve()
    }

    private mutating func serve() -> [Ticket] {
        var granted: [Ticket] = []
        var passedOver: Deque<Ticket> = []
        while let ticket = waiting.popFirst() {
            if fits(ticket) {
                grant(ticket)
                granted.append(ticket)
            } else if isShardFull(ticket) {
                passedOver.append(ticket)
            } else {
                waiting.prepend(ticket)
                break
            }
        }
        waiting.prepend(contentsOf: passedOver)
        return granted
    }

    private func isShardFull(_ ticket: Ticket) -> Bool {
        let held = usedByShard[ticket.shard] ?? 0
        return held > 0 && (held + ticket.byteCount > limitPerShard || used + ticket.byteCount > limit / 2)
    }

    private func fits(_ ticket: Ticket) -> Bool {
        !isShardFull(ticket) && (used == 0 || used + ticket.byteCount <= limit)
    }

    private mutating func grant(_ ticket: Ticket) {
        used += ticket.byteCount
        usedByShard[ticket.shard, default: 0] += ticket.byteCount
    }
}
