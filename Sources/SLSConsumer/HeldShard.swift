public import SLSProtocol
import System

/// Log groups as they were pulled, in one piece; its bytes count against the budget until the last reference goes.
public struct Batch: Sendable {
    /// The shard they come from.
    public let shard: ShardID
    /// The cursor of the first log group.
    public let first: Cursor
    /// The position behind the last.
    public let next: Cursor
    /// How many log groups there are, at least 1.
    public let count: Int
    /// A serialized `LogGroupList`, uncompressed.
    public let bytes: [UInt8]

    private let reservation: ByteBudget.Reservation?

    /// The cursor of a log group by its place in the batch, the first one's 0.
    public func cursor(of index: Int) -> Cursor { first.advanced(by: index) }

    package init(shard: ShardID, first: Cursor, next: Cursor, count: Int, bytes: [UInt8]) {
        self.init(shard: shard, first: first, next: next, count: count, bytes: bytes, reservation: nil)
    }

    init(
        shard: ShardID, first: Cursor, next: Cursor, count: Int, bytes: [UInt8],
        reservation: ByteBudget.Reservation?
    ) {
        self.shard = shard
        self.first = first
        self.next = next
        self.count = count
        self.bytes = bytes
        self.reservation = reservation
    }
}

/// What a processor has done when it returns.
public struct ProcessingResult: Equatable, Sendable {
    /// The position behind the last log group of which anything was sent anywhere; nil when nothing was.
    public var sentUpTo: Cursor?

    /// A result with what was sent.
    public init(sentUpTo: Cursor?) { self.sentUpTo = sentUpTo }
}

/// Processes one shard while this consumer holds it.
///
/// It returns once `batches` has ended and what is in flight is finished, and promptly when its task is cancelled: then
/// the lease is over, and nothing more may be written.
public typealias ShardProcessor = @Sendable (HeldShard) async -> ProcessingResult

/// One shard while this consumer holds it, as its processor sees it.
public final class HeldShard: Sendable {
    /// The shard.
    public let id: ShardID
    /// Log groups in order; ends when the shard is to be let go. For one reader.
    public let batches: AsyncStream<Batch>

    private let lease: Lease
    private let generation: Int
    private let continuation: AsyncStream<Batch>.Continuation
    private let reason = Lock<Membership.DrainReason?>(nil)
    private let acknowledged: @Sendable ([Cursor]) -> Void

    init(_ id: ShardID, lease: Lease, generation: Int, acknowledged: @escaping @Sendable ([Cursor]) -> Void) {
        self.id = id
        self.lease = lease
        self.generation = generation
        self.acknowledged = acknowledged
        (batches, continuation) = AsyncStream.makeStream(of: Batch.self)
    }

    /// Says that log groups were delivered everywhere, in any order; the checkpoint may pass them.
    public func acknowledge(_ cursors: [Cursor]) { acknowledged(cursors) }

    /// From when on no write may start: it could end after others have been given the shard. nil when the lease is over.
    public var writeBarrier: Instant? { lease.current.writeBarrier(generation: generation) }

    /// Whether a write may start at this moment.
    package func allowsWrite(now: Instant) -> Bool { lease.current.allowsWrite(generation: generation, now: now) }

    /// How long one try of a write may take.
    public var writeTimeout: Duration { lease.current.timing.writeTimeout }

    /// Why `batches` has ended; nil before.
    public var drainReason: Membership.DrainReason? { reason.withLock { $0 } }

    func deliver(_ batch: Batch) { continuation.yield(batch) }

    func finish(_ why: Membership.DrainReason?) {
        reason.withLock { $0 = $0 ?? why }
        continuation.finish()
    }
}
