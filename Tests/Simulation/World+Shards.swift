import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// The tasks of held shards and their processors: `ShardTask`'s and `ShardDelivery`'s part.
extension World {
    func shard(_ task: SimulatedTask, _ event: ShardConsumer.Event, in process: SimulatedProcess) {
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
        case .pull(let cursor):
            call(.pull(task.shard, from: cursor, count: plan.pullLimit), .pull, within: GroupTiming.pullTimeout)
        case .save(let cursor): post(.save(cursor), to: process, task)
        case .deliver: deliver(task, in: process)
        case .finishProcessing:
            if task.stretch != nil {
                post(.window(.drain(task.drainReason ?? .handOver)), to: process, task)
            } else {
                post(.shard(.processorEnded(.finished)), to: process, task)
            }
        case .cancelProcessing:
            guard task.window != nil else { return }
            endProcessor(of: task, in: process)
        case .report(.started): startWork(task, in: process)
        case .report: break
        case .end: preconditionFailure("the end is not an action to perform")
        }
    }

    private func deliver(_ task: SimulatedTask, in process: SimulatedProcess) {
        guard let load = task.waiting else { preconditionFailure("shard \(task.shard) has no batch to hand over") }
        task.waiting = nil
        if task.stretch == nil {
            task.stretchCount += 1
            task.stretch = task.stretchCount
            task.window = DeliveryWindow(
                targetCount: targets.count, inFlightLimit: plan.putsInFlight, safeguards: safeguards)
        }
        post(.batch(load), to: process, task)
    }

    private func end(_ task: SimulatedTask, _ ending: ShardConsumer.Ending, in process: SimulatedProcess) {
        noteSent(task)
        let outcome = ShardOutcome(
            ending: ending, confirmed: task.machine.confirmed, sentUpTo: task.sentUpTo, drainReason: task.drainReason)
        process.tasks.removeAll { $0 === task }
        process.calls.removeAll { $0.belongs(to: task) }
        leaveWork(task)
        post(.ended(task.shard, outcome), to: process)
    }

    private func noteSent(_ task: SimulatedTask) {
        guard let sent = task.window?.sentUpTo else { return }
        task.sentUpTo = max(task.sentUpTo ?? sent, sent)
    }

    // MARK: The processor

    /// What it has in flight is forgotten; the bytes may arrive all the same.
    private func endProcessor(of task: SimulatedTask, in process: SimulatedProcess) {
        noteSent(task)
        task.window = nil
        process.calls.removeAll { call in
            if case .put(task.serial, _) = call.purpose { true } else { false }
        }
        if let stretch = task.stretch { post(.processed(stretch: stretch), to: process, task) }
    }

    func admit(_ load: Load, to task: SimulatedTask, in process: SimulatedProcess) {
        var unrouted: [Cursor] = []
        let bytes = topicBytes
        for (index, content) in load.contents.enumerated() {
            let cursor = load.batch.cursor(of: index)
            let topic = server.accepted[content].topic
            let targets = routes.targets(ofTopic: topic..<topic + 1, in: bytes.span)
            if targets.isEmpty {
                unrouted.append(cursor)
            } else {
                pump(.admit(Delivery.Element(cursor, content), targets: targets), task, in: process)
            }
        }
        if !unrouted.isEmpty, let stretch = task.stretch {
            post(.acknowledged(unrouted, stretch: stretch), to: process, task)
        }
    }

    func pump(_ event: Delivery<Content>.Event, _ task: SimulatedTask, in process: SimulatedProcess) {
        guard task.window != nil, let lease = process.lease else { return }
        let barrier = lease.writeBarrier(generation: task.generation)
        let actions = task.window?.handle(event, now: now(of: process), barrier: barrier, using: &chance) ?? []
        tell("    \(process.name) shard \(task.shard)#\(task.serial) window \(event) -> \(actions)")
        for action in actions {
            switch action {
            case .put(let write): post(.leave(write), to: process, task)
            case .acknowledge(let cursors):
                if let stretch = task.stretch { post(.acknowledged(cursors, stretch: stretch), to: process, task) }
            case .settled, .blocked, .unblocked: break
            case .restart: preconditionFailure("no write has a sequence id")
            case .finish: return endProcessor(of: task, in: process)
            }
        }
        arm(task.window?.nextTimer, &task.windowArmed, process, actor: task.serial, number: 1)
    }

    // MARK: What leaves the process

    /// A write leaves: `FencedTransport`'s part.
    func leave(_ write: Delivery<Content>.Write, of task: SimulatedTask, in process: SimulatedProcess) {
        guard task.window != nil, let lease = process.lease else { return }
        guard lease.allowsWrite(generation: task.generation, now: now(of: process)) else {
            return pump(.answered(write.id, .notSent), task, in: process)
        }
        guard let content = write.elements.first?.payload else { return }
        judgeWrite(content, of: task, in: process)
        send(
            .put(content, target: write.target), from: process, for: .put(task: task.serial, write: write.id),
            within: lease.timing.writeTimeout)
    }

    /// A checkpoint leaves, fenced as well.
    func save(_ cursor: Cursor, of task: SimulatedTask, in process: SimulatedProcess) {
        guard let lease = process.lease else { return }
        guard lease.holds(generation: task.generation, now: now(of: process)) else {
            return shard(task, .failed(.save, .retriable), in: process)
        }
        judgeSave(cursor, of: task, in: process)
        send(
            .save(
                task.shard, cursor, by: process.name, isForced: !safeguards.contains(.unforcedSaves),
                number: serial()),
            from: process, for: .shard(task: task.serial, .save, saving: cursor), within: lease.timing.briefTimeout)
    }
}

extension PendingCall {
    fileprivate func belongs(to task: SimulatedTask) -> Bool {
        switch purpose {
        case .shard(task.serial, _, _), .put(task.serial, _): true
        default: false
        }
    }
}
