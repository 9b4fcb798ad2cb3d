import SLSConsumer
import SLSProtocol
import Testing

@Suite struct CheckpointTrackerTests {
    @Test func `positions before the first log group of a batch are a gap that the mark passes`() {
        var tracker = CheckpointTracker(start: at(10))
        tracker.take(2, from: at(13), upTo: at(16))
        #expect(tracker.lowWater == at(13) && tracker.frontier == at(16))
        tracker.acknowledge(at(14))
        #expect(tracker.lowWater == at(13))
        tracker.acknowledge(at(13))
        #expect(tracker.lowWater == at(16) && tracker.outstandingCount == 0)
    }

    @Test func `the mark is the smallest cursor that is not acknowledged, in whatever order they come`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var tracker = CheckpointTracker(start: at(1_000))
            tracker.take(60, upTo: at(1_060))
            tracker.take(40, upTo: at(1_100))
            var left = Set<Int64>(1_000..<1_100)
            for cursor in (Int64(1_000)..<1_100).shuffled(using: &generator) {
                tracker.acknowledge(at(cursor))
                left.remove(cursor)
                #expect(tracker.lowWater == at(left.min() ?? 1_100))
                #expect(tracker.outstandingCount == left.count)
            }
        }
    }

    @Test func `a repeated or foreign acknowledgement changes nothing`() {
        var tracker = CheckpointTracker(start: at(10))
        tracker.take(2, upTo: at(12))
        for cursor in [9, 11, 11, 12, 50] { tracker.acknowledge(at(Int64(cursor))) }
        #expect(tracker.lowWater == at(10))
        #expect(tracker.outstandingCount == 1)
    }

    @Test func `fewer log groups than positions count from the first position on`() {
        var tracker = CheckpointTracker(start: at(10))
        tracker.take(2, upTo: at(20))
        tracker.acknowledge(at(10))
        #expect(tracker.lowWater == at(11), "the second may truly stand anywhere from 11 on")
        tracker.acknowledge(at(11))
        #expect(tracker.lowWater == at(20))
        tracker.take(0, upTo: at(30))
        #expect(tracker.lowWater == at(30))
    }

    @Test func `a position that jumps by any number costs nothing`() {
        var tracker = CheckpointTracker(start: at(10))
        tracker.take(1, upTo: at(1_000_000_000_000))
        tracker.take(0, upTo: at(2_000_000_000_000))
        tracker.take(1, upTo: at(.max))
        tracker.acknowledge(at(2_000_000_000_000))
        #expect(tracker.lowWater == at(10))
        #expect(tracker.outstandingCount == 1)
        tracker.acknowledge(at(11))  // a position without a log group
        #expect(tracker.outstandingCount == 1)
        tracker.acknowledge(at(10))
        #expect(tracker.lowWater == at(.max))
    }

    @Test func `with gaps between batches the mark follows as without`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var tracker = CheckpointTracker(start: at(0))
            var left: [Int64] = []
            for _ in 0..<20 {
                let count = Int64.random(in: 0...5, using: &generator)
                let start = tracker.frontier.number
                left += start..<start + count
                tracker.take(Int(count), upTo: at(start + count + Int64.random(in: 0...3, using: &generator)))
            }
            left.shuffle(using: &generator)
            while let cursor = left.popLast() {
                tracker.acknowledge(at(cursor))
                #expect(tracker.outstandingCount == left.count)
                if let least = left.min() {
                    #expect(tracker.lowWater == at(least))
                } else {
                    #expect(tracker.lowWater == tracker.frontier)
                }
            }
        }
    }
}

@Suite struct FetchBudgetTests {
    @Test func `pulls beyond the bound wait and are granted in order`() {
        var budget = FetchBudget(limit: 100, limitPerShard: 100)
        let first = budget.request(60, for: ShardID(0))
        let second = budget.request(60, for: ShardID(1))
        let third = budget.request(10, for: ShardID(2))
        #expect(first == nil)
        #expect(second != nil && third != nil, "nobody overtakes")
        #expect(budget.used == 60)
        let none = budget.release(10, of: ShardID(0))
        #expect(none.isEmpty)
        let granted = budget.release(50, of: ShardID(0))
        #expect(granted == [second, third])
        #expect(budget.used == 70)
    }

    @Test func `a shard at its own bound is passed over`() {
        var budget = FetchBudget(limit: 100, limitPerShard: 50)
        let first = budget.request(40, for: ShardID(0))
        let own = budget.request(40, for: ShardID(0))
        let other = budget.request(40, for: ShardID(1))
        #expect(first == nil && own != nil)
        #expect(other == nil, "nothing that is to be given back need come first: perhaps nothing ever is")
        #expect(budget.used == 80)
        let late = budget.request(40, for: ShardID(2))
        let small = budget.request(10, for: ShardID(3))
        #expect(late != nil && small != nil, "who waits for room of all is not overtaken")
        let granted = budget.release(40, of: ShardID(1))
        #expect(granted == [late, small])
    }

    @Test(arguments: [1, 8, 15])
    func `shards that never give anything back leave the others room`(failingCount: Int) {
        let pull = 10_485_760
        var budget = FetchBudget(limit: 256_000_000, limitPerShard: 32_000_000)
        // Each takes as much as it can get: full pulls, until it has to wait.
        for shard in 0..<failingCount { while budget.request(pull, for: ShardID(shard)) == nil {} }
        for turn in 0..<100 {
            let healthy = ShardID(1_000 + turn % 4)
            let wait = budget.request(pull, for: healthy)
            #expect(wait == nil, "turn \(turn)")
            let granted = budget.release(pull, of: healthy)
            #expect(granted.isEmpty)
        }
    }

    @Test func `a pull larger than the whole budget goes when nothing else is held`() {
        var budget = FetchBudget(limit: 10, limitPerShard: 10)
        let first = budget.request(50, for: ShardID(0))
        let next = budget.request(50, for: ShardID(1))
        #expect(first == nil && next != nil)
        let granted = budget.release(50, of: ShardID(0))
        #expect(granted == [next])
    }

    @Test func `C20 three hundred busy shards stay within the budget, and none of them starves`() {
        let (pull, megabyte) = (10_485_760, 1_000_000)
        var budget = FetchBudget(limit: 256_000_000, limitPerShard: 32_000_000)
        var granted: [ShardID] = []
        var waits: [FetchBudget.Ticket: ShardID] = [:]
        var turns: [ShardID: Int] = [:]
        func ask(_ shard: ShardID) {
            if let ticket = budget.request(pull, for: shard) { waits[ticket] = shard } else { granted.append(shard) }
        }
        for shard in 0..<300 { ask(ShardID(shard)) }
        for _ in 0..<30_000 {
            let shard = granted.removeFirst()
            turns[shard, default: 0] += 1
            // A megabyte came, the rest of the reservation goes back; then the megabyte is done with, and it asks again.
            for byteCount in [pull - megabyte, megabyte] {
                let next = budget.release(byteCount, of: shard)
                granted += next.compactMap { waits.removeValue(forKey: $0) }
            }
            ask(shard)
            #expect(budget.used <= budget.limit)
        }
        #expect(turns.count == 300)
        #expect((turns.values.min() ?? 0) >= 98 && (turns.values.max() ?? 0) <= 102, "each about a hundred times")
    }

    @Test func `what is given back, in whatever pieces, leaves nothing held`() {
        var generator = SystemRandomNumberGenerator()
        var budget = FetchBudget(limit: 1_000, limitPerShard: 400)
        var held: [(ShardID, Int)] = []
        var waits: [FetchBudget.Ticket: (ShardID, Int)] = [:]
        for _ in 0..<5_000 {
            let shard = ShardID(Int.random(in: 0..<8, using: &generator))
            let size = Int.random(in: 1...300, using: &generator)
            if Bool.random(using: &generator) {
                if let ticket = budget.request(size, for: shard) {
                    waits[ticket] = (shard, size)
                } else {
                    held.append((shard, size))
                }
            } else if let (owner, size) = held.popLast() {
                for ticket in budget.release(size, of: owner) {
                    waits.removeValue(forKey: ticket).map { held.append($0) }
                }
            }
            #expect(budget.used == held.reduce(0) { $0 + $1.1 })
            #expect(budget.used <= 1_000)
        }
        while let (owner, size) = held.popLast() {
            for ticket in budget.release(size, of: owner) { waits.removeValue(forKey: ticket).map { held.append($0) } }
        }
        #expect(budget.used == 0)
        #expect(waits.isEmpty)
    }
}
