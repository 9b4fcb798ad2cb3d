public import SLSProtocol

/// What happens when a handler fails with a batch. Nothing is ever skipped silently.
public enum FailurePolicy: Sendable {
    /// The same batch again, after 0.2 s growing to 30 s, until it succeeds. The default. (Go: the same after 50 ms.)
    case retryForever
    /// After so many tries the shard is held: its owner goes on heart-beating, what came before the batch is saved, and
    /// it stands still until its checkpoint is set by hand or the process starts anew. Other shards go on.
    case stopShard(afterTries: Int)
    /// After so many tries the batch is given to this handler, and once that succeeds the position advances. If it
    /// throws, it is tried again like the batch itself.
    case deadLetter(afterTries: Int, @Sendable (Batch, any Error) async throws -> Void)
}

/// Thrown by a handler to go on elsewhere in its shard, forwards or back; the position is saved first.
public struct Seek: Error, Equatable {
    /// Where to go on.
    public let cursor: Cursor

    /// A change to this position.
    public init(to cursor: Cursor) { self.cursor = cursor }
}
