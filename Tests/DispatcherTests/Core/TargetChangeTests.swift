import SLSConsumer
import SLSProtocol
import Testing

@testable import Dispatcher

private typealias Window = ExactWindowFixture

/// What a window does when the shards of a target have changed, for the ids of its keys may be forgotten by that.
@Suite struct TargetChangeTests {
    @Test func `nothing new goes to a target whose shards changed until the checkpoint has passed all that was sent`()
        throws
    {
        var window = try Window()
        let (a1, a2, b1) = (window.cursor(0, 1), window.cursor(0, 2), window.cursor(1, 1))
        _ = window.admit(a1)
        #expect(window.handle(.targetChanged(0)).isEmpty)
        #expect(window.admit(max(a2, b1)).isEmpty)
        #expect(window.handle(.answered(1, .accepted)) == ["accepted [\(a1)]", "ack [\(a1)]"])
        #expect(window.handle(.committed(Cursor(number: a1))).isEmpty, "that much was saved before it was sent")
        #expect(window.handle(.committed(Cursor(number: a1 + 1))) == ["put 2: \(max(a2, b1)) to 0"])
    }

    @Test func `what lies below something sent still goes, or the checkpoint could not pass it`() throws {
        var window = try Window()
        let a1 = window.cursor(0, 1)
        let a2 = window.cursor(0, 1, from: a1 + 1)
        let b1 = window.cursor(1, 1, from: a2 + 1)
        let a3 = window.cursor(0, 1, from: b1 + 1)
        _ = window.admit(a1, a2, b1, a3)  // a1 and b1 are in flight
        _ = window.handle(.targetChanged(0))
        #expect(window.handle(.answered(1, .accepted)).last == "put 3: \(a2) to 0")
        #expect(window.handle(.answered(3, .accepted)) == ["accepted [\(a2)]", "ack [\(a2)]"])
        #expect(window.handle(.answered(2, .accepted)) == ["accepted [\(b1)]", "ack [\(b1)]"])
        #expect(window.handle(.committed(Cursor(number: b1 + 1))) == ["put 4: \(a3) to 0"])
    }

    @Test func `a request of several ends where something was sent`() throws {
        var window = try Window(batchLimit: .init())
        let a1 = window.cursor(0, 1)
        let a2 = window.cursor(0, 1, from: a1 + 1)
        let a3 = window.cursor(0, 1, from: a2 + 1)
        let b1 = window.cursor(1, 1, from: a3 + 1)
        let a4 = window.cursor(0, 1, from: b1 + 1)
        _ = window.admit(a1, a2, a3, b1, a4)  // a1 and b1 are in flight
        _ = window.handle(.targetChanged(0))
        #expect(window.handle(.answered(1, .accepted)).last == "put 3: \(a2)+\(a3) to 0")
    }

    @Test func `a try without an answer is repeated meanwhile`() throws {
        var window = try Window()
        let a1 = window.cursor(0, 1)
        _ = window.admit(a1)
        _ = window.handle(.targetChanged(0))
        _ = window.handle(.answered(1, .unanswered))
        #expect(window.handle(.tick, after: .seconds(20)) == ["put 1: \(a1) to 0"])
    }

    @Test func `other targets go on`() throws {
        var window = try Window()
        let (a1, a2) = (window.cursor(0, 1), window.cursor(0, 2))
        _ = window.admit(a1, to: [0, 1])  // 1, 2
        _ = window.handle(.targetChanged(0))
        _ = window.handle(.answered(1, .accepted))
        _ = window.handle(.answered(2, .accepted))
        #expect(window.admit(a2, to: [0, 1]) == ["put 3: \(a2) to 1"])
    }

    @Test func `where the checkpoint does not move, the target goes on after 30 s`() throws {
        var window = try Window()
        let (a1, a2) = (window.cursor(0, 1), window.cursor(0, 2))
        _ = window.admit(a1, to: [0, 1])  // 1 is done with, 2 keeps the checkpoint back
        _ = window.handle(.targetChanged(0))
        _ = window.handle(.answered(1, .accepted))
        _ = window.admit(a2)
        #expect(window.handle(.tick, after: .seconds(29)).isEmpty)
        let timer = try #require(window.window.nextTimer)
        #expect(timer > window.now && timer <= window.now + .seconds(1), "the checkpoint is looked at meanwhile")
        #expect(window.handle(.tick, after: .seconds(1)) == ["put 3: \(a2) to 0"])
    }

    @Test func `a target that was sent nothing has nothing to wait for`() throws {
        var window = try Window()
        let a1 = window.cursor(0, 1)
        _ = window.handle(.targetChanged(0))
        #expect(window.window.nextTimer == nil)
        #expect(window.admit(a1) == ["put 1: \(a1) to 0"])
    }

    @Test func `on the way out nothing is waited for`() throws {
        var window = try Window()
        let a1 = window.cursor(0, 1)
        let a2 = window.cursor(0, 1, from: a1 + 1)
        let b1 = window.cursor(1, 1, from: a2 + 1)
        _ = window.admit(a1, to: [0])  // 1
        _ = window.handle(.targetChanged(0))
        _ = window.admit(a2, b1, to: [0, 1])  // to the second target both go at once, or the one after the other
        _ = window.handle(.drain(.shutDown))
        #expect(window.handle(.answered(1, .accepted)).contains { $0.hasPrefix("put") && $0.hasSuffix("to 0") })
    }
}
