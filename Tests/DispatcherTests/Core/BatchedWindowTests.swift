import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

@testable import Dispatcher

private typealias Window = ExactWindowFixture

/// Many log groups in one request.
@Suite struct BatchedWindowTests {
    private func window(count: Int = 3, byteCount: Int = 1_000, firstWrite: Duration = .zero) throws -> Window {
        var limit = ExactWindow<Int>.BatchLimit()
        limit.count = count
        limit.byteCount = byteCount
        return try Window(hasDeadLetter: true, batchLimit: limit, firstWrite: firstWrite)
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

    @Test func `a request never crosses an epoch`() throws {
        var window = try window()
        let a = (1...2).map { window.cursor(0, $0, from: Window.epochLength - 5) }
        let b = (1...2).map { window.cursor(0, $0, from: Window.epochLength) }
        let before = window.cursor(0, 1)
        _ = window.admit(before)
        for cursor in Set(a + b).sorted() { _ = window.admit(cursor) }
        let old = a.filter { $0 < Window.epochLength }
        #expect(!old.isEmpty)
        #expect(window.handle(.answered(1, .accepted)).last == said(2, old))
        #expect(window.handle(.answered(2, .accepted)).last == said(3, b))
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
        var window = try window(firstWrite: .seconds(5))
        #expect(window.admit(window.cursor(0, 1)).isEmpty)
        #expect(window.window.nextTimer == window.now + .seconds(5))
        #expect(window.handle(.tick, after: .milliseconds(4_999)).isEmpty)
        #expect(window.handle(.tick, after: .milliseconds(1)).count == 1)
    }
}
