import Dispatcher
import SLSConsumer
import SLSProtocol

/// Messages and timers inside a process.
extension World {
    /// Puts a message into the mailbox of the membership (actor 0), of a task, or of its processor.
    func post(_ note: Note, to process: SimulatedProcess, _ task: SimulatedTask? = nil) {
        let due: TrueTime
        switch note {
        case .batch, .window:
            due = slot(in: &(task ?? orphan).windowMailbox)
        case .leave, .save, .enter, .watch:
            // Tasks of their own, in no order.
            due = now + jitter()
        default:
            due = if let task { slot(in: &task.mailbox) } else { slot(in: &process.mailbox) }
        }
        let number = notes.put((note, task?.serial ?? 0))
        queue.push(.init(.note, at: due, process: process.index, life: process.life, number: number))
    }

    private var orphan: SimulatedTask { preconditionFailure("a processor's message without its task") }

    private func slot(in mailbox: inout Mailbox) -> TrueTime {
        mailbox.lastDue = max(mailbox.lastDue, now + jitter())
        return mailbox.lastDue
    }

    private func jitter() -> TrueTime { plan.mailboxDelay == .zero ? .zero : chance.span(.zero...plan.mailboxDelay) }

    func deliver(_ note: Note, to process: SimulatedProcess, _ actor: Int) {
        switch note {
        case .membership(let event): member(process, event)
        case .ended(let shard, let outcome):
            process.debts.add(outcome, of: shard)
            member(process, .ended(shard))
        case .enter: perform(process)
        case .watch: send(.findGroup, from: process, for: .watch, within: GroupTiming.watchTimeout)
        default:
            // A mailbox whose task is over is read by nobody.
            guard let task = process.task(actor) else { return }
            deliver(note, to: task, in: process)
        }
    }

    private func deliver(_ note: Note, to task: SimulatedTask, in process: SimulatedProcess) {
        switch note {
        case .shard(let event): shard(task, event, in: process)
        case .pulled(let pulled, let load):
            task.waiting = load
            shard(task, .pulled(pulled), in: process)
        case .acknowledged(let cursors, let stretch):
            // Of an earlier stretch: what it says may be of log groups that are being handed over again.
            if stretch == task.stretch { shard(task, .acknowledged(cursors), in: process) }
        case .processed(let stretch, let ending):
            guard stretch == task.stretch else { return }
            task.stretch = nil
            shard(task, .processorEnded(ending), in: process)
        case .drain(let reason):
            task.drainReason = task.drainReason ?? reason
            shard(task, .drain, in: process)
        case .batch(let load): admit(load, to: task, in: process)
        case .window(let event): pump(event, task, in: process)
        case .leave(let write): leave(write, of: task, in: process)
        case .save(let cursor): save(cursor, of: task, in: process)
        case .examine(let stretch): if stretch == task.stretch { examine(task, in: process) }
        case .membership, .ended, .enter, .watch: preconditionFailure("not a task's message: \(note)")
        }
    }

    // MARK: Timers

    /// Arms the timer of whoever it is for, unless it fires early enough already.
    func arm(_ due: Instant?, _ armed: inout Instant?, _ process: SimulatedProcess, actor: Int, number: Int = 0) {
        guard let due, armed.map({ due < $0 }) ?? true else { return }
        armed = due
        queue.push(
            .init(
                .timer, at: max(now, process.clock.time(of: due)) + jitter(), process: process.index,
                life: process.life, number: number, actor: actor))
    }

    func fire(_ event: EventQueue.Event, in process: SimulatedProcess) {
        let reading = now(of: process)
        if event.actor == 0 {
            guard let due = process.armed, reading >= due else { return }
            process.armed = nil
            member(process, .tick)
        } else if let task = process.task(event.actor) {
            if event.number == 0, let due = task.armed, reading >= due {
                task.armed = nil
                shard(task, .tick, in: process)
            } else if event.number == 1, let due = task.windowArmed, reading >= due {
                task.windowArmed = nil
                pump(.tick, task, in: process)
            }
        }
    }
}
