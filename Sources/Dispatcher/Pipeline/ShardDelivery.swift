import Logging
import SLSClient
import SLSConsumer
import SLSProtocol

/// Carries the log groups of one held shard to their targets until the shard is let go.
///
/// Pull (in `SLSConsumer`) -> Scan -> Route -> admit to the `DeliveryWindow` -> Put -> acknowledge, upon which
/// `SLSConsumer` moves the checkpoint. A checkpoint never passes a log group that its target has not acknowledged: after
/// a crash a log group may be sent again, never left out.
struct ShardDelivery: Sendable {
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
        let routes: RouteTable
        let putsInFlight: Int
        let clock: ConsumerClock
        let counters: DispatchCounters
        let logger: Logger
        let troubles: ThrottledLogger
    }

    private enum Message: Sendable {
        case batch(Batch)
        case event(DeliveryWindow<LogGroupSlice>.Event)
    }

    let held: HeldShard
    let outside: Surroundings
    /// By target; their requests start only while the lease leaves time for them to end.
    let clients: [SLSClient]
    private let mailbox = Mailbox<Message>()

    init(_ held: HeldShard, in outside: Surroundings) {
        self.held = held
        self.outside = outside
        clients = outside.targets.map { target in
            // The lease is looked at last, when a connection is free.
            target.client.over(
                target.share.over(
                    FencedTransport(target.transport) { [clock = outside.clock] in held.allowsWrite(now: clock.now()) })
            )
        }
    }

    /// Runs until the window says that nothing is in flight after a drain, or the task is cancelled.
    func run() async -> ProcessingResult {
        var window = DeliveryWindow<LogGroupSlice>(
            targetCount: outside.targets.count, inFlightLimit: outside.putsInFlight)
        await withDiscardingTaskGroup { group in
            var timer = WakeTimer(clock: outside.clock) { [mailbox] in mailbox.send(.event(.tick)) }
            // After a batch that cannot be taken apart nothing more is taken in; what came before it is delivered.
            var isWindingUp = false
            group.addTask { await forwardBatches() }
            for await message in mailbox.events {
                switch message {
                case .batch(let batch):
                    if !isWindingUp { isWindingUp = !admit(batch, to: &window, in: &group) }
                case .event(let event):
                    if pump(event, into: &window, in: &group) { return group.cancelAll() }
                }
                if isWindingUp, window.pendingCount == 0 { return group.cancelAll() }
                timer.arm(window.nextTimer, in: &group)
            }
        }
        return ProcessingResult(sentUpTo: window.sentUpTo)
    }

    /// Turns batches into messages, and their end into a drain.
    private func forwardBatches() async {
        for await batch in held.batches { mailbox.send(.batch(batch)) }
        if Task.isCancelled { mailbox.close() } else { mailbox.send(.event(.drain(held.drainReason ?? .handOver))) }
    }

    /// Takes a batch apart and admits its log groups; those that no route wants are acknowledged at once.
    ///
    /// - Returns: Whether the batch could be taken apart; if not, the shard is let go and pulled anew.
    private func admit(
        _ batch: Batch, to window: inout DeliveryWindow<LogGroupSlice>, in group: inout DiscardingTaskGroup
    ) -> Bool {
        outside.counters.pulled(batch.count)
        do throws(ScanError) {
            var unrouted: [Cursor] = []
            for (cursor, slice) in try Self.scan(batch) {
                if let target = route(slice) {
                    _ = pump(.admit(cursor, target: target, slice), into: &window, in: &group)
                } else {
                    unrouted.append(cursor)
                }
            }
            if !unrouted.isEmpty { held.acknowledge(unrouted) }
            return true
        } catch {
            outside.counters.failed(stage: .scan, code: "malformed")
            outside.troubles.log(
                .error, "a pulled batch is malformed; the shard is pulled again", about: "\(held.id)",
                metadata: ["shard": "\(held.id)", "cursor": "\(batch.first)", "error": "\(error)"])
            return false
        }
    }

    /// Feeds one event to the window and does what it says.
    ///
    /// - Returns: Whether the window is finished.
    private func pump(
        _ event: DeliveryWindow<LogGroupSlice>.Event, into window: inout DeliveryWindow<LogGroupSlice>,
        in group: inout DiscardingTaskGroup
    ) -> Bool {
        var random = SystemRandomNumberGenerator()
        let actions = window.handle(event, now: outside.clock.now(), barrier: held.writeBarrier, using: &random)
        for action in actions {
            switch action {
            case .put(let write):
                group.addTask { mailbox.send(.event(.answered(write.id, await put(write)))) }
            case .acknowledge(let cursors): held.acknowledge(cursors)
            case .blocked(let target, let cursor):
                held.setBlocked("\(outside.targets[target].place) refuses the log group at \(cursor)")
            case .unblocked: if !window.isBlocked { held.setBlocked(nil) }
            case .finish: return true
            }
        }
        return false
    }
}
