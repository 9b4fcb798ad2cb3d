import SLSProtocol
import Testing

@testable import FakeSLS

/// A consumer group with a timeout of 10 s on a virtual clock, with short names for its calls.
struct GroupFixture {
    static let timeout = Duration.seconds(10)
    /// Every shard's first cursor; shards end where their log groups do.
    static let begin: Int64 = 1_000

    var group: GroupCoordinator
    var now = Instant(nanoseconds: 0)
    var map: ShardMap
    /// How many log groups each shard holds; none where absent.
    var logGroups: [Int: Int] = [:]

    init(shards: Int, inOrder: Bool = false) {
        map = ShardMap(shardCount: shards, created: Timestamp(seconds: 0))
        group = GroupCoordinator(.init(timeout: Self.timeout, inOrder: inOrder), shards: [])
        refresh()
    }

    /// Another group on the same logstore, at the same time.
    func anotherGroup() -> GroupFixture {
        var other = self
        other.group = GroupCoordinator(group.settings, shards: facts)
        return other
    }

    var facts: [ShardFacts] {
        map.shards.map {
            ShardFacts(
                id: $0.id, ancestors: $0.ancestors,
                finalEnd: $0.isReadOnly ? Cursor(number: Self.begin + Int64(logGroups[$0.id.value] ?? 0)) : nil)
        }
    }

    mutating func wait(_ duration: Duration) {
        now = now + duration
        group.expire(now: now)
    }

    /// A heartbeat, as numbers.
    mutating func beat(_ name: String, _ reported: [Int] = []) throws -> [Int] {
        try group.heartbeat(from: ConsumerName(name), reporting: reported.map { ShardID($0) }, now: now).map(\.value)
    }

    /// A save at so many log groups after the begin.
    mutating func save(_ shard: Int, at position: Int, by name: String? = nil, forced: Bool = true) throws {
        let cursor = Cursor(number: Self.begin + Int64(position))
        try group.save(
            Checkpoint(cursor.encoded), shard: ShardID(shard), by: name.map { try ConsumerName($0) }, isForced: forced,
            now: now, wallMicroseconds: 1_700_000_000_000_000 + now.nanoseconds / 1_000)
    }

    mutating func split(_ shard: Int) throws {
        _ = try map.split(ShardID(shard), .middle, created: Timestamp(seconds: 0))
        refresh()
    }

    mutating func merge(_ shard: Int) throws {
        _ = try map.merge(ShardID(shard), created: Timestamp(seconds: 0))
        refresh()
    }

    mutating func remove(_ shard: Int) throws {
        try map.remove(ShardID(shard))
        refresh()
    }

    mutating func refresh() { group.update(shards: facts) }

    func state(_ shard: Int) -> GroupCoordinator.State? {
        group.shardRows.first { $0.shard == ShardID(shard) }?.state
    }

    /// The shards that consumer may work on, as the rows say.
    func allocated(to consumer: String) -> Set<Int> {
        let rows = group.shardRows.filter { $0.state == .allocated && $0.holder?.value == consumer }
        return Set(rows.map(\.shard.value))
    }

    /// How many shards each consumer holds or is about to get, ascending.
    var loads: [Int] {
        group.consumerRows.map { consumer in
            group.shardRows.count { ($0.next ?? $0.holder) == consumer.name }
        }.sorted()
    }
}
