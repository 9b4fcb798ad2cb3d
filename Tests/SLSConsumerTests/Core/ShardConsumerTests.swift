import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

@Suite struct ShardConsumerTests {
    @Test func `a shard goes on from its checkpoint`() throws {
        var machine = try ShardMachine()
        #expect(machine.handle(.tick) == [.readCheckpoints(ofAllShards: false)])
        #expect(
            machine.handle(.checkpointsRead([ShardID(0): at(7)])) == [.report(.started(at: at(7))), .pull(at(7))])
        #expect(machine.shard.confirmed == at(7))
    }

    @Test func `without a checkpoint the configured position is saved before anything is handed over`() throws {
        var machine = try ShardMachine()
        _ = machine.handle(.tick)
        #expect(machine.handle(.checkpointsRead([:])) == [.resolve(.begin)])
        #expect(machine.handle(.resolved(at(5))) == [.save(at(5))])
        #expect(machine.handle(.saved(at(5))) == [.report(.started(at: at(5))), .pull(at(5))])
    }

    @Test func `with a moving start position others wait for the creator, then take it with a warning`() throws {
        var machine = try ShardMachine(start: .end, isFixed: false)
        _ = machine.handle(.tick)
        #expect(machine.handle(.checkpointsRead([:])) == [.readCheckpoints(ofAllShards: true)])
        for _ in 0..<20 {
            #expect(machine.handle(.checkpointsRead([:])).isEmpty)
            #expect(machine.handle(.tick, after: .milliseconds(500)) == [.readCheckpoints(ofAllShards: true)])
        }
        #expect(machine.handle(.checkpointsRead([:])) == [.report(.surprisingStart(.end)), .resolve(.end)])
        #expect(machine.handle(.resolved(at(7))) == [.readCheckpoints(ofAllShards: false)])
        #expect(machine.handle(.checkpointsRead([:])) == [.save(at(7))])
    }

    @Test func `a checkpoint that a slow maker saved while the position was asked for is not saved over`() throws {
        var machine = try ShardMachine(start: .end, isFixed: false)
        _ = machine.handle(.tick)
        _ = machine.handle(.checkpointsRead([:]))
        _ = machine.handle(.tick, after: .seconds(11))
        #expect(machine.handle(.checkpointsRead([:])) == [.report(.surprisingStart(.end)), .resolve(.end)])
        #expect(machine.handle(.resolved(at(9))) == [.readCheckpoints(ofAllShards: false)])
        let actions = machine.handle(.checkpointsRead([ShardID(0): at(4)]))
        #expect(actions.first == .report(.started(at: at(4))) && !actions.contains(.save(at(9))), "\(actions)")
    }

    @Test func `with a moving start position a shard born later begins at its beginning`() throws {
        for (listed, others) in [([ShardID(0)], [:]), ([ShardID(0), ShardID(3)], [ShardID(0): at(1)])]
            as [(Set<ShardID>, [ShardID: Cursor])]
        {
            var machine = try ShardMachine(3, start: .end, isFixed: false, listed: listed)
            _ = machine.handle(.tick)
            _ = machine.handle(.checkpointsRead([:]))
            _ = machine.handle(.checkpointsRead(others))
            _ = machine.handle(.tick, after: .seconds(11))
            #expect(machine.handle(.checkpointsRead(others)) == [.resolve(.begin)])
        }
    }

    @Test func `a pull that leaves more is followed at once, one at the end after a growing wait`() throws {
        var machine = try ShardMachine.processing { $0.lookOutInterval = .seconds(86_400) }
        #expect(machine.pull(3) == [.deliver, .pull(at(103))])
        #expect(machine.pull(1, isAtEnd: true).first == .deliver)
        _ = machine.handle(.listed(isReadOnly: false))
        #expect(machine.handle(.tick, after: .milliseconds(199)).isEmpty)
        #expect(machine.handle(.tick, after: .milliseconds(1)) == [.pull(at(104))])
        var waits: [Duration] = []
        for _ in 0..<6 {
            _ = machine.pull(0, isAtEnd: true)
            let next = try #require(machine.shard.nextTimer)
            waits.append(next - machine.now)
            #expect(machine.handle(.tick, after: next - machine.now) == [.pull(at(104))])
        }
        #expect(waits.map(\.millisecondsRoundedUp) == [200, 300, 450, 675, 1_000, 1_000])
    }

    @Test func `checkpoints follow the acknowledgements once a second, never past a gap`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(5)
        #expect(machine.handle(.acknowledged(cursors(101..<105))).isEmpty)
        #expect(machine.shard.lowWater == at(100))
        #expect(machine.handle(.acknowledged([at(100)])) == [.save(at(105))])  // none was saved for a second
        #expect(machine.handle(.saved(at(105))).isEmpty)
        _ = machine.pull(2)
        #expect(machine.handle(.acknowledged([at(105)]), after: .milliseconds(300)).isEmpty)
        #expect(machine.shard.nextTimer == machine.now + .milliseconds(700))
        #expect(machine.handle(.tick, after: .milliseconds(700)) == [.save(at(106))])
    }

    @Test func `one save is under way at a time, and a failed one is repeated with the newest position`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(3)
        #expect(machine.handle(.acknowledged([at(100)])) == [.save(at(101))])
        #expect(machine.handle(.acknowledged([at(101)]), after: .seconds(2)).isEmpty)
        #expect(machine.handle(.failed(.save, .retriable)).isEmpty)
        #expect(machine.handle(.tick, after: .milliseconds(200)) == [.save(at(102))])
        #expect(machine.handle(.saved(at(102))).isEmpty)
        #expect(machine.shard.confirmed == at(102))
    }

    @Test func `nothing is handed over beyond the run-ahead bound, and half of it brings an early save`() throws {
        var machine = try ShardMachine.processing { $0.runAhead = 10 }
        #expect(machine.pull(6) == [.deliver, .pull(at(106))])
        #expect(machine.pull(6).isEmpty, "positions 106 to 112 are more than 10 past the checkpoint 100")
        #expect(machine.handle(.acknowledged(cursors(100..<105))) == [.save(at(105))])
        #expect(machine.handle(.saved(at(105))) == [.deliver, .pull(at(112))])
    }

    @Test func `a batch wider than the bound goes when nothing else is unconfirmed`() throws {
        var machine = try ShardMachine.processing { $0.runAhead = 10 }
        let wide = ShardConsumer.Pulled(next: at(200), count: 1, rawByteCount: 10, isAtEnd: false)
        #expect(machine.handle(.pulled(wide)) == [.deliver, .pull(at(200))])
        #expect(machine.handle(.acknowledged([at(100)])) == [.save(at(200))])
    }

    @Test func `a position that moves without log groups is followed by the checkpoint`() throws {
        var machine = try ShardMachine.processing()
        let actions = machine.handle(.pulled(.init(next: at(150), count: 0, rawByteCount: 0, isAtEnd: false)))
        #expect(actions == [.pull(at(150)), .save(at(150))])
    }

    @Test
    func `C19 an hour of an idle shard takes no more than a request a second, looks for all shards at once apart`()
        throws
    {
        var machine = try ShardMachine.processing()
        var counts: [String: Int] = [:]
        var waiting = machine.pull(0, isAtEnd: true)
        while machine.now < Instant(nanoseconds: 3_600_000_000_000) {
            var next: [ShardConsumer.Action] = []
            for action in waiting {
                switch action {
                case .pull:
                    counts["pull", default: 0] += 1
                    next += machine.pull(0, isAtEnd: true)
                case .listShards:
                    counts["list", default: 0] += 1
                    next += machine.handle(.listed(isReadOnly: false))
                case .readBack:
                    counts["look out", default: 0] += 1
                    next += machine.handle(.readBack(at(100)))
                default: Issue.record("\(action)")
                }
            }
            if next.isEmpty {
                let due = try #require(machine.shard.nextTimer)
                #expect(due > machine.now, "no loop without waiting")
                next = machine.handle(.tick, after: due - machine.now)
            }
            waiting = next
        }
        #expect((3_500...3_610).contains(counts["pull"] ?? 0), "\(counts)")
        #expect((counts["list"] ?? 0) <= 361)
        #expect((counts["look out"] ?? 0) <= 1_200)
    }

    @Test func `a shard that is let go finishes, saves and ends`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(3)
        #expect(machine.handle(.drain) == [.finishProcessing])
        #expect(machine.pull(3).isEmpty, "what is pulled while draining is dropped")
        #expect(machine.handle(.acknowledged(cursors(100..<102))).isEmpty)
        #expect(machine.handle(.processorEnded(.finished)) == [.save(at(102))])
        #expect(machine.handle(.saved(at(102))) == [.end(.released)])
    }

    @Test func `a last save that does not succeed is given up after the write timeout`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(1)
        _ = machine.handle(.drain)
        _ = machine.handle(.acknowledged([at(100)]))
        #expect(machine.handle(.processorEnded(.finished)) == [.save(at(101))])
        _ = machine.handle(.failed(.save, .retriable), after: .seconds(9))
        #expect(machine.handle(.tick, after: .milliseconds(500)) == [.end(.unsaved)])
    }

    @Test func `a shard that is lost ends without a save`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(1)
        _ = machine.handle(.acknowledged([at(100)]))
        #expect(machine.handle(.failed(.save, .notOwner)) == [.cancelProcessing, .end(.lost)])
        var other = try ShardMachine.processing()
        #expect(other.handle(.drop) == [.cancelProcessing, .end(.lost)])
        #expect(other.handle(.tick, after: .seconds(100)).isEmpty)
    }

    @Test func `an expired position goes on at the beginning and the gap is reported`() throws {
        var machine = try ShardMachine.processing()
        #expect(machine.handle(.failed(.pull, .invalidCursor)) == [.resolve(.begin)])
        #expect(
            machine.handle(.resolved(at(500))) == [.report(.gap(from: at(100), to: at(500))), .save(at(500))])
        #expect(machine.handle(.saved(at(500))) == [.report(.started(at: at(500)))])
        #expect(machine.handle(.tick, after: .milliseconds(200)) == [.pull(at(500))])
    }

    @Test func `an expired position waits until everything handed over is acknowledged`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(1)
        #expect(machine.handle(.failed(.pull, .invalidCursor)).isEmpty)
        _ = machine.handle(.acknowledged([at(100)]))
        #expect(machine.handle(.tick, after: .milliseconds(200)) == [.pull(at(101))])
        #expect(machine.handle(.failed(.pull, .invalidCursor)) == [.resolve(.begin)])
    }

    @Test func `failing pulls back off from 0.2 to 30 seconds`() throws {
        var machine = try ShardMachine.processing {
            $0.listInterval = .seconds(86_400)
            $0.lookOutInterval = .seconds(86_400)
        }
        var waits: [Duration] = []
        for _ in 0..<10 {
            #expect(machine.handle(.failed(.pull, .retriable)).isEmpty)
            let next = try #require(machine.shard.nextTimer)
            waits.append(next - machine.now)
            #expect(machine.handle(.tick, after: next - machine.now) == [.pull(at(100))])
        }
        #expect(waits.allSatisfy { $0 >= .milliseconds(150) && $0 <= .seconds(30) })
        #expect(try #require(waits.last) >= .seconds(22))
    }

    @Test func `a refused call is tried every 30 seconds and reported`() throws {
        var machine = try ShardMachine.processing()
        #expect(machine.handle(.failed(.pull, .refused)) == [.report(.refused(.pull))])
        #expect(machine.handle(.tick, after: .milliseconds(29_999)).allSatisfy { $0 != .pull(at(100)) })
        #expect(machine.handle(.tick, after: .milliseconds(1)).contains(.pull(at(100))))
    }

    @Test func `the end of a read-only shard is saved again with each confirmed heartbeat`() throws {
        var machine = try ShardMachine.processing()
        let actions = machine.pull(0, isAtEnd: true)
        #expect(actions == [.listShards])
        #expect(machine.handle(.listed(isReadOnly: true)) == [.save(at(100))])
        #expect(machine.handle(.saved(at(100))).isEmpty)
        #expect(machine.handle(.leaseRenewed) == [.save(at(100))])
    }

    @Test func `a read-only shard that is taken off when its end is saved was let go, not lost`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(1, isAtEnd: true)
        _ = machine.handle(.listed(isReadOnly: true))
        #expect(machine.handle(.acknowledged([at(100)])).contains(.save(at(101))))
        var other = machine
        #expect(other.handle(.failed(.save, .notOwner)) == [.cancelProcessing, .end(.lost)], "nothing says so yet")
        _ = machine.handle(.saved(at(101)))
        #expect(machine.handle(.leaseRenewed).contains(.save(at(101))))
        #expect(machine.handle(.failed(.save, .notOwner)) == [.cancelProcessing, .end(.released)])
    }

    @Test func `a processor that gives up lets the shard go`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(1)
        #expect(machine.handle(.processorEnded(.finished)) == [.finishProcessing, .end(.released)])
    }

    @Test func `past the deadline of a shutdown what is in flight is given up and the rest is saved`() throws {
        var machine = try ShardMachine.processing()
        _ = machine.pull(2)
        _ = machine.handle(.drain)
        _ = machine.handle(.acknowledged([at(100)]))
        #expect(machine.handle(.hurry) == [.cancelProcessing])
        #expect(machine.handle(.processorEnded(.finished)) == [.save(at(101))])
    }
}
