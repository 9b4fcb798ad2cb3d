public import SLSProtocol

/// What a processor has done when it returns.
public struct ProcessingResult: Equatable, Sendable {
    /// What is to become of the shard.
    ///
    /// A processor may return before its batches have ended. When the shard is being let go, that comes first.
    public enum Ending: Equatable, Sendable {
        /// The processor was told to end, or it has given up: the shard is let go, and taken anew if it is still ours.
        case finished
        /// Start again from the checkpoint as the service has it, with a new `HeldShard`, after 1 s doubling to 60 s, reset
        /// by progress. What was acknowledged and is not saved yet is handed over again.
        case restart(reason: String)
        /// A person must decide: save what is acknowledged, then stand still, owned and visible, until the checkpoint is set
        /// by hand or the process starts anew. Heartbeats go on.
        case hold(reason: String)
        /// Go on at this position, which may lie before the present one; it is saved first.
        case seek(Cursor)
    }

    /// The position behind the last log group of which anything was sent anywhere; nil when nothing was. A stop asks the
    /// checkpoints whether they cover it.
    public var sentUpTo: Cursor?
    /// What is to become of the shard.
    public var ending: Ending

    /// A result with what was sent.
    public init(sentUpTo: Cursor?, ending: Ending = .finished) {
        self.sentUpTo = sentUpTo
        self.ending = ending
    }
}
