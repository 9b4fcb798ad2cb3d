import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// The tasks of held shards: `ShardTask`'s part.
extension World {
    func shard(_ task: SimulatedTask, _ event: ShardConsumer.Event, in process: SimulatedProcess) {
        if let lease = process.lease { task.machine.timing = lease.timing }
        let actions = task.machine.handle(event, now: now(of: process), using: &chance)
        if event != .tick || !actions.isEmpty {
            tell("  \(process.name) shard \(task.shard)#\(task.serial) \(event) -> \(actions)")
        }
        for action in actions {
            if case .end(let ending) = action { return end(task, ending, in: process) }
            perform(action, of: task, in: process)
        }
        if !task.machine.isBatchWaiting { task.waiting = nil }
        arm(task.machine.nextTimer, &task.armed, process, actor: task.serial)
    }

    private func perform(_ action: ShardConsumer.Action, of task: SimulatedTask, in process: SimulatedProcess) {
        guard let timing = process.lease?.timing else { return }
        func call(_ request: Request, _ kind: ShardConsumer.Call, within limit: Duration) {
            send(request, from: process, for: .shard(task: task.serial, kind, saving: nil), within: limit)
        }
        switch action {
        case .readCheckpoints: call(.readCheckpoints, .read, within: timing.briefTimeout)
        case .readBack: call(.readCheckpoints, .lookOut, within: timing.briefTimeout)
        case .resolve(let position): call(.getCursor(task.shard, position), .resolve, within: timing.briefTimeout)
        case .listShards: call(.listShards, .list, within: timing.briefTimeout)
        case .pull(let cursor): pull(cursor, count: plan.pullLimit, by: task, in: process)
        case .save(let cursor): post(.save(cursor), to: process, task)
        case .deliver: deliver(task, in: process)
        case .finishProcessing:
            if task.exam != nil {
                task.isEnding = true
            } else if task.stretch != nil {
                post(.window(.drain(task.drainReason ?? .handOver)), to: process, task)
            } else {
                post(.shard(.processorEnded(.finished)), to: process, task)
            }
        case .cancelProcessing:
            guard task.window != nil else { return }
            endProcessor(of: task, in: process)
        case .report(.started(let cursor)):
            task.start = cursor
            startWork(task, in: process)
        case .report: break
        case .end: preconditionFailure("the end is not an action to perform")
        }
    }

    private func deliver(_ task: SimulatedTask, in process: SimulatedProcess) {
        guard let load = task.waiting else { preconditionFailure("shard \(task.shard) has no batch to hand over") }
        task.waiting = nil
        if task.stretch == nil { beginProcessor(of: task, in: process) }
        if task.exam == nil { post(.batch(load), to: process, task) } else { task.unexamined.append(load) }
    }

    private func end(_ task: SimulatedTask, _ ending: ShardConsumer.Ending, in process: SimulatedProcess) {
        noteSent(task)
        closeWindow(of: task, in: process)
        let outcome = ShardOutcome(
            ending: ending, confirmed: task.machine.confirmed, sentUpTo: task.sentUpTo, drainReason: task.drainReason)
        process.tasks.removeAll { $0 === task }
        process.calls.removeAll { $0.belongs(to: task) }
        leaveWork(task)
        post(.ended(task.shard, outcome), to: process)
    }

    // MARK: What leaves the process

    /// A checkpoint leaves, fenced as well.
    func save(_ cursor: Cursor, of task: SimulatedTask, in process: SimulatedProcess) {
        guard let lease = process.lease else { return }
        guard lease.holds(generation: task.generation, now: now(of: process)) else {
            return shard(task, .failed(.save, .retriable), in: process)
        }
        judgeSave(cursor, of: task, in: process)
        send(
            .save(
                task.shard, cursor, by: process.name, isForced: !rules.safeguards.contains(.unforcedSaves),
                number: serial()),
            from: process, for: .shard(task: task.serial, .save, saving: cursor), within: lease.timing.briefTimeout)
    }
}

extension PendingCall {
    fileprivate func belongs(to task: SimulatedTask) -> Bool {
        switch purpose {
        case .shard(task.serial, _, _), .pull(task.serial, _, _), .put(task.serial, _), .exam(task.serial, _): true
        default: false
        }
    }
}
