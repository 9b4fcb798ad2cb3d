import SLSProtocol
import Testing

@testable import FakeSLS

/// Scenarios of consumer-group.md 6 about members and who gets which shard.
@Suite struct GroupHeartbeatTests {
    /// A holds 0 to 3 of four shards, and B has joined: 2 and 3 are in transfer.
    private func twoConsumers() throws -> GroupFixture {
        var fixture = GroupFixture(shards: 4)
        #expect(try fixture.beat("A") == [0, 1, 2, 3])
        #expect(try fixture.beat("B") == [])
        return fixture
    }

    @Test func `S6: the first heartbeat is given every shard`() throws {
        var fixture = GroupFixture(shards: 4)
        #expect(try fixture.beat("A") == [0, 1, 2, 3])
    }

    @Test func `S7: a second consumer gets nothing while the first still reports its shards`() throws {
        var fixture = try twoConsumers()
        #expect(try fixture.beat("A", [0, 1, 2, 3]) == [0, 1])
        #expect(try fixture.beat("B") == [])
        #expect(fixture.state(2) == .transfer)
    }

    @Test func `S8: shards pass on once the first consumer no longer reports them`() throws {
        var fixture = try twoConsumers()
        #expect(try fixture.beat("A", [0, 1]) == [0, 1])
        #expect(try fixture.beat("B") == [2, 3])
    }

    @Test func `S9: a holder that goes on reporting keeps its shards for good`() throws {
        var fixture = try twoConsumers()
        for _ in 0..<20 {
            fixture.wait(GroupFixture.timeout / 2)
            #expect(try fixture.beat("A", [0, 1, 2, 3]) == [0, 1])
            #expect(try fixture.beat("B") == [])
        }
    }

    @Test func `S10: when the next consumer falls silent the holder keeps its shards`() throws {
        var fixture = try twoConsumers()
        fixture.wait(GroupFixture.timeout)
        _ = try fixture.beat("A", [0, 1, 2, 3])
        fixture.wait(.nanoseconds(1))
        #expect(try fixture.beat("A", [0, 1, 2, 3]) == [0, 1, 2, 3])
    }

    @Test func `S11: when the holder falls silent the next consumer gets all four`() throws {
        var fixture = try twoConsumers()
        fixture.wait(GroupFixture.timeout)
        _ = try fixture.beat("B")
        fixture.wait(.nanoseconds(1))
        #expect(try fixture.beat("B") == [0, 1, 2, 3])
    }

    @Test func `S12: silence of exactly the timeout is alive, one tick more is not`() throws {
        var fixture = GroupFixture(shards: 1)
        _ = try fixture.beat("A")
        fixture.wait(GroupFixture.timeout)
        #expect(fixture.group.isAlive(try ConsumerName("A")))
        fixture.wait(.nanoseconds(1))
        #expect(!fixture.group.isAlive(try ConsumerName("A")))
        #expect(fixture.state(0) == .notAllocated)
    }

    @Test func `S13: an unknown or expired consumer that reports shards is refused and changes nothing`() throws {
        var fixture = GroupFixture(shards: 2)
        let before = fixture.group
        let error = #expect(throws: APIError.self) { try fixture.beat("A", [0]) }
        #expect(error?.code == .notExistConsumerWithBody)
        #expect(error?.status == 400)
        #expect(fixture.group == before)

        #expect(try fixture.beat("A") == [0, 1])
        fixture.wait(GroupFixture.timeout + .nanoseconds(1))
        let expired = fixture.group
        #expect(throws: APIError.self) { try fixture.beat("A", [0, 1]) }
        #expect(fixture.group == expired)
        #expect(try fixture.beat("A") == [0, 1])
    }

    @Test func `S14: reporting nothing releases nothing`() throws {
        var fixture = GroupFixture(shards: 4)
        _ = try fixture.beat("A")
        #expect(try fixture.beat("A") == [0, 1, 2, 3])
    }

    @Test func `shards reported that are unknown or held by others are ignored`() throws {
        var fixture = try twoConsumers()
        #expect(try fixture.beat("B", [0, 99]) == [])
        #expect(try fixture.beat("A", [0, 1, 2, 3, 99]) == [0, 1])
    }

    @Test func `S15: counts differ by at most one with three consumers, five, and after a kill`() throws {
        var fixture = GroupFixture(shards: 10)
        var members = Members(["A", "B", "C"])
        try members.settle(&fixture)
        #expect(fixture.loads == [3, 3, 4])

        members.add(["D", "E"])
        try members.settle(&fixture)
        #expect(fixture.loads == [2, 2, 2, 2, 2])

        members.kill("B")
        fixture.wait(GroupFixture.timeout)
        try members.settle(&fixture)
        fixture.wait(.nanoseconds(1))
        try members.settle(&fixture)
        #expect(fixture.loads == [2, 2, 3, 3])
    }

    @Test func `S16: more consumers than shards stand by, and one takes over from a dead owner`() throws {
        var fixture = GroupFixture(shards: 2)
        var members = Members(["A", "B", "C", "D", "E"])
        try members.settle(&fixture)
        #expect(fixture.loads == [0, 0, 0, 1, 1])
        #expect(members.held["A"] == [0])

        members.kill("A")
        fixture.wait(GroupFixture.timeout)
        try members.settle(&fixture)
        #expect(members.held["C"] == [])
        fixture.wait(.nanoseconds(1))
        try members.settle(&fixture)
        #expect(members.held["C"] == [0])
    }

    @Test func `S29: after a restart consumers go on without an error, and nobody's timeout runs early`() throws {
        var fixture = try twoConsumers()
        fixture.wait(GroupFixture.timeout)
        let old = fixture.group
        fixture.wait(.seconds(3_600))
        fixture.group = GroupCoordinator(
            restoring: old.settings, consumers: old.consumerRows, shards: old.shardRows, facts: fixture.facts,
            now: fixture.now)
        #expect(fixture.group.shardRows == old.shardRows)
        #expect(fixture.group.consumerRows == old.consumerRows)
        fixture.wait(GroupFixture.timeout)
        #expect(try fixture.beat("A", [0, 1, 2, 3]) == [0, 1])
        #expect(try fixture.beat("B") == [])
        #expect(try fixture.beat("A", [0, 1]) == [0, 1])
        #expect(try fixture.beat("B") == [2, 3])
        fixture.wait(GroupFixture.timeout + .nanoseconds(1))
        #expect(try fixture.beat("C") == [0, 1, 2, 3])
    }

    @Test func `a shorter timeout counts from the next look on`() throws {
        var fixture = GroupFixture(shards: 1)
        _ = try fixture.beat("A")
        fixture.wait(.seconds(5))
        fixture.group.update(.init(timeout: .seconds(4), inOrder: false))
        fixture.wait(.zero)
        #expect(fixture.group.consumerRows.isEmpty)
    }

    @Test func `S33: two groups of a logstore know nothing of each other`() throws {
        var first = GroupFixture(shards: 2)
        var second = first.anotherGroup()
        #expect(try first.beat("A") == [0, 1])
        #expect(try second.beat("B") == [0, 1])
        try first.save(0, at: 5)
        #expect(second.group.checkpoints().map(\.checkpoint) == ["", ""])
    }

    @Test func `nobody is looked at while nobody can have expired`() throws {
        var fixture = GroupFixture(shards: 1)
        #expect(fixture.group.quietUntil == Instant(nanoseconds: .max))
        _ = try fixture.beat("A")
        #expect(fixture.group.quietUntil == fixture.now + GroupFixture.timeout)
    }
}

/// Consumers that follow the rules: each reports what it was last given, and gives up at once.
struct Members {
    private(set) var held: [String: [Int]]

    init(_ names: [String]) { held = names.reduce(into: [:]) { $0[$1] = [] } }

    mutating func add(_ names: [String]) { for name in names { held[name] = [] } }

    mutating func kill(_ name: String) { held[name] = nil }

    /// Enough rounds of heartbeats for every hand-over to end.
    mutating func settle(_ fixture: inout GroupFixture) throws {
        for _ in 0..<4 {
            for (name, shards) in held.sorted(by: { $0.key < $1.key }) { held[name] = try fixture.beat(name, shards) }
        }
    }
}
