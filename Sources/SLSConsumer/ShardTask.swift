import Logging
import SLSClient
import SLSProtocol
import System

/// Carries one held shard: does what `ShardConsumer` says and tells it what came of it.
struct ShardTask: Sendable {
    enum Message: Sendable {
        case event(ShardConsumer.Event)
        case failed(ShardConsumer.Call, ClientError)
        case pulled(ShardConsumer.Pulled, Batch?)
        case drain(DrainReason)
        /// By the processor of that stretch.
        case acknowledged([Cursor], stretch: Int)
        case processed(ProcessingResult, stretch: Int)
        /// An order from outside; the answer says whether the position was saved.
        case seek(Cursor, Eventually<Bool>)
    }

    /// What all shards of a member share.
    struct Surroundings: Sendable {
        let calls: ShardCalls
        let lease: Lease
        let budget: ByteBudget
        let reservationByteCount: Int
        let clock: ConsumerClock
        let board: StatusBoard
        let directory: ShardDirectory
        /// Where shards stood in a group of the same name that was deleted, until they have begun in the new one.
        var left: LeftBehind
        let process: ShardProcessor
        let rebalanced: @Sendable (Rebalance) -> Void
        let logger: Logger
        let troubles: ThrottledLogger
    }

    let shard: ShardID
    let mailbox = Mailbox<Message>()
    let surroundings: Surroundings
    let generation: Int
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
        surroundings.directory.add(shard, mailbox)
        var loop = ShardLoop(
            task: self,
            machine: ShardConsumer(
                shard, timing: surroundings.lease.current.timing, configuration: configuration, positions: positions,
                now: clock.now()))
        let ending = await withDiscardingTaskGroup { group in
            var timer = WakeTimer(clock: clock) { mailbox.send(.event(.tick)) }
            mailbox.send(.event(.tick))
            for await message in mailbox.events {
                if let ending = loop.take(message, in: &group) {
                    loop.close()
                    group.cancelAll()
                    return ending
                }
                timer.arm(loop.machine.nextTimer, in: &group)
            }
            loop.close()
            return ShardConsumer.Ending.lost  // The loop's own task was cancelled.
        }
        surroundings.board.remove(shard)
        surroundings.directory.remove(shard)
        return ShardOutcome(
            ending: ending, confirmed: loop.machine.confirmed, sentUpTo: loop.settledSentUpTo,
            drainReason: loop.drainReason, lookOut: loop.machine.lookOut, restarted: loop.machine.restarts.last,
            coversPredecessors: loop.machine.coversPredecessors)
    }

    func pull(from cursor: Cursor) async {
        let reservation = await surroundings.budget.reserve(surroundings.reservationByteCount, for: shard) {
            surroundings.board.change(shard) { $0.isWaitingForBudget = true }
        }
        surroundings.board.change(shard) { $0.isWaitingForBudget = false }
        guard let reservation else { return }
        do throws(ClientError) {
            let (pulled, asked) = try await surroundings.calls.pull(shard, from: cursor, count: configuration.pullCount)
            reservation.resize(to: pulled.body.count)
            let numbering = Batch.Numbering(pulled, from: cursor)
            let summary = ShardConsumer.Pulled(pulled, numbering, asked: asked, rawByteCount: pulled.body.count)
            let batch = Batch(
                shard: shard, first: numbering.first, next: pulled.nextCursor, count: pulled.count, bytes: pulled.body,
                kind: numbering.kind, reservation: reservation)
            mailbox.send(.pulled(summary, pulled.count > 0 ? batch : nil))
        } catch {
            failed(.pull, error)
        }
    }

    func failed(_ call: ShardConsumer.Call, _ error: ClientError) { mailbox.send(.failed(call, error)) }

    /// Runs the processor until it returns, cancelling it once `cancelled` is set.
    func process(_ held: HeldShard, until cancelled: Eventually<Void>) async -> ProcessingResult {
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
