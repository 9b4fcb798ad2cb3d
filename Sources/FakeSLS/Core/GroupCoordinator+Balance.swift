import SLSProtocol

extension GroupCoordinator {
    /// Gives out free shards, and asks for shards back until the loads of any two consumers differ by at most one.
    ///
    /// A transfer counts for the one who will get it, or shards would swing to and fro. Which shard moves is our own
    /// choice (the vendor promises the difference only), fixed so that tests can name it.
    mutating func rebalance() {
        guard needsBalance, !consumers.isEmpty else { return }
        needsBalance = false
        var loads = Loads(consumers: consumers.map(\.name), shards: shards)
        for index in shards.indices where shards[index].row.state == .notAllocated {
            let receiver = loads.least
            loads.give(index, to: receiver)
            set(index, .allocated, holder: consumers[receiver].name)
        }
        while let move = loads.nextMove() {
            let holder = shards[move.shard].row.holder
            set(move.shard, .transfer, holder: holder, next: consumers[move.receiver].name)
        }
        // The changes made here are the balance, not a reason for another one.
        needsBalance = false
    }
}

/// Who has how many shards, while they are being balanced. Consumers are meant by their place in the order of joining,
/// shards by their place in the order of ids.
private struct Loads {
    /// Shards held, and shards on their way here.
    private var counts: [Int]
    /// The shards each could give away, ascending.
    private var held: [[Int]]

    init(consumers: [ConsumerName], shards: [GroupCoordinator.GroupShard]) {
        counts = Array(repeating: 0, count: consumers.count)
        held = Array(repeating: [], count: consumers.count)
        let places = Dictionary(uniqueKeysWithValues: zip(consumers, consumers.indices))
        for (index, shard) in shards.enumerated() {
            switch shard.row.state {
            case .allocated:
                give(index, to: Self.place(of: shard.row.holder, in: places, shard.row))
            case .transfer:
                counts[Self.place(of: shard.row.next, in: places, shard.row)] += 1
            case .wait, .notAllocated, .over:
                break
            }
        }
    }

    /// The consumer with the fewest; among equals, who joined first.
    var least: Int { counts.indices.min { counts[$0] < counts[$1] } ?? 0 }

    mutating func give(_ shard: Int, to consumer: Int) {
        counts[consumer] += 1
        held[consumer].insert(shard, at: held[consumer].partitionPoint { $0 < shard })
    }

    /// The next transfer, nil when the loads are even: the highest shard of the consumer with the most, to the one with
    /// the fewest.
    mutating func nextMove() -> (shard: Int, receiver: Int)? {
        let receiver = least
        let givers = counts.indices.filter { !held[$0].isEmpty }
        guard let giver = givers.min(by: { counts[$0] > counts[$1] }), counts[giver] - counts[receiver] >= 2,
            let shard = held[giver].popLast()
        else { return nil }
        counts[giver] -= 1
        counts[receiver] += 1
        return (shard, receiver)
    }

    private static func place(
        of name: ConsumerName?, in places: [ConsumerName: Int], _ row: GroupCoordinator.ShardRow
    ) -> Int {
        guard let name, let place = places[name] else { preconditionFailure("held by nobody alive: \(row)") }
        return place
    }
}
