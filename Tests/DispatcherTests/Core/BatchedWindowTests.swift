import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

@testable import Dispatcher

private typealias Window = ExactWindowFixture

/// Many log groups in one request.
@Suite struct BatchedWindowTests {
    private func window(count: Int = 3, byteCount: Int = 1_000, batchWait: Duration = .zero) throws -> Window {
        var limit = ExactWindow<Int>.BatchLimit()
        limit.count = count
        limit.byteCount = byteCount
        return try Window(hasDeadLetter: true, batchLimit: limit, batchWait: batchWait)
    }

    private func said(_ id: Int, _ cursors: some Sequence<Int64>) -> String {
        "put \(id): \(cursors.map(String.init).joined(separator: "+")) to 0"
    }

    @Test func `a lane sends single log groups until one is accepted, then as many as fit, under the last one's id`()
        throws
    {
        var window = try window()
        let a = (1...8).map { window.cursor(0, $0) }
        for cursor in a { _ = window.admit(cursor) }
        #expect(window.handle(.answered(1, .alreadyStored)).last == said(2, [a[1]]))
        #expect(window.handle(.answered(2, .accepted)).last == said(3, a[2...4]))
        #expect(window.writes[3]?.address == window.address(of: a[4]))
        #expect(
            window.handle(.answered(3, .accepted)) == [
                "accepted \(Array(a[2...4]))", "ack \(Array(a[2...4]))", said(4, a[5...7]),
            ])
        #expect(window.window.sentUpTo == Cursor(number: a[7] + 1))
    }

    @Test func `a request is tried again unchanged, whatever has come meanwhile`() throws {
        var window = try window()
        let a = (1...6).map { window.cursor(0, $0) }
        for cursor in a[..<3] { _ = window.admit(cursor) }
        _ = window.handle(.answered(1, .accepted))
        _ = window.handle(.answered(2, .unanswered))
        for cursor in a[3...] { _ = window.admit(cursor) }
        #expect(window.handle(.tick, after: .seconds(1)) == [said(2, a[1...2])])
        #expect(
            window.handle(.answered(2, .alreadyStored)) == [
                "suppressed \(Array(a[1...2]))", "ack \(Array(a[1...2]))", said(3, a[3...5]),
            ])
    }

    @Test func `a request that is refused for its data is sent as singles, and only one goes to the dead letters`()
        throws
    {
        var window = try window()
        let a = (1...6).map { window.cursor(0, $0) }
        for cursor in a { _ = window.admit(cursor) }
        _ = window.handle(.answered(1, .accepted))
        #expect(window.handle(.answered(2, .refusedData)) == [said(3, [a[1]])])
        #expect(window.handle(.answered(3, .accepted)).last == said(4, [a[2]]))
        #expect(window.handle(.answered(4, .refusedData)) == ["put 5: \(a[2]) to the dead letters of 0"])
        #expect(window.handle(.answered(5, .accepted)).last == said(6, [a[3]]))
        #expect(window.handle(.answered(6, .accepted)).last == said(7, a[4...5]))
        #expect(window.window.pendingCounts == [2, 0])
    }

    /// A window whose first lane has three log groups in flight, as one request for the first time, and two behind them.
    private func windowInFlight(_ a: inout [Int64]) throws -> Window {
        var window = try window(batchWait: .seconds(5))
        a = (1...6).map { window.cursor(0, $0) }
        for cursor in a { _ = window.admit(cursor) }
        _ = window.handle(.tick, after: .seconds(5))
        #expect(window.handle(.answered(1, .accepted)).last == said(2, a[1...3]))
        return window
    }

    @Test(arguments: [nil, DeliveryAnswer.unanswered, .postponed])
    func `the parts of a refused request wait until no try of it can land, and no other lane does`(
        before: DeliveryAnswer?
    ) throws {
        var a: [Int64] = []
        var window = try windowInFlight(&a)
        if let before {
            _ = window.handle(.answered(2, before))
            #expect(window.handle(.tick, after: .seconds(1)) == [said(2, a[1...3])])
        }
        #expect(window.handle(.answered(2, .refusedData)).isEmpty)
        #expect(window.window.nextTimer == window.now + .seconds(5))
        #expect(window.handle(.tick, after: .milliseconds(4_000)).isEmpty)
        let other = window.cursor(1, 1, from: a[5])
        #expect(window.admit(other) == [said(3, [other])])
        #expect(window.handle(.answered(3, .accepted)).count == 2)
        #expect(window.handle(.tick, after: .milliseconds(999)).isEmpty)
        #expect(window.handle(.tick, after: .milliseconds(1)) == [said(4, [a[1]])])
        #expect(window.handle(.answered(4, .accepted)).last == said(5, [a[2]]))
        #expect(window.handle(.answered(5, .accepted)).last == said(6, [a[3]]))
        #expect(window.handle(.answered(6, .accepted)).last == said(7, a[4...5]))
    }

    @Test func `the sooner a request is refused after another, the more log groups go alone`() throws {
        var window = try window(count: 200)
        for cursor: Int64 in 1..<8_000 where window.cursor(0, 1, from: cursor) == cursor { _ = window.admit(cursor) }
        _ = window.handle(.answered(1, .accepted))
        var id = 2
        /// How many go alone after a refusal.
        func refuse() -> Int {
            _ = window.handle(.answered(id, .refusedData))
            var count = 0
            while true {
                id += 1
                guard window.writes[id]?.elements.count == 1 else { return count }
                _ = window.handle(.answered(id, .accepted))
                count += 1
            }
        }
        func accept() {
            #expect(window.writes[id]?.elements.count == 200)
            _ = window.handle(.answered(id, .accepted))
            id += 1
        }
        #expect([refuse(), refuse(), refuse()] == [200, 400, 512])
        for _ in 0..<2 { accept() }
        #expect(refuse() == 512)
        for _ in 0..<3 { accept() }
        #expect([refuse(), refuse()] == [200, 400])
    }

    @Test func `where a try of a refused request has landed meanwhile, the shard begins again`() throws {
        var a: [Int64] = []
        var window = try windowInFlight(&a)
        _ = window.handle(.answered(2, .refusedData))
        #expect(window.handle(.tick, after: .seconds(5)) == [said(3, [a[1]])])
        #expect(window.handle(.answered(3, .alreadyStored)) == ["restart 0 at \(a[1])"])
    }

    @Test func `where a try without an answer has landed meanwhile, its parts count as stored, but nothing behind`()
        throws
    {
        var a: [Int64] = []
        var window = try windowInFlight(&a)
        _ = window.handle(.answered(2, .unanswered))
        _ = window.handle(.tick, after: .seconds(1))
        _ = window.handle(.answered(2, .refusedData))
        #expect(window.handle(.tick, after: .seconds(5)) == [said(3, [a[1]])])
        for (id, cursor) in zip(3..., a[1...3]) {
            let next = cursor == a[3] ? said(6, a[4...5]) : said(id + 1, [a[id - 1]])
            #expect(
                window.handle(.answered(id, .alreadyStored)) == ["suppressed [\(cursor)]", "ack [\(cursor)]", next])
        }
        #expect(window.handle(.answered(6, .alreadyStored)) == ["restart 0 at \(a[4])"])
    }

    @Test func `once a part was accepted, none of the request was stored, and a later refusal has no reason`() throws {
        var a: [Int64] = []
        var window = try windowInFlight(&a)
        _ = window.handle(.answered(2, .unanswered))
        _ = window.handle(.tick, after: .seconds(1))
        _ = window.handle(.answered(2, .refusedData))
        _ = window.handle(.tick, after: .seconds(5))
        _ = window.handle(.answered(3, .accepted))
        #expect(window.handle(.answered(4, .alreadyStored)) == ["restart 0 at \(a[2])"])
    }

    @Test func `a request that was refused for who sends it blocks no more once it is taken apart`() throws {
        var a: [Int64] = []
        var window = try windowInFlight(&a)
        #expect(window.handle(.answered(2, .refused)) == ["blocked 0 at \(a[1])"])
        #expect(window.handle(.tick, after: .seconds(30)) == [said(2, a[1...3])])
        #expect(window.handle(.answered(2, .refusedData)) == ["unblocked 0"])
        #expect(!window.window.isBlocked)
    }

    @Test(arguments: [DrainReason.handOver, .shutDown])
    func `parts that wait are given back with the shard, and sent before a stop`(reason: DrainReason) throws {
        var a: [Int64] = []
        var window = try windowInFlight(&a)
        _ = window.handle(.answered(2, .refusedData))
        guard reason == .shutDown else {
            #expect(window.handle(.drain(reason)) == ["finish"])
            #expect(window.window.returnedCounts == [5, 0])
            return
        }
        #expect(window.handle(.drain(reason)).isEmpty)
        #expect(window.handle(.tick, after: .seconds(5)) == [said(3, [a[1]])])
        #expect(window.handle(.answered(3, .accepted)).last == said(4, [a[2]]))
        #expect(window.handle(.answered(4, .accepted)).last == said(5, [a[3]]))
        #expect(window.handle(.answered(5, .accepted)).last == "finish")
    }

    @Test func `a request never crosses an epoch, and behind its end single log groups go first again`() throws {
        var window = try window()
        let a = (1...2).map { window.cursor(0, $0, from: Window.epochLength - 5) }
        let b = (1...3).map { window.cursor(0, $0, from: Window.epochLength) }
        let before = window.cursor(0, 1)
        _ = window.admit(before)
        for cursor in Set(a + b).sorted() { _ = window.admit(cursor) }
        let old = a.filter { $0 < Window.epochLength }
        #expect(!old.isEmpty)
        #expect(window.handle(.answered(1, .accepted)).last == said(2, old))
        // Under the new key the owner before may have got further.
        #expect(window.handle(.answered(2, .accepted)).last == said(3, [b[0]]))
        #expect(window.handle(.answered(3, .accepted)).last == said(4, b[1...2]))
    }

    @Test func `a request stays below its bound of bytes, but for one log group alone`() throws {
        var window = try window(count: 100, byteCount: 100)
        let a = (1...6).map { window.cursor(0, $0) }
        for cursor in a[..<4] { _ = window.admit(cursor, byteCount: 50) }
        _ = window.admit(a[4], byteCount: 900)
        _ = window.admit(a[5], byteCount: 1)
        #expect(window.handle(.answered(1, .accepted)).last == said(2, a[1...2]))
        #expect(window.handle(.answered(2, .accepted)).last == said(3, [a[3]]))
        #expect(window.handle(.answered(3, .accepted)).last == said(4, [a[4]]))
    }

    @Test func `nothing is sent before the wait is over`() throws {
        var window = try window(batchWait: .seconds(5))
        #expect(window.admit(window.cursor(0, 1)).isEmpty)
        #expect(window.window.nextTimer == window.now + .seconds(5))
        #expect(window.handle(.tick, after: .milliseconds(4_999)).isEmpty)
        #expect(window.handle(.tick, after: .milliseconds(1)).count == 1)
    }
}
