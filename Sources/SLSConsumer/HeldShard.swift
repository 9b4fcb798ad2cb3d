public import SLSProtocol
import System

/// Processes one shard while this consumer holds it.
///
/// It returns once `batches` has ended and what is in flight is finished, and promptly when its task is cancelled: then
/// the lease is over, and nothing more may be written. It is called once for each stretch of a shard: anew after a
/// restart, a hold or a seek.
public typealias ShardProcessor = @Sendable (HeldShard) async -> ProcessingResult

/// One shard while this consumer holds it, as its processor sees it.
public final class HeldShard: Sendable {
    /// The shard.
    public let id: ShardID
    /// Where this stretch begins: a position that the server has confirmed as the shard's checkpoint.
    public let start: Cursor
    /// Log groups in order; ends when the shard is to be let go or turned elsewhere. For one reader.
    public let batches: AsyncStream<Batch>

    private let lease: Lease
    private let generation: Int
    private let continuation: AsyncStream<Batch>.Continuation
    private let reason = Lock<DrainReason?>(nil)
    private let acknowledged: @Sendable ([Cursor]) -> Void
    private let counted: @Sendable (ShardNews) -> Void
    private let finished = Eventually<Void>()
    private let confirmed: Lock<Cursor>

    init(
        _ id: ShardID, start: Cursor, lease: Lease, generation: Int,
        acknowledged: @escaping @Sendable ([Cursor]) -> Void,
        counted: @escaping @Sendable (ShardNews) -> Void = { _ in }
    ) {
        self.id = id
        self.start = start
        self.lease = lease
        self.generation = generation
        self.acknowledged = acknowledged
        self.counted = counted
        confirmed = Lock(start)
        (batches, continuation) = AsyncStream.makeStream(of: Batch.self)
    }

    /// Says that log groups were delivered everywhere, in any order; the checkpoint may pass them.
    public func acknowledge(_ cursors: [Cursor]) { acknowledged(cursors) }

    /// Says that all log groups of a batch were delivered everywhere.
    public func acknowledge(_ batch: Batch) {
        acknowledged((0..<batch.count).map { batch.cursor(of: $0) })
    }

    /// Says whether something refuses a log group of this shard for good, and what: the shard is shown as blocked.
    public func setBlocked(_ reason: String?) { counted(.blocked(reason)) }

    /// Counts tries that had to be repeated.
    public func countRetries(_ count: Int) { counted(.retries(count)) }

    /// Counts writes that their target already had, so that they were not stored a second time.
    public func countSuppressedDuplicates(_ count: Int) { counted(.suppressedDuplicates(count)) }

    /// From when on no write may start: it could end after others have been given the shard. nil when the lease is over.
    public var writeBarrier: Instant? { lease.current.writeBarrier(generation: generation) }

    /// Whether a write may start at this moment.
    package func allowsWrite(now: Instant) -> Bool { lease.current.allowsWrite(generation: generation, now: now) }

    /// Whether the lease still holds at this moment; a paused process may learn of its end late.
    public func isHeld(at now: Instant) -> Bool { lease.current.holds(generation: generation, now: now) }

    /// How long one try of a write may take.
    public var writeTimeout: Duration { lease.current.timing.writeTimeout }

    /// Why the shard is let go; nil before, and when it only turns elsewhere.
    public var drainReason: DrainReason? { reason.withLock { $0 } }

    /// What was last saved and confirmed as the shard's checkpoint.
    public var checkpoint: Cursor { confirmed.withLock { $0 } }

    /// Set when nothing more comes: what is not begun by then is better left.
    public var isEnding: Bool { finished.current != nil }

    /// Waits that long, but no longer than until nothing more comes or the task is cancelled.
    func sleep(for duration: Duration, by clock: ConsumerClock) async {
        _ = await until(finished) { await clock.sleep(until: clock.now() + duration) }
    }

    func confirm(_ checkpoint: Cursor) { confirmed.withLock { $0 = checkpoint } }

    func deliver(_ batch: Batch) { continuation.yield(batch) }

    func finish(_ why: DrainReason?) {
        reason.withLock { $0 = $0 ?? why }
        finished.set(())
        continuation.finish()
    }
}

/// What a processor tells about its shard, for status views.
enum ShardNews: Sendable {
    case blocked(String?)
    case retries(Int)
    case suppressedDuplicates(Int)
}
