import Dispatcher
import FakeSLS
import SLSClient
import SLSConsumer
import SLSProtocol

/// What goes wrong beside, where log groups are delivered exactly once.
extension World {
    /// Faults that come by time; others come by themselves.
    func beginExact(_ fault: Fault) {
        switch fault {
        case .quotaStorm:
            targets[chance.below(targets.count)].fullUntil = now + chance.span(.seconds(1) ... .seconds(15))
        case .unreachable:
            targets[chance.below(targets.count)].unreachableUntil = now + chance.span(.seconds(1) ... .seconds(10))
        case .targetCut: cutTarget()
        case .foreignWriter: writeForeign()
        case .rewind: rewind()
        case .resetBeforeStart: reset()
        default: preconditionFailure("\(fault) comes by itself")
        }
    }

    /// A process is started with one of the configurations.
    func configure(_ process: SimulatedProcess) {
        guard let exact else { return }
        if let answer = judge.answer {
            process.setup = answer
        } else if case .done = judge.change {
            process.setup = SetupChoice.rerouted
        } else if exact.isMixed {
            process.setup = chance.pick([SetupChoice.main, SetupChoice.rerouted])
        }
        if !judge.usedSetups.contains(process.setup) { judge.usedSetups.append(process.setup) }
    }

    private func cutTarget() {
        let place = chance.below(stores.count)
        let writable = stores[place].map.writable
        let shard = chance.pick(writable).id
        let isMerge = writable.count > 6 || (writable.count > 1 && chance.happens(perMille: 300))
        let isDone =
            isMerge
            ? stores[place].merge(shard, at: server.wall(now)) : stores[place].split(shard, at: server.wall(now))
        guard isDone else { return }
        faults[.targetCut] += 1
        if place < stores.count - 1 { tellChanged(place) }
    }

    /// Every process lists the targets' shards now and then, and tells its windows.
    private func tellChanged(_ target: Int) {
        for process in processes {
            let due = now + chance.span(.zero ... .seconds(30))
            for task in process.tasks where task.window != nil {
                let number = notes.put((.window(.targetChanged(target)), task.serial))
                queue.push(.init(.note, at: due, process: process.index, life: process.life, number: number))
            }
        }
    }

    /// Somebody else, under our identity and by the same rules, is ahead of us: it writes what is none of our log groups.
    private func writeForeign() {
        let shard = chance.pick(server.map.shards).id
        guard let places, let keys = setups[SetupChoice.main].keys, let content = server.logs[shard.value].last else {
            return
        }
        let cursor = server.accepted[content].cursor
        let target = chance.below(places.targets.count)
        let key = keys.key(
            shard: shard, target: places.targets[target], lane: keys.lane(of: cursor), epoch: LaneKeys.epoch(of: cursor)
        )
        let number = LaneKeys.sequenceID(of: cursor)
        // Counted where it displaces something.
        _ = stores[target].takeForeign(key, number, now: server.now(now).nanoseconds)
    }

    // MARK: Checkpoints by hand

    /// Whether it was accepted before the configured start.
    private func isEarly(_ group: LogGroupTruth) -> Bool { plan.start == .absolute && group.received < absoluteStart }

    /// Somebody sets a checkpoint back to what was delivered before.
    private func rewind() {
        guard server.isUp, let row = chanceRow(), let checkpoint = row.checkpoint?.cursor else { return }
        let earlier = server.logs[row.shard.value].prefix { server.accepted[$0].cursor < checkpoint }
            .filter { !isEarly(server.accepted[$0]) }
        guard !earlier.isEmpty else { return }
        if set(row.shard, server.accepted[chance.pick(earlier)].cursor) { faults[.rewind] += 1 }
    }

    /// Somebody sets a checkpoint to before the configured start, and looks again a while later.
    private func reset() {
        guard server.isUp, let row = chanceRow(), row.checkpoint?.cursor != nil,
            let content = server.logs[row.shard.value].first, isEarly(server.accepted[content]),
            set(row.shard, server.accepted[content].cursor)
        else { return }
        queue.push(.init(.operate, at: now + chance.span(.seconds(5) ... .seconds(20)), number: row.shard.value))
    }

    /// A shard that is not over: to set one back that is would begin it beside its children.
    private func chanceRow() -> GroupCoordinator.ShardRow? {
        guard let group = server.group else { return nil }
        let rows = group.shardRows.filter { $0.state != .over && $0.checkpoint != nil }
        return rows.isEmpty ? nil : chance.pick(rows)
    }

    private func set(_ shard: ShardID, _ cursor: Cursor) -> Bool {
        tell("by hand: shard \(shard) is set to \(cursor)")
        let request = Request.save(shard, cursor, by: nil, isForced: true, number: serial())
        if case .done = server.answer(request, at: now) { return true }
        return false
    }

    /// A person answers to a shard that is held: the checkpoint goes to the start, or the start to the beginning, which
    /// means new keys for everybody.
    func operate(_ shard: ShardID) {
        guard judge.answer == nil else { return }
        // Looked at again and again: what is set may be lost to a late save, or to somebody who has not seen it yet, and
        // what a late save has put right may be saved over by whoever has seen the reset.
        queue.push(.init(.operate, at: now + .seconds(5), number: shard.value))
        guard let cursor = server.row(shard, at: now)?.checkpoint?.cursor,
            let content = server.logs[shard.value].first(where: { server.accepted[$0].cursor >= cursor }),
            isEarly(server.accepted[content]), server.isUp, isHeld(shard)
        else { return }
        guard chance.happens(perMille: 700) else { return restartAll(with: SetupChoice.fromBeginning) }
        let request = Request.getCursor(shard, setups[SetupChoice.main].start)
        if case .cursor(let start) = server.answer(request, at: now) { _ = set(shard, start) }
    }

    /// What `/status` shows.
    private func isHeld(_ shard: ShardID) -> Bool {
        processes.contains { process in
            process.state == .running && process.tasks.contains { $0.shard == shard && $0.machine.hold != nil }
        }
    }

    /// Everybody ends and starts again, with another configuration.
    func restartAll(with setup: Int) {
        judge.answer = setup
        for process in processes where process.state != .down {
            end(process)
            restart(process, after: chance.span(.seconds(1) ... .seconds(4)))
        }
    }
}
