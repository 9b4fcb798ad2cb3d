import Logging
import SLSClient
import SLSProtocol
import System

/// The state of a shard's loop; used by its one task alone.
struct ShardLoop {
    /// One run of the processor: from the start, a restart, a hold or a seek to the next of these.
    private struct Stretch {
        let number: Int
        let held: HeldShard
        let cancelled = Eventually<Void>()
        /// What came of it, set before the loop hears of it: it may end while the loop itself comes to its end.
        let result = Eventually<ProcessingResult>()
    }

    let task: ShardTask
    private(set) var machine: ShardConsumer
    /// Why the shard is let go; nil until it is.
    private(set) var drainReason: DrainReason?

    private var waiting: Batch?
    private var stretch: Stretch?
    private var stretchCount = 0
    private var start = Cursor(number: 0)
    private var sentUpTo: Cursor?
    /// Where the last processor asked to go on.
    private var sought: Cursor?
    private var seeks: [(cursor: Cursor, isDone: Eventually<Bool>)] = []
    private var left: LeftBehind
    private var random = SystemRandomNumberGenerator()

    init(task: ShardTask, machine: ShardConsumer) {
        left = task.surroundings.left
        self.task = task
        self.machine = machine
    }

    /// The position behind the last log group of which anything was sent; asked for when every processor has ended.
    var settledSentUpTo: Cursor? { later(sentUpTo, stretch?.result.current?.sentUpTo) }

    private var outside: ShardTask.Surroundings { task.surroundings }
    private var logger: Logger { outside.logger }
    private var name: Logger.Metadata { ["shard": "\(task.shard)"] }

    /// Feeds one message to the machine and does what it says.
    ///
    /// - Returns: The ending, once the machine says that the task is over.
    mutating func take(_ message: ShardTask.Message, in group: inout DiscardingTaskGroup) -> ShardConsumer.Ending? {
        guard let event = event(of: message) else { return nil }
        machine.timing = outside.lease.current.timing
        for action in machine.handle(event, now: outside.clock.now(), using: &random) {
            if case .end(let ending) = action { return ending }
            perform(action, in: &group)
        }
        if !machine.isBatchWaiting { waiting = nil }
        show()
        return nil
    }

    /// Nothing more comes.
    mutating func close() {
        stretch?.held.finish(nil)
        if let confirmed = machine.confirmed { arrive(at: confirmed) }
        for seek in seeks { seek.isDone.set(false) }
    }

    /// The shard stands at a position that is saved: if it was sought, what lies behind is left on purpose.
    private mutating func arrive(at cursor: Cursor) {
        if sought == cursor || seeks.contains(where: { $0.cursor == cursor }) { sentUpTo = nil }
        for seek in seeks { seek.isDone.set(seek.cursor == cursor) }
        (sought, seeks) = (nil, [])
    }

    private mutating func event(of message: ShardTask.Message) -> ShardConsumer.Event? {
        switch message {
        case .event(let plain):
            if case .saved = plain { outside.board.change(task.shard) { $0.lastCommit = outside.clock.wall() } }
            return plain
        case .failed(let call, let error):
            let failure = ShardConsumer.CallFailure(error)
            if !error.isCancelled { log.failed(call, failure, error, isOver: machine.isSavedAtItsEnd) }
            return .failed(call, failure)
        case .pulled(let pulled, let batch):
            waiting = batch
            return .pulled(pulled)
        case .drain(let reason):
            drainReason = drainReason ?? reason
            stretch?.held.finish(reason)
            return .drain
        case .acknowledged(let cursors, let number):
            // Of an earlier stretch: what it says may be of log groups that are being handed over again.
            return number == stretch?.number ? .acknowledged(cursors) : nil
        case .processed(let result, let number):
            guard number == stretch?.number else { return nil }
            sentUpTo = later(sentUpTo, result.sentUpTo)
            stretch = nil
            if case .seek(let cursor) = result.ending { sought = cursor }
            return .processorEnded(result.ending)
        case .seek(let cursor, let isDone):
            if drainReason != nil {
                isDone.set(false)
                return nil
            }
            seeks.append((cursor, isDone))
            return .seek(cursor)
        }
    }

    private func later(_ a: Cursor?, _ b: Cursor?) -> Cursor? {
        guard let a, let b else { return a ?? b }
        return max(a, b)
    }

    private mutating func perform(_ action: ShardConsumer.Action, in group: inout DiscardingTaskGroup) {
        switch action {
        case .readCheckpoints(let isOfAll):
            call(.read, in: &group) { [task] () async throws(ClientError) in
                try await task.surroundings.calls.readCheckpoints(of: isOfAll ? nil : task.shard).event(for: task.shard)
            }
        case .readBack:
            call(.lookOut, in: &group) { [task] () async throws(ClientError) in
                try await task.surroundings.calls.readBack().readBack(of: task.shard)
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
        case .pull(let cursor): group.addTask { [task] in await task.pull(from: cursor) }
        case .deliver: deliver(in: &group)
        case .finishProcessing: finishProcessing()
        case .cancelProcessing: stretch?.cancelled.set(())
        case .report(let report): take(report)
        case .end: preconditionFailure("the end is not an action to perform")
        }
    }

    private mutating func deliver(in group: inout DiscardingTaskGroup) {
        guard let batch = waiting else { preconditionFailure("shard \(task.shard) has no batch to hand over") }
        waiting = nil
        outside.board.metrics.handedOver()
        outside.board.change(task.shard) { $0.batchCount += 1 }
        if stretch == nil { begin(in: &group) }
        stretch?.held.deliver(batch)
    }

    private mutating func begin(in group: inout DiscardingTaskGroup) {
        stretchCount += 1
        let number = stretchCount
        let (mailbox, board, shard) = (task.mailbox, outside.board, task.shard)
        let held = HeldShard(shard, start: start, lease: outside.lease, generation: task.generation) { cursors in
            mailbox.send(.acknowledged(cursors, stretch: number))
        } counted: { news in
            board.take(news, of: shard)
        }
        let stretch = Stretch(number: number, held: held)
        self.stretch = stretch
        group.addTask { [task] in
            let result = await task.process(held, until: stretch.cancelled)
            stretch.result.set(result)
            board.take(.blocked(nil), of: shard)
            mailbox.send(.processed(result, stretch: number))
        }
    }

    private func finishProcessing() {
        stretch?.held.finish(drainReason)
        if stretch == nil { task.mailbox.send(.event(.processorEnded(.finished))) }
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

    // MARK: What is shown

    private var log: ShardReportLog {
        ShardReportLog(logger: logger, troubles: outside.troubles, board: outside.board, shard: task.shard)
    }

    private func show() {
        if let confirmed = machine.confirmed { stretch?.held.confirm(confirmed) }
        outside.board.change(task.shard) { shown in
            shown.confirmed = machine.confirmed
            shown.lowWater = machine.lowWater
            shown.outstandingCount = machine.outstandingCount
            shown.restartCount = machine.restartCount
            shown.isCaughtUp = machine.isCaughtUp
            shown.coversPredecessors = machine.coversPredecessors
            if shown.isCaughtUp { shown.oldestPending = nil }
            shown.stage =
                if drainReason != nil {
                    .shuttingDown
                } else if let hold = machine.hold {
                    .held(hold.description)
                } else if !machine.isProcessing {
                    .initializing
                } else {
                    machine.isBatchWaiting ? .waiting(.runAhead) : .processing
                }
        }
    }

    private mutating func take(_ report: ShardConsumer.Report) {
        let log = log
        log.write(report)
        guard case .started(let cursor) = report else { return }
        if let stretch = left.started(task.shard, at: cursor, isFirst: machine.isFirstSaveOurs) { log.skipped(stretch) }
        start = cursor
        outside.rebalanced(.started(task.shard, at: cursor))
        arrive(at: cursor)
    }
}
