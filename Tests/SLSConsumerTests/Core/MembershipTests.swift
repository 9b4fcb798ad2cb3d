import SLSConsumer
import SLSProtocol
import Testing

/// A membership on a clock of its own; `T` is 30 s unless said: margin 6 s, heartbeats every 5 s.
private struct Member {
    var membership: Membership
    var now = Instant(nanoseconds: 0)
    private var random = SystemRandomNumberGenerator()

    init(timeout: Duration = .seconds(30)) throws {
        membership = Membership(timing: try #require(GroupTiming(timeout: timeout)), now: now)
    }

    mutating func handle(_ event: Membership.Event, after wait: Duration = .zero) -> [Membership.Action] {
        now = now + wait
        return membership.handle(event, now: now, using: &random)
    }

    /// A member that holds these shards since time 0.
    static func holding(_ shards: [Int], timeout: Duration = .seconds(30)) throws -> Member {
        var member = try Member(timeout: timeout)
        _ = member.handle(.tick)
        _ = member.handle(.answered(heartbeat: 1, granted: shards.map { ShardID($0) }))
        return member
    }
}

private func shards(_ numbers: Int...) -> [ShardID] { numbers.map { ShardID($0) } }

@Suite struct GroupTimingTests {
    @Test(arguments: [(30, 6.0, 5.0, 9.5), (10, 2, 2, 3), (6, 2, 1, 1.5), (60, 12, 5, 10)])
    func `the times follow from T`(seconds: Int, margin: Double, interval: Double, write: Double) throws {
        let timing = try #require(GroupTiming(timeout: .seconds(seconds)))
        #expect(timing.margin == .seconds(margin))
        #expect(timing.heartbeatInterval == .seconds(interval))
        #expect(timing.writeTimeout == .seconds(write))
        #expect(timing.heartbeatTimeout <= .seconds(4))
    }

    @Test func `a timeout below 6 s leaves no time to work in`() {
        #expect(GroupTiming(timeout: .milliseconds(5_999)) == nil)
    }

    @Test(arguments: [-1, -9_223_372_037, Int.min, Int.max])
    func `whatever others have set, a lease ends at a moment that there is`(seconds: Int) {
        let sent = Instant(nanoseconds: 1_000_000_000)
        let timing = GroupTiming.leaving(.seconds(seconds))
        #expect(timing.leaseEnd(sent: sent) == sent + (seconds < 0 ? .zero : .seconds(86_400) * 4 / 5))
    }
}

@Suite struct MembershipTests {
    @Test func `the first heartbeat reports nothing and starts what it is granted`() throws {
        var member = try Member()
        #expect(member.handle(.tick) == [.heartbeat(1, reporting: [])])
        #expect(
            member.handle(.answered(heartbeat: 1, granted: shards(1, 0)), after: .milliseconds(20))
                == [.start(ShardID(0)), .start(ShardID(1)), .leaseRenewed])
        #expect(member.membership.nextTimer == Instant(nanoseconds: 1_000_000_000))  // just acquired: after 1 s
    }

    @Test func `the lease counts from the sending, not from the answer`() throws {
        var member = try Member()
        _ = member.handle(.tick)
        _ = member.handle(.answered(heartbeat: 1, granted: []), after: .seconds(3))
        #expect(member.membership.leaseEnd == Instant(nanoseconds: 24_000_000_000))
    }

    @Test func `an answer that comes after its own lease is no lease`() throws {
        var member = try Member()
        _ = member.handle(.tick)
        let actions = member.handle(.answered(heartbeat: 1, granted: shards(0)), after: .seconds(24))
        #expect(actions.first == .report(.leaseLost))
        #expect(!actions.contains(.start(ShardID(0))))
    }

    @Test func `a revoked shard is drained and reported until its task has ended, then let go at once`() throws {
        var member = try Member.holding([0, 1])
        #expect(member.handle(.tick, after: .seconds(1)) == [.heartbeat(2, reporting: shards(0, 1))])
        #expect(
            member.handle(.answered(heartbeat: 2, granted: shards(0)))
                == [.drain(ShardID(1), .handOver), .leaseRenewed])
        #expect(member.handle(.tick, after: .seconds(1)) == [.heartbeat(3, reporting: shards(0, 1))])
        _ = member.handle(.answered(heartbeat: 3, granted: shards(0)))
        #expect(
            member.handle(.ended(ShardID(1)), after: .milliseconds(10)) == [.heartbeat(4, reporting: shards(0))])
    }

    @Test func `a shard whose task ends while a heartbeat still reports it is let go right after the answer`() throws {
        var member = try Member.holding([0, 1])
        _ = member.handle(.tick, after: .seconds(1))
        _ = member.handle(.answered(heartbeat: 2, granted: shards(0)))
        #expect(member.handle(.tick, after: .seconds(1)) == [.heartbeat(3, reporting: shards(0, 1))])
        #expect(member.handle(.ended(ShardID(1)), after: .milliseconds(10)).isEmpty)
        #expect(
            member.handle(.answered(heartbeat: 3, granted: shards(0)), after: .milliseconds(10))
                == [.leaseRenewed, .heartbeat(4, reporting: shards(0))])
    }

    @Test func `a shard that comes back while it drains starts anew only after its task has ended`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(1))
        _ = member.handle(.answered(heartbeat: 2, granted: []))
        _ = member.handle(.tick, after: .seconds(1))
        #expect(member.handle(.answered(heartbeat: 3, granted: shards(0))) == [.leaseRenewed])
        #expect(
            member.handle(.ended(ShardID(0)), after: .milliseconds(100))
                == [.start(ShardID(0)), .heartbeat(4, reporting: shards(0))])
    }

    @Test func `at the end of the lease everything is dropped, and the next heartbeat reports nothing`() throws {
        var member = try Member.holding([0, 1])
        _ = member.handle(.tick, after: .seconds(1))  // heartbeat 2, never answered
        #expect(
            member.handle(.tick, after: .seconds(23))
                == [.drop(ShardID(0)), .drop(ShardID(1)), .report(.leaseLost)])
        #expect(member.handle(.failed(heartbeat: 2, .unanswered)) == [.heartbeat(3, reporting: [])])
    }

    @Test func `an answer to a heartbeat from before the loss is ignored`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(1))
        _ = member.handle(.tick, after: .seconds(23))
        #expect(
            member.handle(.answered(heartbeat: 2, granted: shards(0))) == [.heartbeat(3, reporting: [])])
        #expect(member.membership.leaseEnd == nil)
    }

    @Test func `a dropped shard that is granted anew waits for its old task`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(1))
        _ = member.handle(.failed(heartbeat: 2, .forgotten))
        #expect(member.handle(.answered(heartbeat: 3, granted: shards(0))) == [.leaseRenewed])
        #expect(member.handle(.ended(ShardID(0))) == [.start(ShardID(0))])
    }

    @Test func `who was forgotten drops everything and joins anew at once`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(1))
        #expect(
            member.handle(.failed(heartbeat: 2, .forgotten))
                == [.drop(ShardID(0)), .report(.forgotten), .heartbeat(3, reporting: [])])
    }

    @Test func `who is forgotten without having reported anything does not join in a loop`() throws {
        var member = try Member()
        _ = member.handle(.tick)
        #expect(member.handle(.failed(heartbeat: 1, .forgotten)) == [.report(.forgotten)])
        #expect(member.handle(.tick, after: .milliseconds(499)).isEmpty)
        #expect(member.handle(.tick, after: .milliseconds(501)) == [.heartbeat(2, reporting: [])])
    }

    @Test func `an answer that comes during the silence ends it`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(24))
        _ = member.handle(.failed(heartbeat: 2, .unanswered))
        #expect(member.handle(.tick, after: .seconds(23)) == [.heartbeat(3, reporting: [])])
        let until = Instant(nanoseconds: 78_000_000_000)
        #expect(member.handle(.tick, after: .seconds(1)) == [.report(.silent(until: until))])
        _ = member.handle(.ended(ShardID(0)))
        #expect(
            member.handle(.answered(heartbeat: 3, granted: shards(1)))
                == [.start(ShardID(1)), .leaseRenewed, .heartbeat(4, reporting: shards(1))])
    }

    @Test func `a member that is heard but never answered falls silent for T as well`() throws {
        var member = try Member()
        _ = member.handle(.tick)
        for heartbeat in 1...47 {
            _ = member.handle(.failed(heartbeat: heartbeat, .unanswered))
            let actions = member.handle(.tick, after: .seconds(1))
            #expect(actions == [.heartbeat(heartbeat + 1, reporting: [])])
        }
        _ = member.handle(.failed(heartbeat: 48, .unanswered))
        #expect(
            member.handle(.tick, after: .seconds(1)) == [.report(.silent(until: Instant(nanoseconds: 78_000_000_000)))])
    }

    @Test func `who is refused keeps trying and never falls silent`() throws {
        var member = try Member()
        _ = member.handle(.tick)
        for heartbeat in 1...200 {
            #expect(member.handle(.failed(heartbeat: heartbeat, .unauthorized)) == [.report(.unauthorized)])
            #expect(member.handle(.tick, after: .seconds(1)) == [.heartbeat(heartbeat + 1, reporting: [])])
        }
    }

    @Test func `a failed heartbeat is tried again within a second, one at a time`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(1))
        #expect(member.handle(.tick, after: .milliseconds(900)).isEmpty)
        #expect(member.handle(.failed(heartbeat: 2, .unanswered)).isEmpty)
        #expect(member.handle(.tick, after: .milliseconds(499)).isEmpty)
        #expect(member.handle(.tick, after: .milliseconds(501)) == [.heartbeat(3, reporting: shards(0))])
    }

    @Test func `a whole lease without an answer after a loss brings silence for T, then a new try`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(24))  // lease lost; the heartbeat of this tick is lost as well
        var reports: [Membership.Action] = []
        var heartbeat = 2
        while reports.isEmpty, member.now < Instant(nanoseconds: 60_000_000_000) {
            _ = member.handle(.failed(heartbeat: heartbeat, .unanswered))
            let actions = member.handle(.tick, after: .seconds(1))
            reports = actions.filter { if case .report = $0 { true } else { false } }
            if case .heartbeat(let next, _) = actions.last { heartbeat = next }
        }
        #expect(member.now == Instant(nanoseconds: 48_000_000_000))
        let until = Instant(nanoseconds: 78_000_000_000)
        #expect(reports == [.report(.silent(until: until))])
        #expect(member.handle(.tick, after: .seconds(29)).isEmpty)
        #expect(member.membership.nextTimer == until)
        guard case .heartbeat(_, let reporting) = member.handle(.tick, after: .seconds(1)).last else {
            Issue.record("no heartbeat after the silence")
            return
        }
        #expect(reporting.isEmpty)
    }

    @Test func `a shorter T shortens the lease at once`() throws {
        var member = try Member.holding([0])
        #expect(
            member.handle(.timeoutSeen(.seconds(10)), after: .milliseconds(500))
                == [.report(.timeoutChanged(.seconds(10)))])
        #expect(member.membership.leaseEnd == Instant(nanoseconds: 8_000_000_000))
        #expect(member.handle(.timeoutSeen(.seconds(10))).isEmpty)
    }

    @Test func `a shorter T whose lease is over already drops everything`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(1))
        let actions = member.handle(.timeoutSeen(.seconds(6)), after: .seconds(4))
        #expect(actions.contains(.drop(ShardID(0))))
        #expect(member.membership.leaseEnd == nil)
    }

    @Test func `a longer T counts from the next heartbeat`() throws {
        var member = try Member.holding([0], timeout: .seconds(10))
        _ = member.handle(.timeoutSeen(.seconds(60)))
        #expect(member.membership.leaseEnd == Instant(nanoseconds: 8_000_000_000))
        _ = member.handle(.tick, after: .seconds(1))
        _ = member.handle(.answered(heartbeat: 2, granted: shards(0)))
        #expect(member.membership.leaseEnd == Instant(nanoseconds: 49_000_000_000))
    }

    @Test func `whatever number stands in the group, the lease is a day at most`() throws {
        var member = try Member.holding([0], timeout: .seconds(Int.max))
        #expect(member.membership.timing.timeout == .seconds(86_400))
        #expect(member.handle(.timeoutSeen(.seconds(Int.max - 1))).isEmpty, "no change worth a word")
    }

    @Test func `a T below 6 s makes the member leave with a failure`() throws {
        var member = try Member.holding([0])
        let actions = member.handle(.timeoutSeen(.seconds(5)))
        #expect(actions.contains(.drain(ShardID(0), .shutDown)))
        _ = member.handle(.ended(ShardID(0)), after: .seconds(1))
        let last = member.handle(.answered(heartbeat: 2, granted: []))
        #expect(last.contains(.leave(.timeoutTooShort(.seconds(5)))))
    }

    @Test func `a T below 6 s shortens the lease under which the member leaves`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.timeoutSeen(.seconds(5)), after: .seconds(1))
        #expect(member.membership.leaseEnd == Instant(nanoseconds: 4_000_000_000), "a fifth of T before it is over")
        #expect(member.membership.timing.writeTimeout == .seconds(1.5))
        #expect(member.handle(.tick, after: .seconds(3)).contains(.drop(ShardID(0))))
    }

    @Test func `a T so short that the lease is over drops everything at once, and no heartbeat asks for more`() throws {
        var member = try Member.holding([0])
        let actions = member.handle(.timeoutSeen(.seconds(1)), after: .milliseconds(900))
        #expect(actions.contains(.drop(ShardID(0))))
        #expect(!actions.contains { if case .heartbeat = $0 { true } else { false } })
        for _ in 0..<20 { #expect(member.handle(.tick, after: .seconds(1)).isEmpty, "its task still runs") }
        #expect(member.handle(.ended(ShardID(0))) == [.leave(.timeoutTooShort(.seconds(1)))])
    }

    @Test func `a shorter T shortens the lease also of a member that is leaving`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.shutDown)
        _ = member.handle(.timeoutSeen(.seconds(10)), after: .milliseconds(500))
        #expect(member.membership.leaseEnd == Instant(nanoseconds: 8_000_000_000))
    }

    @Test func `a deleted group ends the membership`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.tick, after: .seconds(1))
        #expect(member.handle(.failed(heartbeat: 2, .groupMissing)) == [.drop(ShardID(0))])
        #expect(member.handle(.ended(ShardID(0))) == [.leave(.groupMissing)])
    }

    @Test func `shutting down goes on heart-beating until everything is drained, then reports nothing once`() throws {
        var member = try Member.holding([0, 1])
        #expect(
            member.handle(.shutDown, after: .milliseconds(100))
                == [.drain(ShardID(0), .shutDown), .drain(ShardID(1), .shutDown)])
        #expect(member.handle(.tick, after: .milliseconds(900)) == [.heartbeat(2, reporting: shards(0, 1))])
        _ = member.handle(.ended(ShardID(0)), after: .milliseconds(10))
        // What the server still grants is not started again.
        let actions = member.handle(.answered(heartbeat: 2, granted: shards(0, 1)), after: .milliseconds(10))
        #expect(actions == [.leaseRenewed, .heartbeat(3, reporting: shards(1))])
        #expect(member.handle(.answered(heartbeat: 3, granted: shards(0, 1))) == [.leaseRenewed])
        #expect(member.handle(.ended(ShardID(1)), after: .milliseconds(10)) == [.heartbeat(4, reporting: [])])
        #expect(member.handle(.failed(heartbeat: 4, .unanswered), after: .milliseconds(10)) == [.leave(.shutDown)])
        #expect(member.membership.nextTimer == nil)
    }

    @Test func `past half of T a shutdown hurries what still drains`() throws {
        var member = try Member.holding([0])
        _ = member.handle(.shutDown)
        var actions: [Membership.Action] = []
        for heartbeat in 2...20 where member.now < Instant(nanoseconds: 15_000_000_000) {
            actions = member.handle(.tick, after: .seconds(1))
            _ = member.handle(.answered(heartbeat: heartbeat, granted: shards(0)))
        }
        #expect(actions.contains(.hurry(ShardID(0))))
    }

    @Test func `a member that never heard from the group leaves at once`() throws {
        var member = try Member()
        _ = member.handle(.tick)
        #expect(member.handle(.shutDown).isEmpty)
        #expect(member.handle(.failed(heartbeat: 1, .unanswered)) == [.leave(.shutDown)])
    }

    @Test func `its timer never asks to be woken in the past for nothing`() throws {
        var member = try Member.holding([0, 1])
        var heartbeat = 1
        for round in 0..<2_000 {
            guard let next = member.membership.nextTimer else { break }
            let before = member.membership.nextTimer
            let actions = member.handle(.tick, after: max(.zero, next - member.now))
            for case .heartbeat(let id, _) in actions { heartbeat = id }
            let isAnswered = round % 400 < 200
            if !actions.isEmpty {
                _ = member.handle(
                    isAnswered
                        ? .answered(heartbeat: heartbeat, granted: shards(0, 1))
                        : .failed(heartbeat: heartbeat, .unanswered)
                )
            }
            for case .drop(let shard) in actions { _ = member.handle(.ended(shard)) }
            #expect(!actions.isEmpty || member.membership.nextTimer != before, "nothing came of the wake-up at \(next)")
        }
    }
}
