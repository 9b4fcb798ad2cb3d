import Logging
import SLSClient
import SLSConsumer
import SLSProtocol

/// Carries the log groups of one held shard to their targets until the shard is let go.
///
/// Pull (in `SLSConsumer`) -> Scan -> Route -> admit to a window of writes -> Put -> acknowledge, upon which
/// `SLSConsumer` moves the checkpoint. A checkpoint never passes a log group that one of its targets has not
/// acknowledged: after a crash a log group may be sent again, never left out.
struct ShardDelivery: Sendable {
    typealias Write = Delivery<LogGroupSlice>.Write

    /// A target logstore, the client for its project, and what carries that client's requests.
    struct Target: Sendable {
        let place: DispatcherSettings.Place
        let client: SLSClient
        let transport: any Transport
        let share: ConnectionShare
    }

    /// What all shards share.
    struct Surroundings: Sendable {
        let targets: [Target]
        /// Where log groups go that a target refuses for their data.
        let deadLetter: Target?
        let routes: RouteTable
        /// nil for at least once.
        let exact: ExactDelivery?
        /// nil where log groups arrive as they are.
        let originTag: OriginTag?
        let deadLetterTag: DeadLetterTag
        let changes: TargetChanges
        let putsInFlight: Int
        let clock: ConsumerClock
        let counters: DispatchCounters
        let logger: Logger
        let troubles: ThrottledLogger

        /// The logstore that a write goes to.
        func place(of write: Write) -> DispatcherSettings.Place {
            guard write.isDeadLetter else { return targets[write.target].place }
            guard let deadLetter else { preconditionFailure("write \(write.id) has no dead-letter logstore to go to") }
            return deadLetter.place
        }
    }

    private enum Message: Sendable {
        case batch(Batch)
        case event(Delivery<LogGroupSlice>.Event)
        /// A try of a write ended; with what its target said where that was no.
        case answered(Int, DeliveryAnswer, refusal: String?)
        /// Nothing may be written from where the shard stands; a person must know this.
        case hold(String)
    }

    let held: HeldShard
    let outside: Surroundings
    /// By target; their requests start only while the lease leaves time for them to end.
    let clients: [SLSClient]
    let deadLetterClient: SLSClient?
    private let mailbox = Mailbox<Message>()

    init(_ held: HeldShard, in outside: Surroundings) {
        self.held = held
        self.outside = outside
        func fenced(_ target: Target) -> SLSClient {
            // The lease is looked at last, when a connection is free.
            target.client.over(
                target.share.over(
                    FencedTransport(target.transport) { [clock = outside.clock] in held.allowsWrite(now: clock.now()) })
            )
        }
        clients = outside.targets.map(fenced)
        deadLetterClient = outside.deadLetter.map(fenced)
    }

    /// Runs until the window says that nothing is in flight after a drain, or the task is cancelled.
    func run() async -> ProcessingResult {
        if let exact = outside.exact { return await run(exact.window(of: held.id, in: outside)) }
        return await run(
            DeliveryWindow(
                targetCount: outside.targets.count, inFlightLimit: outside.putsInFlight,
                hasDeadLetter: outside.deadLetter != nil))
    }

    private func run(_ window: some DeliveryMachine<LogGroupSlice>) async -> ProcessingResult {
        var loop = Loop(window: window, delivery: self)
        let listener = outside.changes.listen { [mailbox] in mailbox.send(.event(.targetChanged($0))) }
        defer { outside.changes.leave(listener) }
        await withDiscardingTaskGroup { group in
            var timer = WakeTimer(clock: outside.clock) { [mailbox] in mailbox.send(.event(.tick)) }
            group.addTask { await forwardBatches() }
            for await message in mailbox.events {
                if loop.take(message, in: &group) { return group.cancelAll() }
                timer.arm(loop.window.nextTimer, in: &group)
            }
        }
        loop.close()
        return ProcessingResult(sentUpTo: loop.window.sentUpTo, ending: loop.ending)
    }

    /// Turns batches into messages, and their end into a drain.
    private func forwardBatches() async {
        let verdict = outside.exact == nil ? .passed : await outside.exact?.check.verdict(on: held)
        if case .hold(let reason) = verdict { return mailbox.send(.hold(reason)) }
        // Without a verdict the shard turns elsewhere, and nothing of it may be written.
        if verdict != nil { for await batch in held.batches { mailbox.send(.batch(batch)) } }
        if Task.isCancelled { mailbox.close() } else { mailbox.send(.event(.drain(held.drainReason ?? .handOver))) }
    }

    /// The state of the loop; used by its one task alone.
    private struct Loop<Window: DeliveryMachine<LogGroupSlice>> {
        var window: Window
        let delivery: ShardDelivery
        /// After a batch that cannot be taken apart nothing more is taken in; what came before it is delivered.
        var isWindingUp = false
        /// What is to become of the shard.
        var ending = ProcessingResult.Ending.finished
        /// What the message at hand changes.
        var entry: Ledger.Entry
        /// What the window had let go of when that was last booked.
        var returned: [Int]
        /// The checkpoint that the window was last told.
        var checkpoint: Cursor
        /// What was said to the write whose answer is at hand.
        var refusal: String?
        var random = SystemRandomNumberGenerator()

        var held: HeldShard { delivery.held }
        var outside: Surroundings { delivery.outside }

        init(window: Window, delivery: ShardDelivery) {
            self.window = window
            self.delivery = delivery
            entry = Ledger.Entry(targetCount: delivery.outside.targets.count)
            returned = window.returnedCounts
            checkpoint = delivery.held.start
        }

        /// - Returns: Whether nothing is left to do.
        mutating func take(_ message: Message, in group: inout DiscardingTaskGroup) -> Bool {
            var isOver = tellCheckpoint(in: &group)
            switch message {
            case .batch(let batch):
                if !isWindingUp { isWindingUp = !admit(batch, in: &group) }
            case .event(let event): isOver = pump(event, in: &group) || isOver
            case .answered(let id, let answer, let refusal):
                self.refusal = refusal
                isOver = pump(.answered(id, answer), in: &group) || isOver
            case .hold(let reason):
                ending = .hold(reason: reason)
                isOver = true
            }
            settleAccounts()
            return isOver || (isWindingUp && window.pendingCount == 0)
        }

        /// - Returns: Whether nothing is left to do.
        private mutating func tellCheckpoint(in group: inout DiscardingTaskGroup) -> Bool {
            let confirmed = held.checkpoint
            if confirmed == checkpoint { return false }
            checkpoint = confirmed
            return pump(.committed(confirmed), in: &group)
        }

        /// Gives back what is left in the window; what it let go of before is booked.
        mutating func close() {
            for (index, count) in window.pendingCounts.enumerated() { entry.targets[index].returned = count }
            outside.counters.add(entry, of: held.id)
        }

        private mutating func settleAccounts() {
            let counts = window.returnedCounts
            for (index, count) in window.pendingCounts.enumerated() {
                entry.targets[index].inFlight = count
                entry.targets[index].returned = counts[index] - returned[index]
            }
            returned = counts
            outside.counters.add(entry, of: held.id)
            entry = Ledger.Entry(targetCount: outside.targets.count)
        }

        /// Takes a batch apart and admits its log groups; those that no route wants are acknowledged at once.
        ///
        /// - Returns: Whether the batch could be taken apart; if not, the shard is let go and pulled anew.
        private mutating func admit(_ batch: Batch, in group: inout DiscardingTaskGroup) -> Bool {
            do throws(ScanError) {
                var unrouted: [Cursor] = []
                let found = try ShardDelivery.scan(batch, isExact: outside.exact != nil)
                entry.shard.read += found.count
                if batch.numbering != .consecutive { outside.counters.sparse() }
                for (cursor, slice) in found {
                    let targets = delivery.route(slice)
                    if targets.isEmpty {
                        unrouted.append(cursor)
                        continue
                    }
                    entry.shard.routed += 1
                    for target in targets { entry.targets[target].routed += 1 }
                    let element = Delivery.Element(cursor, slice, byteCount: slice.group.bytes.count)
                    _ = pump(.admit(element, targets: targets), in: &group)
                }
                entry.shard.dropped += unrouted.count
                if !unrouted.isEmpty { held.acknowledge(unrouted) }
                return true
            } catch {
                outside.counters.failed(stage: .scan, code: error.code)
                outside.troubles.log(
                    .error, "a pulled batch cannot be taken apart; the shard is pulled again", about: "\(held.id)",
                    metadata: ["shard": "\(held.id)", "cursor": "\(batch.first)", "error": "\(error)"])
                // Pulled again it would be the same.
                if case .sparse = error { ending = .hold(reason: "\(error)") }
                return false
            }
        }

        /// Feeds one event to the window and does what it says.
        ///
        /// - Returns: Whether the window is finished.
        private mutating func pump(
            _ event: Delivery<LogGroupSlice>.Event, in group: inout DiscardingTaskGroup
        ) -> Bool {
            let now = outside.clock.now()
            let barrier = held.isHeld(at: now) ? held.writeBarrier : nil
            for action in window.handle(event, now: now, barrier: barrier, using: &random) {
                switch action {
                case .put(let write):
                    group.addTask { [delivery] in
                        let (answer, refusal) = await delivery.put(write)
                        delivery.mailbox.send(.answered(write.id, answer, refusal: refusal))
                    }
                case .settled(let write, let ending): book(write, ending)
                case .acknowledge(let cursors): held.acknowledge(cursors)
                case .blocked(let target, let cursor):
                    held.setBlocked(refusal ?? "\(outside.targets[target].place) refuses the log group at \(cursor)")
                case .unblocked: if !window.isBlocked { held.setBlocked(nil) }
                case .restart(let write):
                    restart(after: write)
                    return true
                case .finish: return true
                }
            }
            return false
        }

        private mutating func book(_ write: Write, _ ending: DeliveryEnding) {
            let count = write.elements.count
            switch ending {
            case .accepted:
                entry.targets[write.target].accepted += count
                entry.targets[write.target].acceptedByteCount += write.elements.reduce(0) { $0 + $1.byteCount }
            case .suppressed:
                entry.targets[write.target].suppressed += count
                held.countSuppressedDuplicates(count)
            case .deadLettered: entry.targets[write.target].deadLettered += count
            }
        }

        private mutating func restart(after write: Write) {
            outside.counters.refusedUnexplained()
            ending = .restart(
                reason: """
                    \(outside.place(of: write)) refused the sequence id of the log group at \(write.cursor), which was neither replayed nor sent \
                    before: a copy by a proxy, or somebody else writes under our identity
                    """)
        }
    }
}
