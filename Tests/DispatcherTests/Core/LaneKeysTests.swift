import SLSClient
import SLSProtocol
import Testing

@testable import Dispatcher

/// Keys, lanes and ids, against the golden vectors of consumer-group.md 5.4.
@Suite struct LaneKeysTests {
    private static let first: Cursor = Cursor(number: 1_729_070_618_428_044_655)
    private static let source = LaneKeys.Place(
        host: "cn-hangzhou.log.aliyuncs.com", project: "demo-project", logstore: "source")
    private static let target = LaneKeys.Place(
        host: "cn-hangzhou.log.aliyuncs.com", project: "demo-project", logstore: "to1")
    private static let other = LaneKeys.Place(
        host: "cn-shanghai.log.aliyuncs.com", project: "other", logstore: "web-access")

    private func keys(
        identity: String = "", _ purpose: LaneKeys.Purpose = .live, generation: String = zeros, lanes: Int = 8
    ) throws -> LaneKeys {
        LaneKeys(
            origin: LaneKeys.Origin(
                source: Self.source, group: try ConsumerGroupName("dispatch"),
                identity: try #require(DeliveryIdentity(identity)), generation: Generation(hex: generation)),
            purpose: purpose, laneCount: lanes)
    }

    private static let zeros = String(repeating: "0", count: 32)

    /// One row of the table of golden vectors.
    struct Vector: Sendable, CustomTestStringConvertible {
        let shard: Int
        let target: LaneKeys.Place
        let cursor: Cursor
        let identity: String
        let key: String
        let lane: Int
        let epoch: Int64
        let sequenceID: Int64
        var part = 0
        var purpose = LaneKeys.Purpose.live

        var testDescription: String { key }
    }

    private static let vectors = [
        Vector(
            shard: 0, target: target, cursor: first, identity: "", key: "0f677ee7f5bff48e1ad4444305cda9bc", lane: 3,
            epoch: 25_765_160_000, sequenceID: 796_874_481),
        Vector(
            shard: 3, target: other, cursor: first, identity: "blue", key: "2bea4aa7474f9da7d05893ece7986fa9", lane: 3,
            epoch: 25_765_160_000, sequenceID: 796_874_483, part: 2),
        Vector(
            shard: 3, target: other, cursor: Cursor(number: 1_729_070_618_445_348_864), identity: "blue",
            key: "68593e198f71529a879fc6a3dcb9d6fb", lane: 5, epoch: 25_765_160_001, sequenceID: 1),
        Vector(
            shard: 0,
            target: LaneKeys.Place(host: target.host, project: target.project, logstore: "dead"), cursor: first,
            identity: "", key: "a6249c6961f3607ed12203fd14dadf77", lane: 3, epoch: 25_765_160_000,
            sequenceID: 796_874_481, purpose: .deadLetter(origin: target)),
    ]

    @Test(arguments: vectors) func `golden vectors`(vector: Vector) throws {
        let keys = try keys(identity: vector.identity, vector.purpose)
        #expect(keys.lane(of: vector.cursor) == vector.lane)
        #expect(LaneKeys.epoch(of: vector.cursor) == vector.epoch)
        #expect(LaneKeys.sequenceID(of: vector.cursor, part: vector.part) == vector.sequenceID)
        let key = keys.key(
            shard: ShardID(vector.shard), target: vector.target, lane: vector.lane, epoch: vector.epoch)
        #expect(key.hex == vector.key)
    }

    @Test(arguments: [0, 1, (1 << 26) - 1, 1 << 26, Self.first.number, .max] as [Int64])
    func `an id is at least 1, at most 2^30, and grows with cursor and part within an epoch`(number: Int64) {
        let cursor = Cursor(number: number)
        let ids = [0, 1, 15].map { LaneKeys.sequenceID(of: cursor, part: $0) }
        #expect(ids.allSatisfy { (1...(1 << 30)).contains($0) })
        #expect(ids == ids.sorted() && Set(ids).count == 3)
        if number < .max {
            let next = cursor.advanced(by: 1)
            let isSameEpoch = LaneKeys.epoch(of: next) == LaneKeys.epoch(of: cursor)
            #expect((LaneKeys.sequenceID(of: next) > ids[2]) == isSameEpoch)
        }
    }

    @Test func `the bounds are reached`() {
        #expect(LaneKeys.sequenceID(of: Cursor(number: 5 << 26)) == 1)
        #expect(LaneKeys.sequenceID(of: Cursor(number: (6 << 26) - 1), part: 15) == 1 << 30)
    }

    @Test func `neighbouring cursors and every third one use all lanes evenly`() throws {
        for step in [1, 3, 8] {
            var counts = Array(repeating: 0, count: 8)
            let keys = try keys()
            for index in 0..<8_000 { counts[keys.lane(of: Self.first.advanced(by: index * step))] += 1 }
            #expect(counts.allSatisfy { (800...1_200).contains($0) }, "step \(step): \(counts)")
        }
    }

    @Test(arguments: [1, 2, 3, 4, 8]) func `the lanes of a target spread over its shards`(shardCount: Int) throws {
        let keys = try keys()
        var counts = Array(repeating: 0, count: shardCount)
        for shard in 0..<4 {
            for lane in 0..<8 {
                let key = keys.key(shard: ShardID(shard), target: Self.target, lane: lane, epoch: 7)
                counts[Int((UInt64(key.value >> 96) * UInt64(shardCount)) >> 32)] += 1
            }
        }
        let even = 32 / shardCount
        #expect(counts.allSatisfy { (even - 2...even + 2).contains($0) }, "\(counts)")
    }

    @Test func `everything that an origin is made of makes another key`() throws {
        let generation = String(repeating: "1", count: 64)
        let all = [
            try keys(), try keys(identity: "a"), try keys(.backfill(id: "1")), try keys(.backfill(id: "2")),
            try keys(.replay(id: "1")), try keys(generation: generation),
            try keys(.deadLetter(origin: Self.other)), try keys(.deadLetter(origin: Self.source)),
        ]
        var found = all.map { $0.key(shard: ShardID(0), target: Self.target, lane: 3, epoch: 9).hex }
        found.append(all[0].key(shard: ShardID(1), target: Self.target, lane: 3, epoch: 9).hex)
        found.append(all[0].key(shard: ShardID(0), target: Self.other, lane: 3, epoch: 9).hex)
        found.append(all[0].key(shard: ShardID(0), target: Self.target, lane: 4, epoch: 9).hex)
        found.append(all[0].key(shard: ShardID(0), target: Self.target, lane: 3, epoch: 8).hex)
        #expect(Set(found).count == found.count)
    }

    @Test func `the scheme and its own port make no other key`() throws {
        let places = try ["http://sls.test", "https://sls.test", "https://sls.test:443", "sls.test:80", "SLS.test"].map
        {
            LaneKeys.Place(
                endpoint: try Endpoint(parsing: $0), project: try ProjectName("demo"),
                logstore: try LogstoreName("web"))
        }
        #expect(Set(places).count == 1)
        let other = LaneKeys.Place(
            endpoint: try Endpoint(parsing: "sls.test:8080"), project: try ProjectName("demo"),
            logstore: try LogstoreName("web"))
        #expect(other.host == "sls.test:8080")
    }

    @Test(arguments: [
        ("", true), ("blue", true), ("2024-03-05_b.2", true), (String(repeating: "a", count: 64), true),
        (String(repeating: "a", count: 65), false), ("a b", false), ("grün", false), ("a\n", false), ("a/b", false),
    ]) func `an identity is a plain word`(word: String, isOne: Bool) {
        #expect((DeliveryIdentity(word) != nil) == isOne)
    }
}
