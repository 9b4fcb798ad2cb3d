import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// A process' membership: `MemberLoop`'s part.
extension World {
    func member(_ process: SimulatedProcess, _ event: Membership.Event) {
        guard var membership = process.membership else { return }
        process.membership = nil  // Changed in place, not copied.
        let actions = membership.handle(event, now: now(of: process), using: &chance)
        process.lease = LeaseTerm(membership, safeguards: rules.safeguards)
        process.membership = membership
        noteTurn(of: process, event)
        if event != .tick || !actions.isEmpty { tell("\(process.name) \(event) -> \(actions)") }
        for action in actions {
            if case .leave(let reason) = action { return leave(process, reason) }
            perform(action, in: process)
        }
        arm(membership.nextTimer, &process.armed, process, actor: 0)
    }

    private func perform(_ action: Membership.Action, in process: SimulatedProcess) {
        switch action {
        case .heartbeat(let id, let shards):
            guard let timing = process.lease?.timing else { return }
            send(
                .heartbeat(process.name, reporting: shards, number: serial()), from: process, for: .heartbeat(id),
                within: timing.heartbeatTimeout)
        case .start(let shard): start(shard, in: process)
        case .drain(let shard, let reason): tell(.drain(reason), shard, in: process)
        case .hurry(let shard): tell(.shard(.hurry), shard, in: process)
        case .drop(let shard): tell(.shard(.drop), shard, in: process)
        case .leaseRenewed: for task in process.tasks { post(.shard(.leaseRenewed), to: process, task) }
        case .report: break
        case .leave: preconditionFailure("leaving is not an action to perform")
        }
    }

    private func tell(_ note: Note, _ shard: ShardID, in process: SimulatedProcess) {
        if let task = process.task(of: shard) { post(note, to: process, task) }
    }

    private func start(_ shard: ShardID, in process: SimulatedProcess) {
        guard let lease = process.lease, let positions = process.positions else { return }
        var configuration = ShardConsumer.Configuration()
        configuration.safeguards = rules.safeguards
        let machine = ShardConsumer(
            shard, timing: lease.timing, configuration: configuration, positions: positions, now: now(of: process))
        let task = SimulatedTask(serial(), machine, generation: lease.generation)
        task.exemption = Exemption(
            ofTimeout: process.ignorance.ofTimeout, ofTable: process.ignorance.untilHeartbeat != nil)
        process.tasks.append(task)
        post(.shard(.tick), to: process, task)
    }

    /// An answer, or the failure of a call, has reached the process.
    func answered(_ purpose: Purpose, _ answer: Answer, in process: SimulatedProcess) {
        switch purpose {
        case .entrance: entranceAnswered(answer, in: process)
        case .heartbeat(let id):
            let event: Membership.Event
            switch answer {
            case .granted(let shards): event = .answered(heartbeat: id, granted: shards)
            case .failed(let error): event = .failed(heartbeat: id, Membership.HeartbeatFailure(error))
            default: preconditionFailure("no answer to a heartbeat: \(answer)")
            }
            post(.membership(event), to: process)
        case .watch:
            watch(process)
            if case .group(let timeout?) = answer { post(.membership(.timeoutSeen(timeout)), to: process) }
        case .shard(let serial, let call, let saving):
            guard let task = process.task(serial) else { return }
            post(note(of: answer, to: call, saving: saving, task), to: process, task)
        case .pull(let serial, let cursor, let count):
            if let task = process.task(serial) { pulled(answer, by: task, from: cursor, count: count, in: process) }
        case .exam(let serial, let stretch):
            if let task = process.task(serial) { examAnswered(answer, stretch: stretch, of: task, in: process) }
        case .put(let serial, let write):
            guard let task = process.task(serial), task.window != nil else { return }
            task.truth?.note(answer, to: write, at: now)
            let outcome: DeliveryAnswer =
                if case .failed(let error) = answer { DeliveryAnswer(error) } else { .accepted }
            post(.window(.answered(write, outcome)), to: process, task)
        }
    }

    private func note(
        of answer: Answer, to call: ShardConsumer.Call, saving: Cursor?, _ task: SimulatedTask
    ) -> Note {
        switch answer {
        case .failed(let error): .shard(.failed(call, ShardConsumer.CallFailure(error)))
        case .checkpoints(let found) where call == .lookOut: .shard(.readBack(found[task.shard]))
        case .checkpoints(let found): told(task, found)
        case .cursor(let cursor): .shard(.resolved(cursor))
        case .shards(let shards): .shard(.listed(isReadOnly: shards.first { $0.id == task.shard }?.isReadOnly))
        case .done:
            if let saving { .shard(.saved(saving)) } else { preconditionFailure("nothing was saved by \(call)") }
        case .granted, .group, .pulled: preconditionFailure("no answer to a shard's \(call): \(answer)")
        }
    }

    private func told(_ task: SimulatedTask, _ found: [ShardID: Cursor]) -> Note {
        task.told = found[task.shard]
        return .shard(.checkpointsRead(found))
    }
}
