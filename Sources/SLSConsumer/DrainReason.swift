/// Why a shard is let go; decides what is to become of writes that have not been sent yet.
public enum DrainReason: Equatable, Sendable {
    /// Another consumer waits for it: unsent writes are dropped.
    case handOver
    /// We stop: writes below what was already sent are still sent, so that the checkpoint covers it.
    case shutDown
}
