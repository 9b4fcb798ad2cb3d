import DequeModule
package import SLSProtocol

/// Tells a checkpoint that somebody else has set from a late copy of one of our own saves.
///
/// No lock reaches two hosts that use one name, and a person may reset a group under a live member: so a holder reads its
/// checkpoint back every few seconds (consumer-group.md 4.1).
package struct CheckpointLookOut: Equatable, Sendable {
    /// What a checkpoint that was read back is.
    package enum Verdict: Equatable, Sendable {
        /// What we saved last, or something saved since we began to look.
        case current
        /// One of our own values from before: a late copy of an older save has passed a newer one.
        case olderOwn
        /// A value that we never saved, or none.
        case foreign
    }

    /// Own values remembered. At the usual one a second that is 17 minutes, longer than any request lives; what is older
    /// counts as foreign, so that a person's reset to yesterday's position is not undone.
    package static let memory = 1_024

    private var own: Deque<Cursor> = []
    /// How many own values were forgotten.
    private var forgottenCount = 0
    /// Counted from the first own value: the last one that was confirmed, and the oldest that may be read at present.
    private var confirmedIndex = 0
    private var oldestExpected = 0

    /// Nothing was saved yet.
    package init() {}

    /// A shard was taken over at this checkpoint: it counts as our own.
    package mutating func tookOver(at cursor: Cursor) {
        sent(cursor)
        confirmed(cursor)
    }

    /// A save leaves. Whether it is answered or not, it may arrive.
    package mutating func sent(_ cursor: Cursor) {
        if own.last == cursor { return }
        own.append(cursor)
        if own.count > Self.memory {
            own.removeFirst()
            forgottenCount += 1
        }
    }

    /// A save was acknowledged.
    package mutating func confirmed(_ cursor: Cursor) {
        if let index = index(of: cursor) { confirmedIndex = index }
    }

    /// The checkpoint is about to be read: what is confirmed by now cannot be missing from the answer.
    package mutating func began() { oldestExpected = confirmedIndex }

    /// Judges what came of the reading.
    ///
    /// - Parameter found: nil where the group has no checkpoint for the shard.
    package func verdict(of found: Cursor?) -> Verdict {
        guard let found, let index = index(of: found) else { return .foreign }
        return index >= oldestExpected ? .current : .olderOwn
    }

    private func index(of cursor: Cursor) -> Int? {
        own.lastIndex(of: cursor).map { $0 + forgottenCount }
    }
}
