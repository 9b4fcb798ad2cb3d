import SLSConsumer
import SLSProtocol
import Testing

@Suite struct PredecessorsTests {
    /// Acknowledges what was handed over, and saves.
    private func save(_ delivered: Range<Int64>, by machine: inout ShardMachine) {
        let saved = at(delivered.upperBound)
        let actions = machine.handle(.acknowledged(cursors(delivered))) + machine.handle(.tick, after: .seconds(1))
        #expect(actions.contains(.save(saved)))
        _ = machine.handle(.saved(saved))
    }

    private func reachEnd(_ machine: inout ShardMachine, at position: Int64) {
        _ = machine.handle(.tick, after: .seconds(1))
        _ = machine.handle(.pulled(.init(next: at(position), count: 0, rawByteCount: 0, isAtEnd: true)))
    }

    @Test func `a checkpoint that was found is in doubt until one the whole run-ahead further is saved`() throws {
        var machine = try ShardMachine.processing { $0.runAhead = 10 }
        #expect(!machine.shard.coversPredecessors)
        _ = machine.pull(9)
        save(100..<109, by: &machine)
        #expect(!machine.shard.coversPredecessors)
        _ = machine.pull(1)
        save(109..<110, by: &machine)
        #expect(machine.shard.coversPredecessors)
    }

    @Test func `or until one is saved at an end of the shard that was seen since`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(3, isAtEnd: true)
        reachEnd(&machine, at: 103)
        #expect(!machine.shard.coversPredecessors, "not saved")
        save(100..<103, by: &machine)
        #expect(machine.shard.coversPredecessors)
    }

    @Test func `a checkpoint at the last number there is, which anybody may save, is one like any other`() throws {
        var machine = try ShardMachine.processing(from: .max - 1)
        #expect(machine.shard.isProcessing && !machine.shard.coversPredecessors)
        _ = machine.handle(.failed(.pull, .invalidCursor))
        #expect(machine.handle(.resolved(at(20))).contains(.report(.foreignPosition(at(.max - 1), resumedAt: at(20)))))
    }

    @Test func `where there was no checkpoint there was nobody`() throws {
        var machine = try ShardMachine()
        _ = machine.handle(.tick)
        _ = machine.handle(.checkpointsRead([:]))
        _ = machine.handle(.resolved(at(5)))
        #expect(!machine.shard.coversPredecessors)
        _ = machine.handle(.saved(at(5)))
        #expect(machine.shard.coversPredecessors)
    }

    @Test func `whoever has set the checkpoint meanwhile may have sent more`() throws {
        var machine = try ShardMachine.processing { $0.lookOutInterval = .seconds(3) }
        reachEnd(&machine, at: 100)
        #expect(machine.shard.coversPredecessors)
        #expect(machine.handle(.tick, after: .seconds(3)).contains(.readBack))
        _ = machine.handle(.readBack(at(90)))
        _ = machine.handle(.processorEnded(.finished))
        _ = machine.handle(.tick, after: .seconds(60))
        _ = machine.handle(.checkpointsRead([ShardID(0): at(90)]))
        #expect(machine.shard.confirmed == at(90) && !machine.shard.coversPredecessors)
    }
}
