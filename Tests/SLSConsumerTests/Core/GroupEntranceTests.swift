import SLSClient
import SLSProtocol
import Testing

@testable import SLSConsumer

@Suite struct GroupEntranceTests {
    private let listed = [ShardID(0), ShardID(1)]

    private func entrance(_ start: CursorPosition, timeout: Duration = .seconds(30)) -> GroupEntrance {
        GroupEntrance(timeout: timeout, start: start, isStartFixed: start != .end)
    }

    @Test func `a group that exists is adopted with its timeout`() throws {
        var entrance = entrance(.end)
        #expect(entrance.first == .listShards)
        #expect(entrance.handle(.shardsListed(listed)) == .findGroup)
        let positions = InitialPositions(configured: .end, isFixed: false, listedBeforeJoining: Set(listed))
        #expect(
            entrance.handle(.groupFound(timeout: .seconds(10)))
                == .enter(try #require(GroupTiming(timeout: .seconds(10))), positions))
    }

    @Test func `the maker of a group with a start that moves saves what it resolved before, highest id first`() throws {
        var entrance = entrance(.end)
        _ = entrance.handle(.shardsListed(listed))
        #expect(entrance.handle(.groupFound(timeout: nil)) == .resolve(ShardID(1), .end))
        #expect(entrance.handle(.resolved(Cursor(number: 11))) == .resolve(ShardID(0), .end))
        #expect(entrance.isStoppable)
        #expect(entrance.handle(.resolved(Cursor(number: 10))) == .findGroup, "the positions are older than the group")
        #expect(entrance.handle(.groupFound(timeout: nil)) == .create(timeout: .seconds(30)))
        #expect(!entrance.isStoppable, "the others would wait for its checkpoints")
        #expect(entrance.handle(.created(by: .us)) == .save(ShardID(1), Cursor(number: 11)))
        #expect(entrance.handle(.saved) == .save(ShardID(0), Cursor(number: 10)))
        guard case .enter = entrance.handle(.saved) else {
            Issue.record("not entered")
            return
        }
    }

    @Test func `the maker of a group with a fixed start saves nothing and may leave at any point`() {
        var entrance = entrance(.begin)
        _ = entrance.handle(.shardsListed(listed))
        #expect(entrance.handle(.groupFound(timeout: nil)) == .create(timeout: .seconds(30)))
        #expect(entrance.isStoppable)
        guard case .enter = entrance.handle(.created(by: .us)) else {
            Issue.record("not entered")
            return
        }
    }

    @Test func `of two that make it at once the second adopts it and saves nothing`() throws {
        var entrance = entrance(.end)
        _ = entrance.handle(.shardsListed([]))
        _ = entrance.handle(.groupFound(timeout: nil))
        _ = entrance.handle(.groupFound(timeout: nil))
        #expect(entrance.handle(.created(by: .somebodyElse)) == .findGroup)
        guard case .enter(let timing, _) = entrance.handle(.groupFound(timeout: .seconds(60))) else {
            Issue.record("not entered")
            return
        }
        #expect(timing.timeout == .seconds(60))
    }

    /// One that has resolved both shards, and whose second request to make the group finds that it exists.
    private func unsure() -> GroupEntrance {
        var entrance = entrance(.end)
        _ = entrance.handle(.shardsListed(listed))
        _ = entrance.handle(.groupFound(timeout: nil))
        for number in [11, 10] as [Int64] { _ = entrance.handle(.resolved(Cursor(number: number))) }
        _ = entrance.handle(.groupFound(timeout: nil))
        #expect(entrance.handle(.created(by: .unknown)) == .findGroup)
        return entrance
    }

    @Test func `whoever heard no answer to its first request is the maker while no shard has a checkpoint`() {
        var entrance = unsure()
        #expect(entrance.handle(.groupFound(timeout: .seconds(30))) == .readCheckpoints)
        #expect(!entrance.isStoppable)
        #expect(entrance.handle(.checkpointsRead(of: [])) == .save(ShardID(1), Cursor(number: 11)))
        #expect(entrance.handle(.saved) == .save(ShardID(0), Cursor(number: 10)))
    }

    @Test func `whoever heard no answer is not the maker of a group with checkpoints, or with another timeout`() {
        var late = unsure()
        _ = late.handle(.groupFound(timeout: .seconds(30)))
        var other = unsure()
        for step in [late.handle(.checkpointsRead(of: [ShardID(1)])), other.handle(.groupFound(timeout: .seconds(60)))]
        {
            guard case .enter = step else {
                Issue.record("not entered: \(step)")
                return
            }
        }
    }

    @Test func `a group that others made while the positions were resolved is adopted`() {
        var entrance = entrance(.end)
        _ = entrance.handle(.shardsListed([ShardID(0)]))
        _ = entrance.handle(.groupFound(timeout: nil))
        _ = entrance.handle(.resolved(Cursor(number: 10)))
        guard case .enter = entrance.handle(.groupFound(timeout: .seconds(30))) else {
            Issue.record("not entered")
            return
        }
    }

    @Test func `a group that vanishes while it is entered is an error`() {
        var entrance = entrance(.begin)
        _ = entrance.handle(.shardsListed([]))
        _ = entrance.handle(.groupFound(timeout: nil))
        _ = entrance.handle(.created(by: .somebodyElse))
        #expect(entrance.handle(.groupFound(timeout: nil)) == .refuse(.groupDeleted))
    }

    @Test func `a timeout below six seconds is refused, found or wanted`() {
        var finding = entrance(.begin)
        _ = finding.handle(.shardsListed([]))
        #expect(finding.handle(.groupFound(timeout: .seconds(5))) == .refuse(.timeoutTooShort(.seconds(5))))
        var making = entrance(.begin, timeout: .seconds(5))
        _ = making.handle(.shardsListed([]))
        #expect(making.handle(.groupFound(timeout: nil)) == .refuse(.timeoutTooShort(.seconds(5))))
    }
}

@Suite struct LeaseTermTests {
    private func membership(until second: Int64) throws -> Membership {
        var random = SystemRandomNumberGenerator()
        var membership = Membership(
            timing: try #require(GroupTiming(timeout: .seconds(30))), now: Instant(nanoseconds: 0))
        _ = membership.handle(.tick, now: Instant(nanoseconds: 0), using: &random)
        _ = membership.handle(
            .answered(heartbeat: 1, granted: []), now: Instant(nanoseconds: 1_000_000_000), using: &random)
        _ = membership.handle(.tick, now: Instant(nanoseconds: second * 1_000_000_000), using: &random)
        return membership
    }

    @Test(arguments: [
        (second: 14, holds: true, allowsWrite: true), (15, true, false), (23, true, false),
    ]) func `writes end before the lease does`(second: Int64, holds: Bool, allowsWrite: Bool) throws {
        // T = 30 s: the lease ends at 24 s, and a write may take 9.5 s.
        let term = LeaseTerm(try membership(until: second))
        let now = Instant(nanoseconds: second * 1_000_000_000)
        #expect(term.holds(generation: 0, now: now) == holds)
        #expect(term.allowsWrite(generation: 0, now: now) == allowsWrite)
    }

    @Test func `nothing goes under a lease that was lost, or under another one`() throws {
        let held = LeaseTerm(try membership(until: 5))
        let now = Instant(nanoseconds: 5_000_000_000)
        #expect(!held.holds(generation: 1, now: now) && !held.allowsWrite(generation: 1, now: now))
        let lost = LeaseTerm(try membership(until: 24))
        #expect(lost.generation == 1)
        #expect(!lost.holds(generation: 1, now: now) && lost.writeBarrier(generation: 1) == nil)
    }
}
