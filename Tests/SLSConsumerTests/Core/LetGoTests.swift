import SLSProtocol
import Testing

@testable import SLSConsumer

@Suite struct LetGoTests {
    /// A shard that was taken over at 100 and last saved at 120.
    private static func outcome(
        _ ending: ShardConsumer.Ending = .released, _ reason: DrainReason? = .shutDown, isCovered: Bool = false
    ) -> ShardOutcome {
        var lookOut = CheckpointLookOut()
        lookOut.tookOver(at: at(100))
        for saved: Int64 in [110, 120] {
            lookOut.sent(at(saved))
            lookOut.confirmed(at(saved))
        }
        return ShardOutcome(
            ending: ending, confirmed: at(120), sentUpTo: at(120), drainReason: reason, lookOut: lookOut,
            coversPredecessors: isCovered)
    }

    private static func letGo(_ outcomes: ShardOutcome...) -> LetGo {
        var letGo = LetGo()
        for (shard, outcome) in outcomes.enumerated() { letGo.ended(ShardID(shard), outcome) }
        return letGo
    }

    @Test(arguments: [ShardConsumer.Ending.released, .unsaved, .lost, .held])
    func `what others may have sent is in doubt however the shard ended at the stop`(ending: ShardConsumer.Ending) {
        let letGo = Self.letGo(Self.outcome(ending), Self.outcome(ending, isCovered: true))
        #expect(letGo.inDoubt == [ShardID(0)])
    }

    @Test(
        arguments: [(.released, .handOver), (.unsaved, .handOver), (.lost, nil)]
            as [(ShardConsumer.Ending, DrainReason?)]
    ) func `before the stop it went to others with its doubts`(ending: ShardConsumer.Ending, reason: DrainReason?) {
        #expect(Self.letGo(Self.outcome(ending, reason)).inDoubt.isEmpty)
    }

    @Test func `a shard that the group gives to others when we join again takes its doubts with it`() {
        var letGo = Self.letGo(Self.outcome(), Self.outcome(.unsaved))
        letGo.joined(granting: [ShardID(1), ShardID(2)])
        #expect(letGo.inDoubt == [ShardID(1)], "until it is started, what it was in doubt of is all that is known")
        letGo.began(ShardID(1))
        #expect(letGo == LetGo())
    }

    @Test func `a checkpoint below the last save is our own earlier one, or somebody else's`() {
        let letGo = Self.letGo(Self.outcome(), Self.outcome(), Self.outcome(), Self.outcome(), Self.outcome())
        let found = [120, 110, 105, 130].enumerated().map { (ShardID($0), at($1)) }
        let cursors = Dictionary(uniqueKeysWithValues: found)
        let lowered: [LetGo.Lowered] = [
            .init(shard: ShardID(1), found: at(110), position: at(120), isOwn: true),
            .init(shard: ShardID(2), found: at(105), position: at(120), isOwn: false),
        ]
        #expect(letGo.lowered(in: CheckpointTable(cursors)) == lowered, "the last shard is there no more")
        #expect(
            letGo.lowered(in: CheckpointTable(cursors, withoutCursor: [ShardID(4)]))
                == lowered + [.init(shard: ShardID(4), found: nil, position: at(120), isOwn: false)])
    }

    @Test func `of a shard that others were to have, any but our own earlier one is theirs`() {
        let letGo = Self.letGo(Self.outcome(.released, .handOver), Self.outcome(.released, .handOver))
        let table = CheckpointTable([ShardID(0): at(110), ShardID(1): at(105)])
        #expect(letGo.lowered(in: table).map(\.shard) == [ShardID(0)])
    }
}
