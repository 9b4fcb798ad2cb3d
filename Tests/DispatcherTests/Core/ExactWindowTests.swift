import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

@testable import Dispatcher

private typealias Window = ExactWindowFixture

@Suite struct ExactWindowTests {
    @Test func `a lane has one request in flight, in the order of the source, lanes go side by side`() throws {
        var window = try Window()
        let (a1, a2, b1) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1))
        #expect(window.admit(a1) == ["put 1: \(a1) to 0"])
        #expect(window.admit(a2).isEmpty)
        #expect(window.admit(b1) == ["put 2: \(b1) to 0"])
        #expect(window.handle(.answered(1, .accepted)) == ["accepted [\(a1)]", "ack [\(a1)]", "put 3: \(a2) to 0"])
        #expect(window.window.pendingCounts == [2, 0])
    }

    @Test func `each log group is written under its own key and id, and again under the same`() throws {
        var window = try Window()
        let cursor = window.cursor(0, 1)
        _ = window.admit(cursor)
        let first = try #require(window.writes[1])
        guard case .key(_, let id) = first.address else {
            Issue.record("no key")
            return
        }
        #expect(id == LaneKeys.sequenceID(of: Cursor(number: cursor)))
        for answer in [DeliveryAnswer.unanswered, .postponed, .notSent] {
            _ = window.handle(.answered(1, answer))
            #expect(window.handle(.tick, after: .seconds(60)).last == "put 1: \(cursor) to 0" || answer == .notSent)
            #expect(window.writes[1]?.address == first.address)
        }
    }

    @Test func `before anything was accepted, a refused id was stored by whoever held the shard before`() throws {
        var window = try Window()
        let (a1, a2) = (window.cursor(0, 1), window.cursor(0, 2))
        _ = window.admit(a1, a2)
        #expect(
            window.handle(.answered(1, .alreadyStored)) == [
                "suppressed [\(a1)]", "ack [\(a1)]", "put 2: \(a2) to 0",
            ])
        #expect(window.handle(.answered(2, .accepted)) == ["accepted [\(a2)]", "ack [\(a2)]"])
    }

    @Test func `each lane of each target has a replay of its own`() throws {
        var window = try Window()
        let (a1, a2, b1) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1))
        _ = window.admit(a1, to: [0, 1])  // 1, 2
        _ = window.admit(b1)  // 3
        #expect(window.handle(.answered(1, .accepted)) == ["accepted [\(a1)]"], "the second target still lacks it")
        #expect(window.handle(.answered(2, .alreadyStored)) == ["suppressed [\(a1)]", "ack [\(a1)]"])
        #expect(window.handle(.answered(3, .alreadyStored)) == ["suppressed [\(b1)]", "ack [\(b1)]"])
        _ = window.admit(a2, to: [0, 1])
        #expect(window.handle(.answered(5, .alreadyStored)) == ["suppressed [\(a2)]"])
        #expect(window.handle(.answered(4, .alreadyStored)) == ["restart 0 at \(a2)"])
    }

    @Test(arguments: [
        (DeliveryAnswer.unanswered, true), (.postponed, false), (.refused, false), (.refusedData, false),
        (.notSent, false),
    ])
    func `after the first acceptance, a refused id counts as stored only where a try got no answer`(
        first: DeliveryAnswer, isRepeat: Bool
    ) throws {
        var window = try Window()
        let (a1, a2) = (window.cursor(0, 1), window.cursor(0, 2))
        _ = window.admit(a1, a2)
        _ = window.handle(.answered(1, .accepted))
        _ = window.handle(.answered(2, first))
        if first != .notSent { #expect(window.handle(.tick, after: .seconds(60)).contains("put 2: \(a2) to 0")) }
        let outcome = window.handle(.answered(2, .alreadyStored)).filter { $0 != "unblocked 0" }
        #expect(outcome == (isRepeat ? ["suppressed [\(a2)]", "ack [\(a2)]"] : ["restart 0 at \(a2)"]))
    }

    @Test func `after a restart nothing more is sent or said`() throws {
        var window = try Window()
        let (a1, a2, b1) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1))
        _ = window.admit(a1, a2)
        _ = window.handle(.answered(1, .accepted))
        #expect(window.handle(.answered(2, .alreadyStored)) == ["restart 0 at \(a2)"])
        #expect(window.admit(b1).isEmpty)
        #expect(window.handle(.tick, after: .seconds(60)).isEmpty)
        #expect(window.window.nextTimer == nil)
        #expect(window.window.pendingCounts == [1, 0], "what was not delivered is given back")
    }

    @Test func `after the end of the lease a refused id means nothing`() throws {
        var window = try Window()
        let (a1, a2) = (window.cursor(0, 1), window.cursor(0, 2))
        _ = window.admit(a1, a2)
        _ = window.handle(.answered(1, .accepted))
        window.barrier = nil
        #expect(window.handle(.answered(2, .alreadyStored)).isEmpty)
        #expect(window.window.pendingCounts == [1, 0])
    }

    @Test func `what a target refuses for its data goes to the dead letters under their key, and its lane waits`()
        throws
    {
        var window = try Window(hasDeadLetter: true)
        let (a1, a2, b1) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1))
        _ = window.admit(a1, a2)
        #expect(window.handle(.answered(1, .refusedData)) == ["put 2: \(a1) to the dead letters of 0"])
        #expect(window.admit(b1) == ["put 3: \(b1) to 0"], "other lanes go on")
        #expect(window.writes[1]?.address != window.writes[2]?.address)
        #expect(window.handle(.answered(2, .unanswered)).isEmpty)
        #expect(window.handle(.tick, after: .seconds(1)) == ["put 2: \(a1) to the dead letters of 0"])
        #expect(
            window.handle(.answered(2, .alreadyStored)) == [
                "deadLettered [\(a1)]", "ack [\(a1)]", "put 4: \(a2) to 0",
            ])
    }

    @Test func `what the dead-letter logstore refuses as it is goes there sealed, behind the plain form's id`() throws {
        var window = try Window(hasDeadLetter: true)
        let (a1, a2) = (window.cursor(0, 1), window.cursor(0, 2))
        _ = window.admit(a1, a2)
        _ = window.handle(.answered(1, .refusedData))
        #expect(window.handle(.answered(2, .refused)) == ["blocked 0 at \(a1)"])
        #expect(window.handle(.tick, after: .seconds(30)) == ["put 2: \(a1) to the dead letters of 0"])
        #expect(
            window.handle(.answered(2, .refusedData)) == [
                "unblocked 0", "put 3: \(a1) to the dead letters, sealed, of 0",
            ])
        guard case .key(let key, let id)? = window.writes[2]?.address else {
            Issue.record("no key")
            return
        }
        #expect(id == LaneKeys.sequenceID(of: Cursor(number: a1)))
        let next = LaneKeys.sequenceID(of: Cursor(number: a1), part: 1)
        #expect(window.writes[3]?.address == .key(key, sequenceID: next))
        #expect(
            window.handle(.answered(3, .accepted)) == ["deadLettered [\(a1)]", "ack [\(a1)]", "put 4: \(a2) to 0"])
    }

    @Test func `what is refused sealed as well blocks its lane`() throws {
        var window = try Window(hasDeadLetter: true)
        let cursor = window.cursor(0, 1)
        _ = window.admit(cursor)
        _ = window.handle(.answered(1, .refusedData))
        _ = window.handle(.answered(2, .refusedData))
        #expect(window.handle(.answered(3, .refusedData)) == ["blocked 0 at \(cursor)"])
        #expect(window.handle(.tick, after: .seconds(30)) == ["put 3: \(cursor) to the dead letters, sealed, of 0"])
    }

    @Test func `dead letters have a replay of their own`() throws {
        var window = try Window(hasDeadLetter: true)
        let cursors = (1...4).map { window.cursor(0, $0) }
        for cursor in cursors { _ = window.admit(cursor) }
        _ = window.handle(.answered(1, .accepted))  // 2
        _ = window.handle(.answered(2, .refusedData))  // 3, its dead letter
        #expect(
            window.handle(.answered(3, .alreadyStored)) == [
                "deadLettered [\(cursors[1])]", "ack [\(cursors[1])]", "put 4: \(cursors[2]) to 0",
            ], "nothing was accepted there since the shard was taken over")
        _ = window.handle(.answered(4, .refusedData))  // 5
        _ = window.handle(.answered(5, .accepted))  // 6
        _ = window.handle(.answered(6, .refusedData))  // 7
        #expect(window.handle(.answered(7, .alreadyStored)) == ["restart the dead letters of 0 at \(cursors[3])"])
    }

    @Test func `without dead letters a refusal blocks its lane and is tried every 30 s`() throws {
        var window = try Window()
        let (a1, a2, b1) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1))
        _ = window.admit(a1, a2)
        #expect(window.handle(.answered(1, .refusedData)) == ["blocked 0 at \(a1)"])
        #expect(window.window.isBlocked)
        #expect(window.admit(b1) == ["put 2: \(b1) to 0"])
        _ = window.handle(.answered(2, .accepted))
        #expect(window.handle(.tick, after: .milliseconds(29_999)).isEmpty)
        #expect(window.handle(.tick, after: .milliseconds(1)) == ["put 1: \(a1) to 0"])
        #expect(
            window.handle(.answered(1, .accepted)) == [
                "accepted [\(a1)]", "ack [\(a1)]", "unblocked 0", "put 3: \(a2) to 0",
            ])
    }

    @Test func `a target that answers nothing is asked by one request at a time, others are not held up`() throws {
        var window = try Window()
        let (a1, b1) = (window.cursor(0, 1), window.cursor(1, 1))
        _ = window.admit(a1, b1, to: [0, 1])  // 1 and 2 of a1, 3 and 4 of b1
        _ = window.handle(.answered(1, .unanswered))
        _ = window.handle(.answered(3, .unanswered))
        #expect(window.handle(.tick, after: .seconds(1)).count == 1)
        #expect(window.handle(.answered(2, .accepted)) == ["accepted [\(a1)]"])
        #expect(window.handle(.answered(1, .accepted)).last == "put 3: \(b1) to 0")
    }

    @Test func `nothing starts behind the barrier, and the timer never asks for the past`() throws {
        var window = try Window()
        window.barrier = window.now
        #expect(window.admit(window.cursor(0, 1)).isEmpty)
        #expect(window.window.nextTimer == window.now + .milliseconds(500))
        window.barrier = window.now + .seconds(9)
        #expect(window.handle(.tick, after: .milliseconds(500)).count == 1)
    }

    @Test func `a shard that is handed over ends what is in flight and sends nothing more`() throws {
        var window = try Window()
        let (a1, a2, b1) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1))
        _ = window.admit(a1, a2, b1)
        _ = window.handle(.answered(1, .accepted))  // a2 is 3
        #expect(window.handle(.drain(.handOver)).isEmpty)
        #expect(window.handle(.answered(2, .accepted)) == ["accepted [\(b1)]", "ack [\(b1)]"])
        #expect(window.handle(.answered(3, .unanswered)) == ["finish"])
    }

    @Test func `shutting down still sends what lies below something sent`() throws {
        var window = try Window()
        let (a1, a2, a3) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(0, 3))
        let b1 = window.cursor(1, 1, from: a2 + 1)
        let cursors = [a1, a2, b1, a3].sorted()
        for cursor in cursors { _ = window.admit(cursor) }
        #expect(a2 < b1)
        #expect(window.handle(.drain(.shutDown)).isEmpty)
        #expect(window.handle(.answered(1, .accepted)).last == "put 3: \(a2) to 0")
        _ = window.handle(.answered(2, .accepted))
        let expected = a3 < b1 ? "put 4: \(a3) to 0" : "finish"
        #expect(window.handle(.answered(3, .accepted)).last == expected)
    }

    @Test func `shutting down does not wait for a target that refuses`() throws {
        var window = try Window()
        let (a1, a2) = (window.cursor(0, 1), window.cursor(0, 2))
        _ = window.admit(a1, a2)
        _ = window.handle(.answered(1, .refused))
        #expect(window.handle(.drain(.shutDown)) == ["finish"])
    }

    @Test(arguments: [DrainReason.handOver, .shutDown])
    func `what is let go of on the way out is counted, each log group once for each target`(
        reason: DrainReason
    ) throws {
        var window = try Window()
        let (a1, a2, b1) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1))
        for cursor in [a1, a2, b1].sorted() { _ = window.admit(cursor, to: [0, 1]) }
        let first = try #require(window.writes.values.first { $0.target == 0 && $0.cursor.number == a1 })
        let other = try #require(window.writes.values.first { $0.target == 0 && $0.cursor.number == b1 })
        _ = window.handle(.answered(first.id, .refused))
        _ = window.handle(.answered(other.id, .refused))
        _ = window.handle(.drain(reason))
        #expect(window.window.pendingCounts[0] == 0)
        #expect(window.window.returnedCounts[0] == 3, "two heads, in two lanes, and a queue")
        _ = window.admit(window.cursor(0, 3), to: [0])
        #expect(window.window.returnedCounts[0] == 4, "what comes too late goes back as well")
    }

    @Test func `a write that fails while its shard is handed over is given back with what is behind it`() throws {
        var window = try Window()
        _ = window.admit(window.cursor(0, 1), window.cursor(0, 2))
        #expect(window.handle(.drain(.handOver)).isEmpty)
        #expect(window.window.returnedCounts == [1, 0])
        #expect(window.handle(.answered(1, .unanswered)) == ["finish"])
        #expect(window.window.returnedCounts == [2, 0])
    }

    @Test func `what a dead-letter logstore answers says nothing of the target`() throws {
        var window = try Window(hasDeadLetter: true)
        let (a1, a2, b1, b2) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1), window.cursor(1, 2))
        _ = window.admit(a1)  // 1
        _ = window.admit(b1)  // 2
        #expect(window.handle(.answered(1, .refusedData)) == ["put 3: \(a1) to the dead letters of 0"])
        #expect(window.handle(.answered(3, .refused)) == ["blocked 0 at \(a1)"])
        _ = window.admit(b2)
        #expect(window.handle(.answered(2, .accepted)).last == "put 4: \(b2) to 0", "the target takes the others")

        #expect(window.handle(.tick, after: .seconds(30)) == ["put 3: \(a1) to the dead letters of 0"])
        _ = window.handle(.answered(4, .unanswered))
        _ = window.admit(a2)
        #expect(
            window.handle(.answered(3, .accepted)) == ["deadLettered [\(a1)]", "ack [\(a1)]", "unblocked 0"],
            "the target is still waited for")
    }
}
