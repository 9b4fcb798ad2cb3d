import SLSProtocol

/// Which sequence ids are accepted under a hash key, by the last one that was.
///
/// An id must be above the last one; gaps are allowed. The state is one `Last` for each key, which belongs to the same
/// transaction as the write it stands for, and outlives splits and merges unless a switch says otherwise
/// (consumer-group.md 5.2 and 5.6).
package struct SequenceRule: Equatable, Sendable {
    /// The highest id that was accepted for a key, and when.
    package struct Last: Equatable, Sendable {
        /// The id.
        package let number: Int64
        /// The wall clock's nanoseconds since 1970.
        package let accepted: Int64

        /// An id that was just accepted.
        package init(number: Int64, accepted: Int64) {
            self.number = number
            self.accepted = accepted
        }
    }

    /// Ids are forgotten this long after they were accepted; nil keeps them for ever.
    package var lifetime: Duration?
    /// Whether a split forgets the ids of the hash keys that belonged to the shard.
    package var forgetsOnSplit = false

    /// Ids are kept for ever, or forgotten as the switches say.
    package init(lifetime: Duration? = nil, forgetsOnSplit: Bool = false) {
        self.lifetime = lifetime
        self.forgetsOnSplit = forgetsOnSplit
    }

    /// Whether a write under this id is taken.
    ///
    /// - Parameters:
    ///   - last: What is known of the key; nil for nothing.
    ///   - now: The wall clock's nanoseconds since 1970.
    package func accepts(_ number: Int64, after last: Last?, now: Int64) -> Bool {
        guard let last else { return true }
        if let lifetime, now - last.accepted >= lifetime.nanoseconds { return true }
        return number > last.number
    }
}
