import Logging
import SLSClient
import SLSProtocol
import System

/// Carries one held shard: does what `ShardConsumer` says and tells it what came of it.
struct ShardTask: Sendable {
    enum Message: Sendable {
        case event(ShardConsumer.Event)
        case pulled(ShardConsumer.Pulled, Batch?)
        case drain(Membership.DrainReason)
    }

    /// What all shards of a member share.
    struct Surroundings: Sendable {
        let calls: ShardCalls
        let lease: Lease
        let budget: ByteBudget
        let reservationByteCount: Int
        let clock: ConsumerClock
        let board: StatusBoard
        let process: ShardProcessor
        let logger: Logger
        let troubles: ThrottledLogger
    }

    let shard: ShardID
    let mailbox = Mailbox<Message>()
    private let surroundings: Surroundings
    private let generation: Int
    private let positions: InitialPositions
    private let configuration: ShardConsumer.Configuration

    init(
        _ shard: ShardID, positions: InitialPositions, configuration: ShardConsumer.Configuration,
        in surroundings: Surroundings
    ) {
        self.shard = shard
        self.positions = positions
        self.configuration = configuration
        self.surroundings = surroundings
        generation = surroundings.lease.current.generation
    }

    /// Runs until the machine says that the task is over; everything it started has ended by then.
    func run() async -> ShardOutcome {
        let mailbox = mailbox
        let clock = surroundings.clock
        let held = HeldShard(shard, lease: surroundings.lease, generation: generation) { cursors in
            mailbox.send(.event(.acknowledged(cursors)))
        }
        var loop = Loop(
            machine: ShardConsumer(shard, configuration: configuration, positions: positions, now: clock.now()),
            held: held, task: self)
        let ending = await withDiscardingTaskGroup { group in
            var timer = WakeTimer(clock: clock) { mailbox.send(.event(.tick)) }
            mailbox.send(.event(.tick))
            for await message in mailbox.events {
                if let ending = loop.take(message, in: &group) {
                    held.finish(nil)
                    group.cancelAll()
                    return ending
                }
                timer.arm(loop.machine.nextTimer, in: &group)
            }
            held.finish(nil)
            return ShardConsumer.Ending.lost  // The loop's own task was cancelled.
        }
        surroundings.board.update { $0.shards[shard] = nil }
        return ShardOutcome(
            ending: ending, confirmed: loop.machine.confirmed, sentUpTo: loop.result.current?.sentUpTo)
    }

    /// The state of the loop; used by its one task alone.
    private struct Loop {
        var machine: ShardConsumer
        let held: HeldShard
        let task: ShardTask
        var waiting: Batch?
        var isProcessing = false
        let result = Eventually<ProcessingResult>()
        let cancelProcessing = Eventually<Void>()
        var random = SystemRandomNumberGenerator()

        var outside: Surroundings { task.surroundings }
        var logger: Logger { outside.logger }
        var name: Logger.Metadata { ["shard": "\(task.shard)"] }

        /// Feeds one message to the machine and does what it says.
        ///
        /// - Returns: The ending, once the machine says that the task is over.
        mutating func take(
            _ message: Message, in group: inout DiscardingTaskGroup
        ) -> ShardConsumer.Ending? {
            let event: ShardConsumer.Event
            switch message {
            case .event(let plain): event = plain
            case .pulled(let pulled, let batch):
                waiting = batch
                event = .pulled(pulled)
            case .drain(let reason):
                held.finish(reason)
                event = .drain
            }
            for action in machine.handle(event, now: outside.clock.now(), using: &random) {
                if case .end(let ending) = action { return ending }
                perform(action, in: &group)
            }
            show(isDraining: held.drainReason != nil)
            return nil
        }

        private func show(isDraining: Bool) {
            let shown = ConsumerStatus.Shard(
                confirmed: machine.confirmed, lowWater: machine.lowWater, outstandingCount: machine.outstandingCount,
                isDraining: isDraining)
            outside.board.update { $0.shards[task.shard] = shown }
        }

        private mutating func perform(_ action: ShardConsumer.Action, in group: inout DiscardingTaskGroup) {
            switch action {
            case .readCheckpoints(let isOfAll):
                call(.read, in: &group) { [task] () async throws(ClientError) in
                    .checkpointsRead(try await task.surroundings.calls.readCheckpoints(of: isOfAll ? nil : task.shard))
                }
            case .resolve(let position):
                call(.resolve, in: &group) { [task] () async throws(ClientError) in
                    .resolved(try await task.surroundings.calls.resolve(position, of: task.shard))
                }
            case .listShards:
                call(.list, in: &group) { [task] () async throws(ClientError) in
                    .listed(isReadOnly: try await task.surroundings.calls.isReadOnly(task.shard))
                }
            case .save(let cursor):
                call(.save, in: &group) { [task] () async throws(ClientError) in
                    try await task.surroundings.calls.save(cursor, of: task.shard, under: task.generation)
                    return .saved(cursor)
                }
            case .pull(let cursor):
                group.addTask { [task] in await task.pull(from: cursor) }
            case .deliver: deliver(in: &group)
            case .finishProcessing: finishProcessing()
            case .cancelProcessing: cancelProcessing.set(())
            case .report(let report): log(report)
            case .end: preconditionFailure("the end is not an action to perform")
            }
        }

        private mutating func deliver(in group: inout DiscardingTaskGroup) {
            guard let batch = waiting else { preconditionFailure("shard \(task.shard) has no batch to hand over") }
            waiting = nil
            held.deliver(batch)
            if isProcessing { return }
            isProcessing = true
            group.addTask { [task, held, result, cancelProcessing] in
                result.set(await task.process(held, until: cancelProcessing))
                task.mailbox.send(.event(.processorEnded))
            }
        }

        private func finishProcessing() {
            held.finish(nil)
            if !isProcessing { task.mailbox.send(.event(.processorEnded)) }
        }

        /// Makes a call in a task of its own; its answer or failure comes back as one event.
        private func call(
            _ kind: ShardConsumer.Call, in group: inout DiscardingTaskGroup,
            _ body: @escaping @Sendable () async throws(ClientError) -> ShardConsumer.Event
        ) {
            group.addTask { [task] in
                do throws(ClientError) {
                    task.mailbox.send(.event(try await body()))
                } catch {
                    task.failed(kind, error)
                }
            }
        }

        private func log(_ report: ShardConsumer.Report) {
            switch report {
            case .started(let cursor):
                logger.notice("shard started", metadata: name.merging(["cursor": "\(cursor)"]) { $1 })
            case .surprisingStart(let position):
                logger.warning(
                    "no checkpoint where the group's maker should have left one; starting at the configured position",
                    metadata: name.merging(["position": "\(position)"]) { $1 })
            case .gap(let from, let to):
                outside.board.update { $0.gapCount += 1 }
                logger.error(
                    "the checkpoint has expired: log groups between are lost",
                    metadata: name.merging(["from": "\(from)", "to": "\(to)"]) { $1 })
            case .expired(let cursor):
                logger.error(
                    "the checkpoint has expired; the shard stands still until it is set by hand",
                    metadata: name.merging(["cursor": "\(cursor)"]) { $1 })
            case .refused: break  // Logged with its cause where it failed.
            }
        }
    }

    private func pull(from cursor: Cursor) async {
        let reservation = await surroundings.budget.reserve(surroundings.reservationByteCount, for: shard)
        guard let reservation else { return }
        do throws(ClientError) {
            let pulled = try await surroundings.calls.pull(shard, from: cursor, count: configuration.pullCount)
            reservation.resize(to: pulled.body.count)
            let summary = ShardConsumer.Pulled(
                next: pulled.nextCursor, count: pulled.count, rawByteCount: pulled.body.count,
                isAtEnd: pulled.isAtEnd ?? (pulled.count < configuration.pullCount))
            let batch = Batch(
                shard: shard, first: cursor, next: pulled.nextCursor, count: pulled.count, bytes: pulled.body,
                reservation: reservation)
            mailbox.send(.pulled(summary, pulled.count > 0 ? batch : nil))
        } catch {
            failed(.pull, error)
        }
    }

    private func failed(_ call: ShardConsumer.Call, _ error: ClientError) {
        let failure = ShardConsumer.CallFailure(error)
        if !error.isCancelled {
            surroundings.troubles.log(
                failure == .refused ? .error : .warning,
                failure == .refused
                    ? "a call for a shard is refused; it is tried every 30 s"
                    : "a call for a shard failed and is tried again",
                about: "\(shard) \(call)",
                metadata: ["shard": "\(shard)", "call": "\(call)", "error": "\(error)"])
        }
        mailbox.send(.event(.failed(call, failure)))
    }

    /// Runs the processor until it returns, cancelling it once `cancelled` is set.
    private func process(_ held: HeldShard, until cancelled: Eventually<Void>) async -> ProcessingResult {
        await withTaskGroup(of: ProcessingResult?.self) { group in
            group.addTask { [process = surroundings.process] in await process(held) }
            group.addTask {
                _ = await cancelled.value()
                return nil
            }
            var result: ProcessingResult?
            while result == nil, let next = await group.next() {
                result = next
                group.cancelAll()
            }
            return result ?? ProcessingResult(sentUpTo: nil)
        }
    }
}
