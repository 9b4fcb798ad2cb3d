import SLSProtocol
import Testing

@testable import SLSConsumer

@Suite struct SentPositionsTests {
    private static func outcome(
        _ ending: ShardConsumer.Ending = .released, confirmed: Int64, sentUpTo: Int64?
    ) -> ShardOutcome {
        ShardOutcome(
            ending: ending, confirmed: Cursor(number: confirmed), sentUpTo: sentUpTo.map { Cursor(number: $0) },
            drainReason: .shutDown)
    }

    @Test func `what was sent stays owed over runs that send less, until a checkpoint covers it`() {
        var owed = SentPositions()
        owed.add(Self.outcome(confirmed: 50, sentUpTo: 100), of: ShardID(0))
        owed.add(Self.outcome(confirmed: 57, sentUpTo: 57), of: ShardID(0))
        #expect(!owed.isCovered && !owed.covered(by: CheckpointTable([ShardID(0): Cursor(number: 99)])).isCovered)
        #expect(owed.covered(by: CheckpointTable([ShardID(0): Cursor(number: 100)])).isCovered)
        owed.add(Self.outcome(confirmed: 100, sentUpTo: nil), of: ShardID(0))
        #expect(owed.isCovered)
    }

    @Test func `of a shard that is not listed any more nothing is owed, of one without a checkpoint all is`() {
        var owed = SentPositions()
        owed.add(Self.outcome(confirmed: 50, sentUpTo: 100), of: ShardID(5))
        #expect(owed.covered(by: CheckpointTable([ShardID(6): Cursor(number: 1)])).isCovered)
        #expect(!owed.covered(by: CheckpointTable([:], withoutCursor: [ShardID(5)])).isCovered)
    }

    @Test func `a shard that waits for a person counts for the run that held it, what was sent of it for all`() {
        var owed = SentPositions()
        owed.add(Self.outcome(.held, confirmed: 7, sentUpTo: nil), of: ShardID(1))
        #expect(!owed.isCovered && owed.withoutHolds.isCovered)
        owed.add(Self.outcome(.held, confirmed: 7, sentUpTo: 9), of: ShardID(1))
        #expect(!owed.withoutHolds.isCovered)
    }

    @Test func `checkpoints that may have been taken back are owed until they are seen again`() {
        var letGo = LetGo()
        letGo.ended(ShardID(2), Self.outcome(confirmed: 40, sentUpTo: 40))
        let saved = Consumer.Outcome(isSettled: true, letGo: letGo)
        let doubted = saved.doubted
        #expect(
            !doubted.isSettled && !doubted.owed.covered(by: CheckpointTable([ShardID(2): Cursor(number: 39)])).isCovered
        )
        #expect(doubted.owed.covered(by: CheckpointTable([ShardID(2): Cursor(number: 40)])).isCovered)
    }
}
