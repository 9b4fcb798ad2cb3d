import Dispatcher
import SLSConsumer
import SLSProtocol
import Testing

/// A window of two targets, two requests each, on a clock of its own; the payload is a number.
private struct Window {
    var window: DeliveryWindow<Int>
    var now = Instant(nanoseconds: 0)
    var barrier: Instant? = Instant(nanoseconds: 1_000_000_000_000)
    private var random = SystemRandomNumberGenerator()

    init(hasDeadLetter: Bool = false) {
        window = DeliveryWindow(targetCount: 2, inFlightLimit: 2, hasDeadLetter: hasDeadLetter)
    }

    /// What came of an event, in short words.
    mutating func handle(_ event: Delivery<Int>.Event, after wait: Duration = .zero) -> [String] {
        now = now + wait
        return window.handle(event, now: now, barrier: barrier, using: &random).map { action in
            switch action {
            case .put(let write):
                "put \(write.id): \(write.cursor) to "
                    + (write.isDeadLetter
                        ? "the dead letters\(write.deadLetter == .sealed ? ", sealed," : "") of " : "")
                    + "\(write.target)"
            case .settled(let write, let ending): "\(ending) \(write.id)"
            case .acknowledge(let cursors): "ack \(cursors.map(\.number))"
            case .blocked(let target, let cursor): "blocked \(target) at \(cursor)"
            case .unblocked(let target): "unblocked \(target)"
            case .restart(let write): "restart \(write.target) at \(write.cursor)"
            case .finish: "finish"
            }
        }
        .filter { !$0.hasPrefix("accepted") }
    }

    mutating func admit(_ cursor: Int64, to target: Int) -> [String] {
        handle(.admit(.init(Cursor(number: cursor), 0), targets: [target]))
    }
}

@Suite struct DeliveryWindowTests {
    @Test func `writes go at once up to the bound of their target, the rest follows the answers`() {
        var window = Window()
        #expect(window.admit(1, to: 0) == ["put 1: 1 to 0"])
        #expect(window.admit(2, to: 0) == ["put 2: 2 to 0"])
        #expect(window.admit(3, to: 0).isEmpty)
        #expect(window.admit(4, to: 1) == ["put 4: 4 to 1"])
        #expect(window.handle(.answered(2, .accepted)) == ["ack [2]", "put 3: 3 to 0"])
        #expect(window.window.sentUpTo == Cursor(number: 5))
    }

    @Test func `a failed write is tried again with a growing wait, alone, and others keep going elsewhere`() {
        var window = Window()
        _ = window.admit(1, to: 0)
        _ = window.admit(2, to: 0)
        _ = window.admit(3, to: 0)
        #expect(window.handle(.answered(1, .unanswered)).isEmpty)
        #expect(window.admit(4, to: 1) == ["put 4: 4 to 1"])
        #expect(window.handle(.answered(2, .unanswered)).isEmpty)
        #expect(window.handle(.tick, after: .milliseconds(100)).isEmpty)
        #expect(window.handle(.tick, after: .milliseconds(300)) == ["put 1: 1 to 0"])
        #expect(
            window.handle(.answered(1, .accepted), after: .milliseconds(100))
                == ["ack [1]", "put 2: 2 to 0", "put 3: 3 to 0"])
    }

    @Test func `a refusal blocks its target, is tried every 30 seconds, and nothing is skipped`() {
        var window = Window()
        _ = window.admit(1, to: 0)
        #expect(window.handle(.answered(1, .refused)) == ["blocked 0 at 1"])
        #expect(window.window.isBlocked)
        #expect(window.admit(2, to: 0).isEmpty)
        #expect(window.handle(.tick, after: .milliseconds(29_999)).isEmpty)
        #expect(window.handle(.tick, after: .milliseconds(1)) == ["put 1: 1 to 0"])
        #expect(window.handle(.answered(1, .accepted)) == ["ack [1]", "unblocked 0", "put 2: 2 to 0"])
    }

    @Test func `a refused write waits its 30 seconds although others in flight are accepted`() {
        var window = Window()
        _ = window.admit(1, to: 0)
        _ = window.admit(2, to: 0)
        _ = window.admit(3, to: 0)
        #expect(window.handle(.answered(1, .refused)) == ["blocked 0 at 1"])
        #expect(window.handle(.answered(2, .accepted)) == ["ack [2]"], "neither the refused one nor a new one is sent")
        #expect(window.window.isBlocked)
        #expect(window.handle(.tick, after: .seconds(29)).isEmpty)
        #expect(window.handle(.tick, after: .seconds(1)) == ["put 1: 1 to 0"])
        #expect(window.handle(.answered(1, .refused)) == ["blocked 0 at 1"])
        #expect(window.handle(.tick, after: .seconds(30)) == ["put 1: 1 to 0"])
        #expect(window.handle(.answered(1, .accepted)) == ["ack [1]", "unblocked 0", "put 3: 3 to 0"])
    }

    @Test func `a target that refuses all gets one request in 30 seconds`() {
        var window = Window()
        for cursor in 1...4 { _ = window.admit(Int64(cursor), to: 0) }
        _ = window.handle(.answered(1, .refused))
        _ = window.handle(.answered(2, .refused))
        #expect(window.handle(.tick, after: .seconds(30)) == ["put 1: 1 to 0"])
        #expect(window.handle(.answered(1, .refused)) == ["blocked 0 at 1"])
        #expect(window.handle(.tick, after: .seconds(29)).isEmpty)
        #expect(window.handle(.tick, after: .seconds(1)) == ["put 1: 1 to 0"])
        #expect(window.handle(.answered(1, .accepted)) == ["ack [1]", "put 2: 2 to 0"], "still blocked by the second")
        #expect(window.handle(.answered(2, .accepted)) == ["ack [2]", "unblocked 0", "put 3: 3 to 0", "put 4: 4 to 0"])
    }

    @Test func `a blocked target that stops answering is not asked in a loop`() {
        var window = Window()
        _ = window.admit(1, to: 0)
        _ = window.handle(.answered(1, .refused))
        for wait in [Duration.seconds(30), .milliseconds(250), .milliseconds(500), .seconds(1)] {
            #expect(window.handle(.tick, after: wait) == ["put 1: 1 to 0"])
            #expect(window.handle(.answered(1, .unanswered)).isEmpty)
            #expect(window.handle(.tick).isEmpty)
            #expect(window.handle(.tick, after: .milliseconds(100)).isEmpty)
        }
    }

    @Test func `a write that fails while its target takes others waits longer each time`() throws {
        var window = DeliveryWindow<Int>(targetCount: 1, inFlightLimit: 2)
        var random = SystemRandomNumberGenerator()
        var now = Instant(nanoseconds: 0)
        var tries: [Instant] = []
        var event = Delivery<Int>.Event.admit(.init(Cursor(number: 1), 0), targets: [0])
        for step in 2..<1_000 {
            var puts: [Int] = []
            for action in window.handle(event, now: now, barrier: now + .seconds(9), using: &random) {
                if case .put(let write) = action { puts.append(write.id) }
            }
            for id in puts {
                if id == 1 { tries.append(now) }
                _ = window.handle(
                    .answered(id, id == 1 ? .unanswered : .accepted), now: now, barrier: nil, using: &random)
            }
            now = now + .milliseconds(100)
            event = .admit(.init(Cursor(number: Int64(step)), 0), targets: [0])
        }
        let waits = zip(tries.dropFirst(), tries).map { $0.0 - $0.1 }
        let growing = waits.prefix { $0 < .seconds(20) }
        #expect(growing.sorted() == Array(growing))
        #expect((7...12).contains(waits.count), "100 s of waits that double from 0.2 to 30 s: \(waits)")
    }

    @Test func `writes that fail together make one step of the back-off`() throws {
        var window = DeliveryWindow<Int>(targetCount: 1, inFlightLimit: 8)
        var random = SystemRandomNumberGenerator()
        let now = Instant(nanoseconds: 0)
        let barrier = now + .seconds(100)
        for cursor in 1...8 {
            let event = Delivery<Int>.Event.admit(.init(Cursor(number: Int64(cursor)), 0), targets: [0])
            _ = window.handle(event, now: now, barrier: barrier, using: &random)
        }
        for id in 1...8 { _ = window.handle(.answered(id, .unanswered), now: now, barrier: barrier, using: &random) }
        #expect(try #require(window.nextTimer) <= now + .milliseconds(200))
    }

    @Test func `behind the barrier the timer never asks for the past`() throws {
        var window = Window()
        _ = window.admit(1, to: 0)
        _ = window.handle(.answered(1, .unanswered))
        window.barrier = window.now
        #expect(window.handle(.tick, after: .seconds(5)).isEmpty)
        #expect(window.window.nextTimer == window.now + .milliseconds(500))
    }

    @Test func `shutting down does not wait for a target that refuses`() {
        var window = Window()
        for cursor in 1...4 { _ = window.admit(Int64(cursor), to: 0) }
        _ = window.admit(5, to: 1)
        _ = window.handle(.answered(1, .refused))
        #expect(window.handle(.drain(.shutDown)).isEmpty)
        #expect(window.handle(.answered(2, .unanswered)).isEmpty)
        #expect(window.handle(.answered(5, .accepted)) == ["ack [5]", "finish"])
        #expect(window.window.isBlocked)
    }

    @Test func `no write starts at or after the barrier, and a later barrier lets it go`() {
        var window = Window()
        window.barrier = Instant(nanoseconds: 1_000)
        window.now = Instant(nanoseconds: 1_000)
        #expect(window.admit(1, to: 0).isEmpty)
        #expect(window.window.nextTimer == window.now + .milliseconds(500))
        window.barrier = nil
        #expect(window.handle(.tick, after: .seconds(1)).isEmpty)
        window.barrier = window.now + .seconds(1)
        #expect(window.handle(.tick) == ["put 1: 1 to 0"])
    }

    @Test func `handing over drops what was not sent and ends with the last answer`() {
        var window = Window()
        for cursor in 1...4 { _ = window.admit(Int64(cursor), to: 0) }
        #expect(window.handle(.drain(.handOver)).isEmpty)
        #expect(window.handle(.answered(1, .unanswered)).isEmpty)
        #expect(window.handle(.answered(2, .accepted)) == ["ack [2]", "finish"])
    }

    @Test func `shutting down still sends what lies below something sent`() {
        var window = Window()
        for cursor in 1...3 { _ = window.admit(Int64(cursor), to: 0) }
        _ = window.admit(4, to: 1)
        _ = window.handle(.answered(4, .accepted))
        _ = window.admit(5, to: 0)
        #expect(window.handle(.drain(.shutDown)).isEmpty)
        #expect(window.handle(.answered(1, .accepted)) == ["ack [1]", "put 3: 3 to 0"])
        #expect(window.handle(.answered(2, .accepted)) == ["ack [2]"])
        #expect(window.handle(.answered(3, .accepted)) == ["ack [3]", "finish"])
        #expect(window.window.sentUpTo == Cursor(number: 5))
    }

    @Test func `an empty window finishes at once`() {
        var window = Window()
        #expect(window.handle(.drain(.handOver)) == ["finish"])
        #expect(window.admit(1, to: 0).isEmpty)
    }

    @Test func `whatever fails in whatever order, every write is accepted once and acknowledged`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            var window = DeliveryWindow<Int>(targetCount: 3, inFlightLimit: 3)
            var now = Instant(nanoseconds: 0)
            var inFlight: [Int] = []
            var acknowledged: [Int64] = []
            var admitted: Int64 = 0
            func note(_ actions: [DeliveryWindow<Int>.Action]) {
                for action in actions {
                    if case .put(let write) = action { inFlight.append(write.id) }
                    if case .acknowledge(let cursors) = action { acknowledged += cursors.map(\.number) }
                }
            }
            for step in 0..<2_000 where step < 300 || window.pendingCount > 0 {
                let event: Delivery<Int>.Event
                if admitted < 60, Bool.random(using: &generator) {
                    let target = Int.random(in: 0..<3, using: &generator)
                    let owed = Bool.random(using: &generator) ? [target] : [target, (target + 1) % 3]
                    event = .admit(.init(Cursor(number: admitted), 0), targets: owed)
                    admitted += 1
                } else if !inFlight.isEmpty {
                    let id = inFlight.remove(at: Int.random(in: inFlight.indices, using: &generator))
                    let answer = Int.random(in: 0..<10, using: &generator)
                    event = .answered(
                        id, answer < 6 ? .accepted : answer < 8 ? .unanswered : answer < 9 ? .refused : .notSent)
                } else {
                    now = max(now, window.nextTimer ?? now)
                    event = .tick
                }
                note(window.handle(event, now: now, barrier: now + .seconds(1), using: &generator))
                #expect(window.inFlightCount <= 9)
            }
            #expect(acknowledged.sorted() == Array(0..<admitted))
        }
    }

    @Test func `a log group for two targets is acknowledged when the second has it`() {
        var window = Window()
        let event = Delivery<Int>.Event.admit(.init(Cursor(number: 7), 0), targets: [0, 1])
        #expect(window.handle(event) == ["put 1: 7 to 0", "put 2: 7 to 1"])
        #expect(window.handle(.answered(2, .accepted)).isEmpty)
        #expect(window.window.pendingCounts == [1, 0])
        #expect(window.handle(.answered(1, .accepted)) == ["ack [7]"])
    }

    @Test func `what a target refuses for its data goes to the dead letters, and the lane goes on`() {
        var window = Window(hasDeadLetter: true)
        for cursor in 1...3 { _ = window.admit(Int64(cursor), to: 0) }
        #expect(window.handle(.answered(1, .refusedData)) == ["put 4: 1 to the dead letters of 0"])
        #expect(!window.window.isBlocked)
        // A dead-letter logstore that is down holds up nothing else.
        #expect(window.handle(.answered(4, .unanswered)) == ["put 3: 3 to 0"])
        #expect(window.handle(.answered(2, .accepted)) == ["ack [2]"])
        #expect(window.handle(.tick, after: .seconds(1)) == ["put 4: 1 to the dead letters of 0"])
        #expect(window.handle(.answered(4, .accepted)) == ["deadLettered 4", "ack [1]"])
        #expect(window.handle(.answered(3, .refused)) == ["blocked 0 at 3"], "what is not about the data blocks")
    }

    @Test
    func `what the dead-letter logstore refuses as it is goes there sealed, and blocks where that is refused too`() {
        var window = Window(hasDeadLetter: true)
        _ = window.admit(1, to: 0)
        _ = window.handle(.answered(1, .refusedData))
        #expect(window.handle(.answered(2, .refusedData)) == ["put 3: 1 to the dead letters, sealed, of 0"])
        #expect(window.handle(.answered(3, .refusedData)) == ["blocked 0 at 1"])
        _ = window.handle(.tick, after: .seconds(30))
        #expect(window.handle(.answered(3, .accepted)) == ["deadLettered 3", "ack [1]", "unblocked 0"])
    }

    @Test func `a dead-letter logstore that refuses for good blocks the shard, and holds up no other write`() {
        var window = Window(hasDeadLetter: true)
        for cursor in 1...3 { _ = window.admit(Int64(cursor), to: 0) }
        _ = window.handle(.answered(1, .refusedData))  // 4 goes to the dead letters
        #expect(window.handle(.answered(4, .refused)) == ["blocked 0 at 1", "put 3: 3 to 0"])
        #expect(window.window.isBlocked)
        #expect(window.handle(.answered(2, .accepted)) == ["ack [2]"])
        #expect(window.admit(5, to: 0) == ["put 5: 5 to 0"])
        #expect(window.handle(.tick, after: .seconds(29)).isEmpty)
        #expect(window.handle(.answered(3, .accepted)) == ["ack [3]"])
        #expect(window.handle(.tick, after: .seconds(1)) == ["put 4: 1 to the dead letters of 0"])
        #expect(window.handle(.answered(4, .accepted)) == ["deadLettered 4", "ack [1]", "unblocked 0"])
        #expect(!window.window.isBlocked)
    }

    @Test func `what is let go of on the way out is counted`() {
        var handedOver = Window()
        for cursor in 1...4 { _ = handedOver.admit(Int64(cursor), to: 0) }
        _ = handedOver.handle(.answered(1, .postponed))
        _ = handedOver.handle(.drain(.handOver))
        #expect(handedOver.window.returnedCounts == [3, 0], "one to be sent again and two never sent")
        #expect(handedOver.handle(.answered(2, .unanswered)) == ["finish"])
        #expect(handedOver.window.returnedCounts == [4, 0])

        var stopped = Window()
        for cursor in 1...4 { _ = stopped.admit(Int64(cursor), to: 0) }
        _ = stopped.admit(5, to: 1)
        _ = stopped.handle(.drain(.shutDown))
        #expect(stopped.window.returnedCounts == [0, 0], "all of them lie below something sent")
        _ = stopped.handle(.answered(1, .refused))
        #expect(stopped.window.returnedCounts == [3, 0])
        _ = stopped.admit(6, to: 0)
        #expect(stopped.window.returnedCounts == [4, 0])
    }

    @Test func `shutting down gives back what lies above all that was sent`() {
        var window = Window()
        for cursor in 1...5 { _ = window.admit(Int64(cursor), to: 0) }
        _ = window.handle(.drain(.shutDown))
        #expect(window.window.returnedCounts == [3, 0])
        #expect(window.window.pendingCounts == [2, 0])
    }
}
