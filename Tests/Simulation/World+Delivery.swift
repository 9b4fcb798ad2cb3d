import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// The processors of held shards: `ShardDelivery`'s, `ExactDelivery`'s and `StartCheck`'s part.
extension World {
    /// Begins a stretch.
    func beginProcessor(of task: SimulatedTask, in process: SimulatedProcess) {
        task.stretchCount += 1
        task.stretch = task.stretchCount
        guard let exact, let places, let keys = setups[process.setup].keys else {
            task.window = SimulatedWindow(
                DeliveryWindow(
                    targetCount: targets.count, inFlightLimit: plan.putsInFlight, safeguards: rules.safeguards))
            return
        }
        var configuration = ExactWindow<Content>.Configuration(
            shard: task.shard, keys: keys, targets: places.targets,
            deadLetter: exact.hasDeadLetter ? places.deadLetter : nil, firstWrite: now(of: process))
        configuration.safeguards = rules.safeguards
        if let count = exact.batchCount {
            var limit = ExactWindow<Content>.BatchLimit()
            limit.count = count
            limit.byteCount = exact.requestByteCount
            configuration.batch(limit, after: exact.batchWait)
        }
        task.window = SimulatedWindow(ExactWindow(configuration))
        let truth = WindowTruth(shard: task.shard, process: process.index, serial: serial())
        task.truth = truth
        task.committed = nil
        judge.lastWindow[task.shard] = truth.serial
        guard let start = task.start else { preconditionFailure("shard \(task.shard) has begun nowhere") }
        task.exam = StartExam(
            start: setups[process.setup].start, checkpoint: start, safeguards: rules.safeguards)
        examine(task, in: process)
    }

    /// Takes the present step of the question whether the shard may be written from where it stands.
    func examine(_ task: SimulatedTask, in process: SimulatedProcess) {
        guard let exam = task.exam, let timing = process.lease?.timing, let stretch = task.stretch else { return }
        if task.isEnding {
            task.exam = nil
            return post(.window(.drain(task.drainReason ?? .handOver)), to: process, task)
        }
        switch exam.step {
        case .ask(let position):
            send(
                .getCursor(task.shard, position), from: process, for: .exam(task: task.serial, stretch: stretch),
                within: timing.briefTimeout)
        case .look(let cursor):
            send(
                .pull(task.shard, from: cursor, count: 1), from: process,
                for: .exam(task: task.serial, stretch: stretch), within: timing.briefTimeout)
        case .passed:
            task.exam = nil
            for load in task.unexamined { post(.batch(load), to: process, task) }
            task.unexamined.removeAll()
        case .hold:
            faults[.resetBeforeStart] += 1
            endProcessor(of: task, in: process, .hold(reason: "before the start"))
        }
    }

    func examAnswered(_ answer: Answer, stretch: Int, of task: SimulatedTask, in process: SimulatedProcess) {
        guard task.stretch == stretch, task.exam != nil else { return }
        switch answer {
        case .cursor(let cursor):
            task.exam?.resolved(cursor)
            return examine(task, in: process)
        case .pulled(let pulled, _):
            if case .look(let cursor)? = task.exam?.step {
                let first = pulled.count > 0 ? Batch.Numbering(pulled, from: cursor).first : nil
                task.exam?.found(first, next: pulled.nextCursor)
            }
            return examine(task, in: process)
        default: break
        }
        // Asked again in a moment.
        let number = notes.put((.examine(stretch: stretch), task.serial))
        queue.push(
            .init(
                .note, at: process.clock.time(after: .seconds(1), from: now), process: process.index,
                life: process.life, number: number))
    }

    /// What it has in flight is forgotten; the bytes may arrive all the same.
    func endProcessor(
        of task: SimulatedTask, in process: SimulatedProcess, _ ending: ProcessingResult.Ending = .finished
    ) {
        noteSent(task)
        closeWindow(of: task, in: process)
        process.calls.removeAll { call in
            switch call.purpose {
            case .put(task.serial, _), .exam(task.serial, _): true
            default: false
            }
        }
        if let stretch = task.stretch { post(.processed(stretch: stretch, ending), to: process, task) }
    }

    /// The window of a task is no more, with it or before it.
    func closeWindow(of task: SimulatedTask, in process: SimulatedProcess) {
        task.window = nil
        task.exam = nil
        task.isEnding = false
        task.unexamined.removeAll()
        // Kept: what it has passed over may be saved after its end.
        guard let truth = task.truth, truth.stopped == nil else { return }
        truth.stopped = (now, process.state == .running && isHolder(truth))
    }

    func noteSent(_ task: SimulatedTask) {
        guard let sent = task.window?.sentUpTo else { return }
        task.sentUpTo = max(task.sentUpTo ?? sent, sent)
    }

    func admit(_ load: Load, to task: SimulatedTask, in process: SimulatedProcess) {
        var unrouted: [Cursor] = []
        let bytes = topicBytes
        let routes = setups[process.setup].routes
        for (index, content) in load.contents.enumerated() {
            let cursor = load.batch.cursor(of: index)
            let (topic, byteCount) = (server.accepted[content].topic, server.accepted[content].byteCount)
            let targets = routes.targets(ofTopic: topic..<topic + 1, in: bytes.span)
            if targets.isEmpty {
                unrouted.append(cursor)
            } else {
                let element = Delivery.Element(cursor, content, byteCount: byteCount)
                pump(.admit(element, targets: targets), task, in: process)
            }
        }
        if !unrouted.isEmpty, let stretch = task.stretch {
            post(.acknowledged(unrouted, stretch: stretch), to: process, task)
        }
    }

    /// Takes in an event, and before it the checkpoint where that has moved on.
    func pump(_ event: Delivery<Content>.Event, _ task: SimulatedTask, in process: SimulatedProcess) {
        if mode.isExact, let confirmed = task.machine.confirmed, confirmed != task.committed {
            task.committed = confirmed
            feed(.committed(confirmed), task, in: process)
        }
        feed(event, task, in: process)
    }

    private func feed(_ event: Delivery<Content>.Event, _ task: SimulatedTask, in process: SimulatedProcess) {
        guard task.window != nil, let lease = process.lease else { return }
        let isHeld = lease.holds(generation: task.generation, now: now(of: process))
        let barrier = isHeld ? lease.writeBarrier(generation: task.generation) : nil
        let actions = task.window?.handle(event, now: now(of: process), barrier: barrier, using: &chance) ?? []
        tell("    \(process.name) shard \(task.shard)#\(task.serial) window \(event) -> \(actions)")
        for action in actions {
            switch action {
            case .put(let write): post(.leave(write), to: process, task)
            case .acknowledge(let cursors):
                if let stretch = task.stretch { post(.acknowledged(cursors, stretch: stretch), to: process, task) }
            case .settled, .blocked, .unblocked: break
            case .restart: return endProcessor(of: task, in: process, .restart(reason: "a refusal without a reason"))
            case .finish: return endProcessor(of: task, in: process)
            }
        }
        arm(task.window?.nextTimer, &task.windowArmed, process, actor: task.serial, number: 1)
    }

    /// A write leaves: `FencedTransport`'s part.
    func leave(_ write: Delivery<Content>.Write, of task: SimulatedTask, in process: SimulatedProcess) {
        guard task.window != nil, let lease = process.lease else { return }
        guard lease.allowsWrite(generation: task.generation, now: now(of: process)) else {
            return pump(.answered(write.id, .notSent), task, in: process)
        }
        judgeWrite(write, of: task, in: process)
        let request: Request
        if let truth = task.truth {
            if case .key(let key, _?) = write.address { truth.keys[write.id] = key }
            truth.contents[write.id] = write.elements.map(\.payload)
            let attempt = WriteAttempt()
            truth.attempts[write.id] = attempt
            request = .putExact(
                ExactPut(write: write, setup: process.setup, sender: truth, sent: now, attempt: attempt))
        } else if let content = write.elements.first?.payload {
            request = .put(content, target: write.target)
        } else {
            return
        }
        send(request, from: process, for: .put(task: task.serial, write: write.id), within: lease.timing.writeTimeout)
    }
}
