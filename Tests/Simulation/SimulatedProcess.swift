import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// One consumer process: the values that production runs, and the mailboxes, timers and calls around them.
final class SimulatedProcess {
    enum State {
        case down
        case running
        /// Stopped whole; what reaches it waits.
        case paused
    }

    let index: Int
    let name: ConsumerName
    let clock: SkewedClock

    var state = State.down
    /// Which start of it this is; what belongs to an earlier one is void.
    var life = 0
    /// Which configuration it was started with.
    var setup = 0
    var entrance: Entrance?
    var membership: Membership?
    var lease: LeaseTerm?
    var positions: InitialPositions?
    var debts = SentPositions()
    var tasks: [SimulatedTask] = []
    var calls: [PendingCall] = []
    /// When the earliest timer of the membership fires.
    var armed: Instant?
    var mailbox = Mailbox()
    /// What came while it was stopped.
    var backlog: [EventQueue.Event] = []
    var isToldToStop = false
    /// Nothing passes either way until then.
    var cutUntil = TrueTime.zero
    /// No answer passes until then.
    var deafUntil = TrueTime.zero
    /// The judge's: what it may not know yet.
    var ignorance = Ignorance()

    init(index: Int, clock: SkewedClock) throws(APIError) {
        self.index = index
        name = try ConsumerName("consumer-\(index)")
        self.clock = clock
    }

    func task(_ serial: Int) -> SimulatedTask? { tasks.first { $0.serial == serial } }

    /// The task that messages about a shard go to: the latest.
    func task(of shard: ShardID) -> SimulatedTask? { tasks.last { $0.shard == shard } }

    /// Takes out a call whose answer has come, or will not.
    func takeCall(_ serial: Int) -> PendingCall? {
        guard let index = calls.firstIndex(where: { $0.serial == serial }) else { return nil }
        return calls.remove(at: index)
    }

    /// Everything that dies with a process.
    func clear() {
        entrance = nil
        membership = nil
        lease = nil
        positions = nil
        debts = SentPositions()
        tasks.removeAll()
        calls.removeAll()
        backlog.removeAll()
        armed = nil
        mailbox = Mailbox()
        isToldToStop = false
        ignorance = Ignorance()
    }
}

/// A process on its way into the group.
struct Entrance {
    var machine: GroupEntrance
    var step: GroupEntrance.Step
    let patience: Patience.Deadline
    var row: Patience
    /// Whether the present step was tried before.
    var hasFailed = false
}

/// Messages from task to task arrive in the order in which they were sent.
struct Mailbox {
    var lastDue = TrueTime.zero
    var waitingCount = 0
}

/// The task of one held shard, and its processor.
final class SimulatedTask {
    let serial: Int
    let shard: ShardID
    /// The number of the lease under which it was started.
    let generation: Int

    var machine: ShardConsumer
    /// While the processor runs.
    var window: SimulatedWindow?
    /// Whether the shard may be written from where it stands; nil once that is known.
    var exam: StartExam?
    /// What came before that was known.
    var unexamined: [Load] = []
    /// Let go before that was known.
    var isEnding = false
    /// The checkpoint that the window has heard of.
    var committed: Cursor?
    /// Where the processor's log groups begin.
    var start: Cursor?
    var waiting: Load?
    /// The run of the processor, counted: from the start or a restart on.
    var stretch: Int?
    var stretchCount = 0
    var drainReason: DrainReason?
    var sentUpTo: Cursor?
    var armed: Instant?
    var windowArmed: Instant?
    var mailbox = Mailbox()
    var windowMailbox = Mailbox()
    /// The judge's: whether it is in RUN or DRAIN.
    var isAtWork = false
    /// The judge's: what became of the writes of its window, where each has a sequence id.
    var truth: WindowTruth?
    /// The judge's: the checkpoint that the server has told it to begin at.
    var told: Cursor?
    /// The judge's: under way when something happened that no client can fence, and not yet told.
    var exemption = Exemption()

    init(_ serial: Int, _ machine: ShardConsumer, generation: Int) {
        self.serial = serial
        self.machine = machine
        self.generation = generation
        shard = machine.shard
    }
}

/// What a task cannot be blamed for. Each kind of fault is told by something else, which says nothing of the others.
struct Exemption {
    /// T is shorter than its process believes.
    var ofTimeout = false
    /// The table gives its shard away, or may, without its process' doing. Where it does, a task stays exempt to its end: it
    /// may take its time to drain.
    var ofTable = false

    var isAny: Bool { ofTimeout || ofTable }
}

/// What a process cannot know yet, after one of the three faults that no client can fence.
struct Ignorance {
    /// T is shorter than it believes.
    var ofTimeout = false
    /// Heartbeats that arrived at the server up to this number say nothing of what happened: the group was made anew, or
    /// a late copy was taken for its word.
    var untilHeartbeat: Int?
    /// It was stopped a moment ago, and its tasks may not have heard that their time is over.
    var ofTime = false

    var isWeak: Bool { ofTimeout || untilHeartbeat != nil }
}
