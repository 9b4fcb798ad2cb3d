import Testing

@testable import FakeSLS

@Suite struct TurnTests {
    @Test func `answers and refusals go out in order after the commit`() {
        var turn = Turn<String>(requestCount: 3)
        #expect(turn.next == 0)
        turn.record(.answered("a"))
        #expect(turn.next == 1)
        turn.record(.refused("b"))
        #expect(!turn.mayCommit)
        turn.record(.answered("c"))
        #expect(turn.next == nil)
        #expect(turn.mayCommit)
        turn.ended(committed: true)
        #expect(turn.answers() == ["a", "b", "c"])
        #expect(!turn.needsReload)
    }

    @Test func `a failed commit takes every answer back, refusals included`() {
        var turn = Turn<String>(requestCount: 2)
        turn.record(.answered("a"))
        turn.record(.refused("b"))
        turn.ended(committed: false)
        #expect(turn.answers() == nil)
        #expect(turn.needsReload)
    }

    @Test func `nothing more runs once the transaction is lost, and nobody is answered`() {
        var turn = Turn<String>(requestCount: 3)
        turn.record(.answered("a"))
        turn.record(.transactionLost)
        #expect(turn.next == nil)
        #expect(!turn.mayCommit)
        #expect(turn.answers() == nil)
        #expect(turn.needsReload)
    }

    @Test func `a transaction that cannot begin runs no request`() {
        var turn = Turn<String>(requestCount: 1)
        turn.transactionLost()
        #expect(turn.next == nil)
        #expect(turn.answers() == nil)
    }

    @Test func `a turn without requests may be committed at once`() {
        var turn = Turn<String>(requestCount: 0)
        #expect(turn.next == nil)
        #expect(turn.mayCommit)
        turn.ended(committed: true)
        #expect(turn.answers() == [])
    }
}
