import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

/// Restarts, holds and seeks of a shard's machine, and what makes it look out for others.
@Suite struct ShardTurnTests {
    /// Processing from 100, with 100..<103 handed over, the first two acknowledged and saved.
    private func busy(_ configure: (inout ShardConsumer.Configuration) -> Void = { _ in }) throws -> ShardMachine {
        var machine = try ShardMachine.processing(configure: configure)
        _ = machine.pull(3, isAtEnd: true)
        #expect(machine.handle(.acknowledged(cursors(100..<102))) == [.save(at(102))])
        _ = machine.handle(.saved(at(102)))
        return machine
    }

    /// Lets time pass until the machine reads its checkpoint back.
    private func lookOut(_ machine: inout ShardMachine) {
        for _ in 0..<4 where machine.handle(.tick, after: .seconds(1)).contains(.readBack) { return }
        Issue.record("no look-out within 4 s")
    }

    @Test func `the checkpoint is read back every 3 s, by all shards at the same moment`() throws {
        var first = try ShardMachine.processing()
        var second = try ShardMachine.processing()
        #expect(!first.handle(.tick, after: .milliseconds(2_999)).contains(.readBack))
        #expect(first.handle(.tick, after: .milliseconds(1)).contains(.readBack))
        #expect(second.handle(.tick, after: .milliseconds(3_000)).contains(.readBack))
    }

    @Test func `it is read back again and again, also after a look that failed`() throws {
        var machine = try busy()
        for _ in 0..<3 {
            lookOut(&machine)
            #expect(machine.handle(.readBack(at(102))).isEmpty)
        }
        lookOut(&machine)
        #expect(machine.handle(.failed(.lookOut, .retriable)).isEmpty)
        lookOut(&machine)
        #expect(machine.handle(.readBack(at(77))).first == .report(.foreignCheckpoint(found: at(77), ours: at(102))))
    }

    @Test func `its own last value is no news`() throws {
        var machine = try busy()
        lookOut(&machine)
        #expect(machine.handle(.readBack(at(102))).isEmpty)
    }

    @Test func `a late copy of an older save is saved over, without an alarm`() throws {
        var machine = try busy()
        lookOut(&machine)
        #expect(machine.handle(.readBack(at(100))) == [.save(at(102))])
        #expect(machine.handle(.saved(at(102))).isEmpty)
    }

    @Test(arguments: [77, nil] as [Int64?])
    func `any other value is an alarm, and the shard starts again from it`(found: Int64?) throws {
        var machine = try busy()
        lookOut(&machine)
        let found = found.map { at($0) }
        #expect(
            machine.handle(.readBack(found)) == [
                .report(.foreignCheckpoint(found: found, ours: at(102))), .finishProcessing,
            ])
        #expect(machine.handle(.acknowledged([at(102)])).isEmpty, "what the server has now is not saved over")
        let ended = machine.handle(.processorEnded(.finished))
        #expect(
            ended == [.report(.restarting(reason: "the checkpoint was set elsewhere", isRepeated: false))])
        #expect(machine.handle(.tick, after: .milliseconds(999)).isEmpty)
        #expect(machine.handle(.tick, after: .milliseconds(1)) == [.readCheckpoints(ofAllShards: false)])
        let checkpoints = found.map { [ShardID(0): $0] } ?? [:]
        let next = machine.handle(.checkpointsRead(checkpoints))
        #expect(next.first == found.map { .report(.started(at: $0)) } ?? .resolve(.begin))
    }

    @Test func `a shard that is let go while it turns leaves a foreign checkpoint as it is`() throws {
        var machine = try busy()
        lookOut(&machine)
        _ = machine.handle(.readBack(at(77)))
        _ = machine.handle(.acknowledged([at(102)]))
        #expect(machine.handle(.drain).isEmpty)
        #expect(machine.handle(.processorEnded(.finished)) == [.end(.released)])
    }

    @Test func `a processor may ask for a restart from the committed checkpoint`() throws {
        var machine = try busy()
        _ = machine.handle(.acknowledged([at(102)]))
        #expect(
            machine.handle(.processorEnded(.restart(reason: "odd"))) == [
                .report(.restarting(reason: "odd", isRepeated: false))
            ])
        #expect(machine.shard.restartCount == 1)
        #expect(machine.handle(.tick, after: .seconds(1)) == [.readCheckpoints(ofAllShards: false)])
        #expect(
            machine.handle(.checkpointsRead([ShardID(0): at(102)])).first == .report(.started(at: at(102))),
            "acknowledged and not saved: handed over again")
    }

    @Test func `what was asked for the old position is of no use after a restart`() throws {
        var machine = try ShardMachine.processing()  // A pull from 100 is under way.
        _ = machine.handle(.processorEnded(.restart(reason: "odd")))
        _ = machine.handle(.tick, after: .seconds(1))
        #expect(machine.handle(.checkpointsRead([ShardID(0): at(50)])) == [.report(.started(at: at(50)))])
        #expect(machine.pull(4) == [.pull(at(50))], "the answer to the old pull is dropped")
        #expect(!machine.shard.isBatchWaiting)
        #expect(machine.handle(.failed(.lookOut, .retriable)).isEmpty)
    }

    @Test func `a save that is under way is waited for before the checkpoint is read again`() throws {
        var machine = try busy()
        _ = machine.handle(.acknowledged([at(102)]))
        #expect(machine.handle(.tick, after: .seconds(1)).contains(.save(at(103))))
        _ = machine.handle(.processorEnded(.restart(reason: "odd")))
        #expect(machine.handle(.tick, after: .seconds(5)).isEmpty)
        #expect(machine.handle(.saved(at(103))) == [.readCheckpoints(ofAllShards: false)])
    }

    @Test func `a hold saves what is acknowledged and stands still until the checkpoint is set by hand`() throws {
        var machine = try busy()
        _ = machine.handle(.acknowledged([at(102)]))
        #expect(machine.handle(.processorEnded(.hold(reason: "decide"))) == [.report(.held(.processor("decide")))])
        #expect(machine.shard.hold == .processor("decide"))
        #expect(machine.handle(.tick, after: .seconds(1)) == [.save(at(103))])
        #expect(machine.handle(.saved(at(103))).isEmpty)
        #expect(machine.handle(.tick, after: .seconds(29)) == [.readCheckpoints(ofAllShards: false)])
        #expect(machine.handle(.checkpointsRead([ShardID(0): at(103)])).isEmpty)
        #expect(machine.handle(.tick, after: .seconds(30)) == [.readCheckpoints(ofAllShards: false)])
        #expect(
            machine.handle(.checkpointsRead([ShardID(0): at(500)])) == [
                .report(.started(at: at(500))), .pull(at(500)),
            ])
        #expect(machine.shard.hold == nil)
    }

    @Test func `a held shard that a person sets back to where it once was goes on from there`() throws {
        var machine = try busy()
        _ = machine.handle(.processorEnded(.hold(reason: "decide")))
        _ = machine.handle(.tick, after: .seconds(30))
        #expect(
            machine.handle(.checkpointsRead([ShardID(0): at(100)])) == [
                .report(.started(at: at(100))), .pull(at(100)),
            ])
    }

    @Test func `a held shard that is let go says so`() throws {
        var machine = try busy()
        _ = machine.handle(.processorEnded(.hold(reason: "decide")))
        #expect(machine.handle(.drain) == [.end(.held)])
        var unsaved = try busy()
        _ = unsaved.handle(.acknowledged([at(102)]))
        _ = unsaved.handle(.processorEnded(.hold(reason: "decide")))
        #expect(unsaved.handle(.drain) == [.save(at(103))])
        #expect(unsaved.handle(.saved(at(103))) == [.end(.held)])
    }

    @Test func `a checkpoint that is no cursor holds its shard until it is one`() throws {
        var machine = try ShardMachine()
        _ = machine.handle(.tick)
        #expect(machine.handle(.checkpointUnreadable("x=y", by: .read)) == [.report(.held(.unreadable("x=y")))])
        _ = machine.handle(.tick, after: .seconds(30))
        #expect(machine.handle(.checkpointUnreadable("x=y", by: .read)).isEmpty)
        _ = machine.handle(.tick, after: .seconds(30))
        #expect(machine.handle(.checkpointsRead([ShardID(0): at(7)])).first == .report(.started(at: at(7))))
    }

    @Test func `a seek ends the processor, saves the position first, and may go back`() throws {
        var machine = try busy()
        #expect(machine.handle(.seek(at(40))) == [.finishProcessing])
        #expect(machine.handle(.processorEnded(.finished)) == [.save(at(40))])
        #expect(machine.handle(.saved(at(40))) == [.report(.started(at: at(40))), .pull(at(40))])
    }

    @Test func `a seek waits for the save that is under way`() throws {
        var machine = try busy()
        _ = machine.handle(.acknowledged([at(102)]))
        _ = machine.handle(.tick, after: .seconds(1))
        #expect(machine.handle(.processorEnded(.seek(at(40)))).isEmpty)
        #expect(machine.handle(.saved(at(103))) == [.save(at(40))])
        #expect(machine.handle(.saved(at(40))).first == .report(.started(at: at(40))))
    }

    @Test func `a seek whose save is under way is finished when the shard is let go`() throws {
        var machine = try busy()
        #expect(machine.handle(.seek(at(50))) == [.finishProcessing])
        #expect(machine.handle(.processorEnded(.finished)) == [.save(at(50))])
        #expect(machine.handle(.drain).isEmpty, "the save is waited for")
        #expect(machine.handle(.saved(at(50))) == [.end(.released)])
        #expect(machine.shard.confirmed == at(50))
    }

    @Test func `a shard that is let go while it turns to a sought position is saved where it stands`() throws {
        var machine = try busy()
        _ = machine.handle(.acknowledged([at(102)]))
        #expect(machine.handle(.seek(at(50))) == [.finishProcessing])
        #expect(machine.handle(.drain).isEmpty, "the processor is still at work")
        #expect(machine.handle(.processorEnded(.finished)) == [.save(at(103))])
        #expect(machine.handle(.saved(at(103))) == [.end(.released)])
    }

    @Test func `the last save is tried for a write timeout of the group as it is then, from the drain on`() throws {
        var machine = try busy()
        _ = machine.handle(.acknowledged([at(102)]))
        _ = machine.handle(.drain)
        _ = machine.handle(.tick, after: .seconds(20))
        machine.shard.timing = try #require(GroupTiming(timeout: .seconds(10)))
        #expect(machine.handle(.processorEnded(.finished)) == [.save(at(103))])
        _ = machine.handle(.failed(.save, .retriable))
        _ = machine.handle(.tick, after: .milliseconds(2_900))
        _ = machine.handle(.failed(.save, .retriable))
        #expect(machine.handle(.tick, after: .milliseconds(100)) == [.end(.unsaved)], "3 s with T = 10 s, not 9.5 s")
    }

    @Test func `a seek that cannot be saved while the shard is let go is given up after the write timeout`() throws {
        var machine = try busy()
        _ = machine.handle(.seek(at(50)))
        _ = machine.handle(.processorEnded(.finished))
        _ = machine.handle(.failed(.save, .retriable))
        _ = machine.handle(.drain)
        #expect(machine.handle(.tick, after: .seconds(1)) == [.save(at(50))], "tried again")
        _ = machine.handle(.failed(.save, .retriable))
        #expect(machine.handle(.tick, after: .seconds(30)) == [.end(.unsaved)])
    }

    @Test
    func `a service that refuses the cursor it has just named is asked again later each time, and no gap is told`()
        throws
    {
        var machine = try ShardMachine.processing(from: 100)
        var waits: [Duration] = []
        for _ in 0..<3 {
            #expect(machine.handle(.failed(.pull, .invalidCursor)) == [.resolve(.begin)])
            #expect(machine.handle(.resolved(at(100))) == [.save(at(100))])
            let began = machine.now
            var actions = machine.handle(.saved(at(100)))
            #expect(actions == [.report(.started(at: at(100)))])
            while !actions.contains(.pull(at(100))) { actions = machine.handle(.tick, after: .milliseconds(10)) }
            waits.append(machine.now - began)
        }
        #expect(waits[0] >= .milliseconds(150) && waits[1] >= .milliseconds(300) && waits[2] >= .milliseconds(600))
    }

    @Test func `a position beyond all there is is another shard's and no gap`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.handle(.failed(.pull, .invalidCursor))
        #expect(
            machine.handle(.resolved(at(20))) == [
                .report(.foreignPosition(at(100), resumedAt: at(20))), .save(at(20)),
            ])
    }

    @Test func `with the gap policy fail an expired checkpoint holds the shard`() throws {
        var machine = try ShardMachine.processing { $0.gapPolicy = .fail }
        #expect(machine.handle(.failed(.pull, .invalidCursor)) == [.finishProcessing])
        #expect(machine.handle(.processorEnded(.finished)) == [.report(.held(.expired(at(100))))])
    }

    /// A simulated history stood still here: the timer was due, and nothing was to be done.
    @Test func `a restart that waits for a save under way does not wake before its answer`() throws {
        var machine = try busy()
        _ = machine.handle(.acknowledged([at(102)]))
        #expect(machine.handle(.tick, after: .seconds(1)).contains(.save(at(103))))
        lookOut(&machine)
        _ = machine.handle(.readBack(at(77)))
        _ = machine.handle(.processorEnded(.finished))
        _ = machine.handle(.tick, after: .seconds(5))
        #expect(machine.shard.nextTimer.map { $0 > machine.now } ?? true)
        #expect(machine.handle(.failed(.save, .retriable)) == [.readCheckpoints(ofAllShards: false)])
    }
}
