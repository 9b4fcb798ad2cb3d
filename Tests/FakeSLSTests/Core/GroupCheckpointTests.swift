import SLSProtocol
import Testing

@testable import FakeSLS

/// Scenarios of consumer-group.md 6 about checkpoints, splits and merges.
@Suite struct GroupCheckpointTests {
    private func code(_ body: () throws -> Void) -> APIError.Code? {
        #expect(throws: APIError.self) { try body() }?.code
    }

    @Test func `S17: without order children are given out at once and the parent stays until its end is saved`() throws
    {
        var fixture = GroupFixture(shards: 1)
        fixture.logGroups = [0: 10]
        _ = try fixture.beat("A")
        try fixture.split(0)
        #expect(try fixture.beat("A", [0]) == [0, 1, 2])
        try fixture.save(0, at: 9, by: "A", forced: false)
        #expect(try fixture.beat("A", [0, 1, 2]) == [0, 1, 2])
        try fixture.save(0, at: 10, by: "A", forced: false)
        #expect(try fixture.beat("A", [0, 1, 2]) == [1, 2])
        #expect(fixture.state(0) == .over)
    }

    @Test func `S18: with order each shard waits for all its ancestors`() throws {
        var fixture = GroupFixture(shards: 3, inOrder: true)
        try fixture.save(1, at: 0)
        try fixture.save(2, at: 0)
        try fixture.split(0)
        try fixture.merge(4)
        // 0 was cut into 3 and 4; 4 and 1 became 5.
        #expect(try fixture.beat("A") == [0, 2])
        try fixture.save(0, at: 0)
        #expect(try fixture.beat("A", [0, 2]) == [2, 3, 4])
        #expect(fixture.state(5) == .wait)
        try fixture.save(4, at: 0)
        #expect(fixture.state(1) == .over)
        #expect(try fixture.beat("A", [2, 3, 4]) == [2, 3, 5])
    }

    @Test func `a new group with order starts at the oldest shards and ignores ancestors that no longer exist`() throws
    {
        var fixture = GroupFixture(shards: 1, inOrder: true)
        try fixture.split(0)
        try fixture.split(1)
        var late = fixture.anotherGroup()
        #expect(try late.beat("A") == [0])
        try late.remove(0)
        #expect(try late.beat("A", [0]) == [1, 2])
    }

    @Test func `S19: an idle shard saved at its end is over the moment it is split`() throws {
        var fixture = GroupFixture(shards: 1, inOrder: true)
        fixture.logGroups = [0: 4]
        _ = try fixture.beat("A")
        try fixture.save(0, at: 4, by: "A", forced: false)
        try fixture.split(0)
        #expect(fixture.state(0) == .over)
        #expect(try fixture.beat("A", [0]) == [1, 2])
    }

    @Test func `S20: an empty read-only shard stays assigned until somebody saves its end`() throws {
        var fixture = GroupFixture(shards: 1, inOrder: true)
        _ = try fixture.beat("A")
        try fixture.split(0)
        #expect(try fixture.beat("A", [0]) == [0])
        try fixture.save(0, at: 0, by: "A", forced: false)
        #expect(try fixture.beat("A", [0]) == [1, 2])
    }

    @Test func `S21: a shard that was over is assigned again when it is set back`() throws {
        var fixture = GroupFixture(shards: 1)
        fixture.logGroups = [0: 10]
        try fixture.split(0)
        try fixture.save(0, at: 10)
        #expect(try fixture.beat("A") == [1, 2])
        try fixture.save(0, at: 3)
        #expect(try fixture.beat("A", [1, 2]) == [0, 1, 2])
        try fixture.save(0, at: 10)
        #expect(fixture.state(0) == .over)
        #expect(try fixture.beat("A", [0, 1, 2]) == [1, 2])
    }

    @Test func `a late save of a holder is refused once the shard is over`() throws {
        var fixture = GroupFixture(shards: 1)
        fixture.logGroups = [0: 10]
        _ = try fixture.beat("A")
        try fixture.split(0)
        try fixture.save(0, at: 10, by: "A", forced: false)
        #expect(code { try fixture.save(0, at: 9, by: "A", forced: false) } == .consumerNotMatch)
        #expect(fixture.state(0) == .over)
    }

    @Test func `a shard that is over while on its way to another consumer belongs to nobody`() throws {
        var fixture = GroupFixture(shards: 2)
        fixture.logGroups = [1: 1]
        _ = try fixture.beat("A")
        _ = try fixture.beat("B")
        #expect(fixture.state(1) == .transfer)
        try fixture.split(1)
        try fixture.save(1, at: 1, by: "A", forced: false)
        let row = fixture.group.shardRows[1]
        #expect(row.state == .over && row.holder == nil && row.next == nil)
        #expect(try fixture.beat("B") == [2])
    }

    @Test func `S22: order switched off lets waiting shards go, switched on it leaves the others alone`() throws {
        var fixture = GroupFixture(shards: 1, inOrder: true)
        try fixture.split(0)
        #expect(try fixture.beat("A") == [0])
        fixture.group.update(.init(timeout: GroupFixture.timeout, inOrder: false))
        #expect(try fixture.beat("A", [0]) == [0, 1, 2])
        fixture.group.update(.init(timeout: GroupFixture.timeout, inOrder: true))
        #expect(try fixture.beat("A", [0, 1, 2]) == [0, 1, 2])
        try fixture.split(1)
        #expect(fixture.state(3) == .wait)
    }

    @Test func `S23: alive but not the holder is ConsumerNotMatch, force is accepted`() throws {
        var fixture = GroupFixture(shards: 1)
        _ = try fixture.beat("A")
        _ = try fixture.beat("B")
        #expect(code { try fixture.save(0, at: 1, by: "B", forced: false) } == .consumerNotMatch)
        try fixture.save(0, at: 1, by: "B")
    }

    @Test func `S24: who is unknown or unnamed must force`() throws {
        var fixture = GroupFixture(shards: 1)
        let error = #expect(throws: APIError.self) { try fixture.save(0, at: 1, by: "C", forced: false) }
        #expect(error?.code == .consumerNotExist)
        #expect(error?.status == 404)
        #expect(code { try fixture.save(0, at: 1, forced: false) } == .parameterInvalid)
        try fixture.save(0, at: 1)
    }

    @Test func `an expired consumer is unknown to a save without any heartbeat between`() throws {
        var fixture = GroupFixture(shards: 1)
        _ = try fixture.beat("A")
        fixture.now = fixture.now + GroupFixture.timeout + .nanoseconds(1)
        #expect(code { try fixture.save(0, at: 1, by: "A", forced: false) } == .consumerNotExist)
    }

    @Test func `S25: a holder that is asked to give the shard up may still save`() throws {
        var fixture = GroupFixture(shards: 2)
        _ = try fixture.beat("A")
        _ = try fixture.beat("B")
        #expect(fixture.state(1) == .transfer)
        try fixture.save(1, at: 1, by: "A", forced: false)
        #expect(code { try fixture.save(1, at: 2, by: "B", forced: false) } == .consumerNotMatch)
    }

    @Test(arguments: ["", "not base64!", "MTIzN"])
    func `S26: a checkpoint that is not base64 is refused`(text: String) {
        #expect(code { _ = try Checkpoint(text) } == .invalidShardCheckPoint)
    }

    @Test func `S26: an unknown shard is 404, and so before any look at the consumer`() throws {
        var fixture = GroupFixture(shards: 1)
        let error = #expect(throws: APIError.self) { try fixture.save(7, at: 1, by: "C", forced: false) }
        #expect(error?.code == .shardNotExist)
        #expect(error?.status == 404)
    }

    @Test func `S27: every existing shard has an entry before anything is saved, an unknown one has none`() throws {
        let fixture = GroupFixture(shards: 2)
        let empty = [0, 1].map { CheckpointDescription(shard: $0, checkpoint: "", updateTime: 0, consumer: "") }
        #expect(fixture.group.checkpoints() == empty)
        #expect(fixture.group.checkpoints(of: ShardID(1)) == [empty[1]])
        #expect(fixture.group.checkpoints(of: ShardID(2)) == [])
    }

    @Test func `S28: a save shows its time in microseconds and its consumer, and may go backwards by force`() throws {
        var fixture = GroupFixture(shards: 1)
        fixture.wait(.seconds(2))
        try fixture.save(0, at: 9, by: "A")
        try fixture.save(0, at: 3, by: "A")
        let entry = try #require(fixture.group.checkpoints().first)
        #expect(entry.checkpoint == Cursor(number: GroupFixture.begin + 3).encoded)
        #expect(entry.updateTime == 1_700_000_002_000_000)
        #expect(entry.consumer == "A")
        _ = try fixture.beat("B")
        #expect(fixture.group.checkpoints().first?.consumer == "B")
    }

    @Test func `a checkpoint that is no number is stored and never counts as the end`() throws {
        var fixture = GroupFixture(shards: 1)
        try fixture.split(0)
        try fixture.group.save(
            Checkpoint("YWJj"), shard: ShardID(0), by: nil, isForced: true, now: fixture.now, wallMicroseconds: 1)
        #expect(fixture.group.checkpoints(of: ShardID(0)).first?.checkpoint == "YWJj")
        #expect(fixture.state(0) == .notAllocated)
    }

    @Test func `S34: a shard whose data expired leaves the answers and the checkpoints`() throws {
        var fixture = GroupFixture(shards: 1)
        try fixture.split(0)
        #expect(try fixture.beat("A") == [0, 1, 2])
        try fixture.remove(0)
        #expect(try fixture.beat("A", [0, 1, 2]) == [1, 2])
        #expect(fixture.group.checkpoints().map(\.shard) == [1, 2])
        #expect(code { try fixture.save(0, at: 1) } == .shardNotExist)
    }

    @Test func `only what changed is to be stored, and a heartbeat alone changes nothing`() throws {
        var fixture = GroupFixture(shards: 2)
        #expect(fixture.group.takeChanges().shards.map(\.shard.value) == [0, 1])
        #expect(fixture.group.takeChanges().isEmpty)

        _ = try fixture.beat("A")
        let joined = fixture.group.takeChanges()
        #expect(joined.consumers?.map(\.name.value) == ["A"])
        #expect(joined.shards.map(\.state) == [.allocated, .allocated])

        _ = try fixture.beat("A", [0, 1])
        #expect(fixture.group.takeChanges().isEmpty)

        try fixture.save(1, at: 1)
        let saved = fixture.group.takeChanges()
        #expect(saved.consumers == nil)
        #expect(saved.shards.map(\.shard.value) == [1])

        try fixture.split(1)
        try fixture.remove(1)
        let removed = fixture.group.takeChanges()
        #expect(removed.removedShards == [ShardID(1)])
        #expect(removed.shards.map(\.shard.value) == [2, 3])

        fixture.wait(GroupFixture.timeout + .nanoseconds(1))
        #expect(fixture.group.takeChanges().consumers == [])
    }
}
