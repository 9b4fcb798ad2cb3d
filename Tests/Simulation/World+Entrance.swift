import SLSClient
import SLSConsumer
import SLSProtocol

/// How a process enters the group: `GroupDoor`'s part.
extension World {
    func enter(_ process: SimulatedProcess) {
        let start = setups[process.setup].start
        let machine = GroupEntrance(
            timeout: .seconds(plan.timeoutSeconds), start: start, isStartFixed: start.isFixed(at: server.wall(now)),
            safeguards: rules.safeguards)
        let patience = Patience.Deadline(now: now(of: process))
        process.entrance = Entrance(
            machine: machine, step: machine.first, patience: patience, row: Patience(until: patience))
        perform(process)
    }

    /// Takes the present step.
    func perform(_ process: SimulatedProcess) {
        guard let entrance = process.entrance else { return }
        if process.isToldToStop, entrance.machine.isStoppable { return leave(process, .shutDown) }
        let request: Request
        switch entrance.step {
        case .listShards: request = .listShards
        case .findGroup: request = .findGroup
        case .resolve(let shard, let position): request = .getCursor(shard, position)
        case .create(let timeout): request = .createGroup(timeout: timeout)
        case .readCheckpoints: request = .readCheckpoints
        case .save(let shard, let cursor):
            request = .save(shard, cursor, by: nil, isForced: true, number: serial())
        case .enter(let timing, let positions): return join(process, timing, positions)
        case .refuse:
            end(process)
            return restart(process, after: .seconds(3))
        }
        let limit =
            switch entrance.step {
            case .create, .readCheckpoints, .save: Patience.makingTimeout
            default: Patience.callTimeout
            }
        send(request, from: process, for: .entrance, within: limit)
    }

    func entranceAnswered(_ answer: Answer, in process: SimulatedProcess) {
        guard var entrance = process.entrance else { return }
        let event: GroupEntrance.Event
        switch (entrance.step, answer) {
        case (.create, .failed(let error)) where error.means(.consumerGroupAlreadyExist):
            event = .created(by: entrance.hasFailed ? .unknown : .somebodyElse)
        case (_, .failed(let error)):
            guard let next = entrance.row.retry(after: error, now: now(of: process), using: &chance) else {
                end(process)
                return restart(process, after: .seconds(1))
            }
            entrance.hasFailed = true
            process.entrance = entrance
            let number = notes.put((.enter, 0))
            return queue.push(
                .init(
                    .note, at: process.clock.time(of: next), process: process.index, life: process.life,
                    number: number))
        case (_, .shards(let shards)): event = .shardsListed(shards.map(\.id))
        case (_, .group(let timeout)): event = .groupFound(timeout: timeout)
        case (_, .cursor(let cursor)): event = .resolved(cursor)
        case (.create, .done): event = .created(by: .us)
        case (_, .checkpoints(let found)): event = .checkpointsRead(of: Set(found.keys))
        case (_, .done): event = .saved
        default: preconditionFailure("no answer to \(entrance.step): \(answer)")
        }
        entrance.row = Patience(until: entrance.patience)
        entrance.hasFailed = false
        entrance.step = entrance.machine.handle(event)
        process.entrance = entrance
        perform(process)
    }

    private func join(_ process: SimulatedProcess, _ timing: GroupTiming, _ positions: InitialPositions) {
        process.entrance = nil
        noteMakerDone(process)
        let membership = Membership(timing: timing, now: now(of: process), safeguards: rules.safeguards)
        process.membership = membership
        process.lease = LeaseTerm(timing: timing, safeguards: rules.safeguards)
        process.positions = positions
        member(process, process.isToldToStop ? .shutDown : .tick)
        watch(process)
    }

    /// The group is listed again and again, to see a timeout that others have changed.
    func watch(_ process: SimulatedProcess) {
        let number = notes.put((.watch, 0))
        queue.push(
            .init(
                .note, at: process.clock.time(after: GroupTiming.watchInterval, from: now), process: process.index,
                life: process.life, number: number))
    }

    /// The process has ended by its own decision; a supervisor starts it again.
    func leave(_ process: SimulatedProcess, _ reason: Membership.LeaveReason) {
        noteEnd(of: process, reason)
        end(process)
        restart(process, after: reason == .shutDown ? chance.span(.milliseconds(200) ... .seconds(15)) : .seconds(3))
    }
}
