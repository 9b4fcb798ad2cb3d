import Dispatcher
import FakeSLS
import SLSClient
import SLSConsumer
import SLSProtocol

/// One history: a server, its consumers and their targets on one virtual time, and everything that goes wrong among them.
///
/// The decisions are those of production's own values: the server's `GroupCoordinator`, `ShardMap` and `CursorAllocator`,
/// the consumers' `GroupEntrance`, `Membership`, `LeaseTerm`, `ShardConsumer`, `DeliveryWindow` and `ExactWindow`, the
/// targets' `SequenceRule` and `Turn`. The world carries their messages, and the judge, who alone knows the truth, looks
/// on. Nothing here reckons with cursors, leases, routes, keys or sequence ids.
final class World {
    let plan: Plan
    let mode: DeliveryMode
    let rules: Rules
    /// What exactly once adds; nil at least once.
    let exact: ExactPlan?
    let places: Setup.Places?
    var chance: Chance
    /// How large log groups are; apart from the rest.
    var sizes: Chance
    var queue = EventQueue()
    var now = TrueTime.zero
    var server: SimulatedServer
    var processes: [SimulatedProcess] = []
    var targets: [SimulatedTarget]
    /// What the targets hold, the dead letters last; empty at least once, where a count beside each log group will do.
    var stores: [TargetStore] = []
    /// The configurations that processes may have.
    let setups: [Setup]
    let topicBytes: [UInt8]
    let absoluteStart: Timestamp
    var judge = Judge()
    var faults = FaultCounts()
    /// Events taken from the queue so far.
    private(set) var eventCount = 0
    /// Those of this very moment.
    private var eventsAtOnce = 0
    /// Takes a line for everything that happens; nil for nobody.
    let listener: ((String) -> Void)?
    /// Whether faults may still begin.
    var isStormy = true

    var notes = Slots<(note: Note, actor: Int)>()
    var envelopes = Slots<Envelope>()
    var answers = Slots<(call: Int, answer: Answer)>()
    /// Serials of tasks, calls, heartbeats and saves.
    var lastSerial = 0

    init(
        seed: UInt64, size: Size, mode: DeliveryMode = .atLeastOnce, rules: Rules, listener: ((String) -> Void)? = nil
    ) {
        self.mode = mode
        self.rules = rules
        self.listener = listener
        var chance = Chance(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ seed)
        var plan = Plan(size, &chance)
        var exact = mode.isExact ? ExactPlan(mode, &plan, &chance) : nil
        // A factor by which the histories that rules are known by have nothing of it.
        var later = Chance(seed: ~seed &* 0x1F14_A4B9_18EE_10EB)
        plan.addLater(size, &later)
        exact?.addLater(&later)
        self.exact = exact
        sizes = later
        if let exact, exact.changesRoutes(seed) { judge.change = .due }
        self.plan = plan
        // Topics are single letters; the last one has no route.
        topicBytes = (0..<plan.topicCount).map { UInt8(ascii: "a") + UInt8($0) }
        let clock = Self.clock(plan, &chance)
        server = SimulatedServer(
            shardCount: plan.shardCount, clock: clock, highestNumber: exact?.highestNumber ?? 0,
            keepsNumbers: rules.store.contains(.freshNumbers))
        absoluteStart = server.wall(Self.beforeStart)
        if let exact {
            let places = Setup.Places(targetCount: exact.targetCount)
            self.places = places
            setups = exact.setups(
                topics: topicBytes, start: plan.position(absoluteStart), places, rules.safeguards, &chance)
            targets = Array(repeating: SimulatedTarget(), count: exact.targetCount + 1)
            let wall = server.wall(.zero)
            stores = targets.indices.map { index in
                TargetStore(
                    rule: exact.sequenceRule, created: wall, targetCount: exact.targetCount)
            }
        } else {
            places = nil
            setups = [Setup(topics: topicBytes, start: plan.position(absoluteStart))]
            judge.usedSetups = [SetupChoice.main]
            targets = Array(repeating: SimulatedTarget(), count: plan.topicCount - 1)
        }
        self.chance = chance
        lastSerial = 1
        begin()
    }

    /// Log groups come in from the beginning; the start position as a time lies here; the consumers start from here on.
    private static let beforeStart = TrueTime.seconds(3)
    private static let firstStart = TrueTime.seconds(4)

    private static func clock(_ plan: Plan, _ chance: inout Chance) -> SkewedClock {
        let error = plan.clockError == 0 ? 0 : chance.pick([-plan.clockError, 0, plan.clockError])
        return SkewedClock(offset: Int64(chance.within(1...1_000_000)) * 1_000_000, millionths: error)
    }

    private func begin() {
        for index in 0..<plan.consumerCount {
            do throws(APIError) {
                let process = try SimulatedProcess(index: index, clock: Self.clock(plan, &chance))
                processes.append(process)
            } catch {
                preconditionFailure("\(error)")
            }
            let delay = chance.span(.zero ... .seconds(2))
            queue.push(.init(.start, at: Self.firstStart + delay, process: index, life: 0))
        }
        if plan.clockError > 0 { faults[.clockRates] += 1 }
        queue.push(.init(.produce, at: .milliseconds(100)))
        beginFaults()
    }

    // MARK: Running

    /// Runs the whole history.
    func run() -> History {
        while judge.violation == nil, let event = queue.pop() {
            precondition(event.time >= now, "time went back")
            if event.time > now { eventsAtOnce = 0 }
            eventsAtOnce += 1
            now = event.time
            if eventsAtOnce > 20_000 { spins(event) }
            eventCount += 1
            handle(event)
            if judge.isSettled { break }
        }
        if mode.isExact, judge.violation == nil { endStores() }
        return History(
            violation: judge.violation, eventCount: eventCount, faults: faults, settledAfter: now - judge.calmed,
            weakCount: judge.weakCount, storedCount: judge.storedCount, repeatedCount: judge.repeatedCount,
            isWeakened: isWeakened)
    }

    private func spins(_ event: EventQueue.Event) {
        judge.violation = Violation(
            property: .rests, time: Double(now.nanoseconds) / 1e9,
            detail: "process \(event.process), actor \(event.actor): \(event.kind) without end")
    }

    private func handle(_ event: EventQueue.Event) {
        switch event.kind {
        case .produce: produce()
        case .request: arrive(envelopes.take(event.number))
        case .fault: fault(event.number)
        case .resume: resume(processes[event.process], life: event.life)
        case .awake: noteAwake(processes[event.process], life: event.life)
        case .start: start(processes[event.process], life: event.life)
        case .serverStart: serverStarts()
        case .turn: turn(event.number)
        case .operate: operate(ShardID(event.number))
        case .look: look()
        case .note, .timer, .answer, .callTimeout: handle(event, in: processes[event.process])
        }
    }

    private func handle(_ event: EventQueue.Event, in process: SimulatedProcess) {
        let isVoid = process.state == .down || process.life != event.life
        if !isVoid, process.state == .paused {
            process.backlog.append(event)
            return
        }
        switch event.kind {
        case .note:
            let (note, actor) = notes.take(event.number)
            if !isVoid { deliver(note, to: process, actor) }
        case .timer where !isVoid: fire(event, in: process)
        case .answer:
            let (call, answer) = answers.take(event.number)
            if !isVoid, let pending = process.takeCall(call) { answered(pending.purpose, answer, in: process) }
        case .callTimeout where !isVoid:
            if let pending = process.takeCall(event.number) {
                answered(pending.purpose, .failed(Self.timedOut), in: process)
            }
        default: break
        }
    }

    func tell(_ line: @autoclosure () -> String) {
        if let listener { listener("\(Double(now.nanoseconds) / 1e9) \(line())") }
    }

    static let timedOut = ClientError.transport(TransportFailure(.timeout, ""))

    func serial() -> Int {
        lastSerial += 1
        return lastSerial
    }

    // MARK: Processes

    /// How long a process that was stopped may take until each of its tasks has heard what its timers say.
    private static let wakingTime = TrueTime.milliseconds(150)

    /// What a process' clock shows.
    func now(of process: SimulatedProcess) -> Instant { process.clock.reading(at: now) }

    private func start(_ process: SimulatedProcess, life: Int) {
        guard process.state == .down, process.life == life, !judge.change.keepsDown else { return }
        process.life += 1
        process.state = .running
        if life > 0 { noteRestart(of: process) }
        configure(process)
        judge.noteFirstStart(now)
        tell("\(process.name) starts")
        enter(process)
    }

    /// Ends a process at once, whatever it does. What it has sent still arrives.
    func end(_ process: SimulatedProcess) {
        tell("\(process.name) ends")
        for task in process.tasks {
            leaveWork(task)
            closeWindow(of: task, in: process)
        }
        noteMakerGone(process)
        process.clear()
        process.state = .down
        process.life += 1
    }

    /// A supervisor starts it again.
    func restart(_ process: SimulatedProcess, after delay: TrueTime) {
        queue.push(.init(.start, at: now + delay, process: process.index, life: process.life))
    }

    private func resume(_ process: SimulatedProcess, life: Int) {
        guard process.state == .paused, process.life == life else { return }
        process.state = .running
        process.ignorance.ofTime = true
        queue.push(.init(.awake, at: now + Self.wakingTime, process: process.index, life: process.life))
        tell("\(process.name) goes on")
        // What waited in the kernel and in the mailboxes is found in any order, but for that of each mailbox.
        let delays = (0..<3).map { _ in chance.span(.zero ... .milliseconds(3)) }
        for event in process.backlog {
            let delay = event.kind == .note ? delays[0] : event.kind == .timer ? delays[1] : delays[2]
            queue.push(
                .init(
                    event.kind, at: now + delay, process: event.process, life: event.life, number: event.number,
                    actor: event.actor))
        }
        process.mailbox.lastDue = max(process.mailbox.lastDue, now + delays[0])
        for task in process.tasks {
            task.mailbox.lastDue = max(task.mailbox.lastDue, now + delays[0])
            task.windowMailbox.lastDue = max(task.windowMailbox.lastDue, now + delays[0])
        }
        process.backlog.removeAll()
    }
}
