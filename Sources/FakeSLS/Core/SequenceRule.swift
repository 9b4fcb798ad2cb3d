import SLSProtocol

/// Which sequence ids are accepted under a hash key, by the last one that was.
///
/// An id must be above the last one; gaps are allowed. The state is one `Last` for each key, which belongs to the same
/// transaction as the write it stands for, and outlives splits and merges unless a switch says otherwise
/// (consumer-group.md 5.2 and 5.6).
struct SequenceRule: Equatable, Sendable {
    /// The highest id that was accepted for a key, and when.
    struct Last: Equatable, Sendable {
        /// The id.
        let number: Int64
        /// The wall clock's nanoseconds since 1970.
        let accepted: Int64
    }

    /// Ids are forgotten this long after they were accepted; nil keeps them for ever.
    var lifetime: Duration?
    /// Whether a split forgets the ids of the hash keys that belonged to the shard.
    var forgetsOnSplit = false

    /// Whether a write under this id is taken.
    ///
    /// - Parameters:
    ///   - last: What is known of the key; nil for nothing.
    ///   - now: The wall clock's nanoseconds since 1970.
    func accepts(_ number: Int64, after last: Last?, now: Int64) -> Bool {
        guard let last else { return true }
        if let lifetime, now - last.accepted >= lifetime.nanoseconds { return true }
        return number > last.number
    }
}
