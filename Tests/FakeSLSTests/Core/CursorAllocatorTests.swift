import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

@Suite struct CursorAllocatorTests {
    private let now: Int64 = 1_700_000_000_000_000_000

    @Test func `a shard starts at its creation time and gives each log group the next number`() {
        var allocator = CursorAllocator()
        #expect(allocator.open(ShardID(0), created: now) == Cursor(number: now))
        #expect(allocator.take(1, in: ShardID(0)) == Cursor(number: now))
        #expect(allocator.take(3, in: ShardID(0)) == Cursor(number: now + 1))
        #expect(allocator.end(of: ShardID(0)) == Cursor(number: now + 4))
    }

    @Test(arguments: [Int64(0), 1, -3_600_000_000_000])
    func `under a frozen or backward clock a new shard starts above every number ever shown`(step: Int64) {
        var allocator = CursorAllocator()
        _ = allocator.open(ShardID(0), created: now)
        _ = allocator.open(ShardID(1), created: now)
        _ = allocator.take(100, in: ShardID(0))
        let end = allocator.end(of: ShardID(0))
        let start = allocator.open(ShardID(2), created: now + step)
        #expect(start == end?.advanced(by: 1))
    }

    @Test func `a logstore made anew under the same name starts above the deleted one`() {
        var deleted = CursorAllocator()
        _ = deleted.open(ShardID(0), created: now)
        _ = deleted.take(5_000, in: ShardID(0))
        deleted.close(ShardID(0))
        #expect(deleted.highest == now + 5_000)

        var fresh = CursorAllocator(highest: deleted.highest)
        #expect(fresh.open(ShardID(0), created: now) == Cursor(number: now + 5_001))
    }

    @Test func `an allocator read from the store goes on where it was`() {
        var before = CursorAllocator()
        for shard in 0..<3 { _ = before.open(ShardID(shard), created: now) }
        _ = before.take(7, in: ShardID(1))
        before.close(ShardID(2))
        let ends = [ShardID(0), ShardID(1)].reduce(into: [:]) { $0[$1] = before.end(of: $1) }

        var after = CursorAllocator(highest: before.highest, ends: ends)
        #expect(after.highest == before.highest)
        #expect(after.take(1, in: ShardID(1)) == before.take(1, in: ShardID(1)))
        #expect(after.open(ShardID(3), created: 0) == before.open(ShardID(3), created: 0))
    }

    @Test func `no number is reused or skipped in a long random history`() {
        var generator = SeededGenerator(seed: 7)
        var allocator = CursorAllocator()
        var living: [ShardID] = []
        var expected: [ShardID: Int64] = [:]
        var highestShown: Int64 = 0
        for step in 0..<5_000 {
            if living.isEmpty || Int.random(in: 0..<20, using: &generator) == 0 {
                let shard = ShardID(step)
                let start = allocator.open(shard, created: .random(in: 0...now, using: &generator)).number
                #expect(start > highestShown)
                living.append(shard)
                expected[shard] = start
            } else if living.count > 5 {
                allocator.close(living.removeFirst())
            } else if let shard = living.randomElement(using: &generator) {
                let count = Int.random(in: 1...50, using: &generator)
                #expect(allocator.take(count, in: shard).number == expected[shard])
                expected[shard, default: 0] += Int64(count)
            }
            highestShown = max(highestShown, expected.values.max() ?? 0)
            #expect(allocator.highest == highestShown)
        }
    }
}
