package import SLSProtocol

/// Up to where those who held a shard before this task may have sent it. Nobody says so, but it has bounds: how far they may
/// run ahead of the checkpoint, and the end of the shard.
package struct Predecessors: Equatable, Sendable {
    /// nil before anything is known.
    private var bound: Cursor?

    /// Nothing is known.
    package init() {}

    /// Whether a checkpoint covers whatever they may have sent.
    package func areCovered(by checkpoint: Cursor?) -> Bool {
        guard let bound, let checkpoint else { return false }
        return bound <= checkpoint
    }

    /// The shard goes on from a checkpoint that was found.
    ///
    /// - Parameter runAhead: How many log groups are handed over past a confirmed checkpoint at the most.
    package mutating func left(_ checkpoint: Cursor, runAhead: Int) {
        let farthest = checkpoint.advanced(by: runAhead)
        bound = max(bound ?? farthest, farthest)
    }

    /// There was no checkpoint. One is saved before anything is sent, so there was nobody.
    package mutating func wereNone(start: Cursor) { bound = bound ?? start }

    /// The shard has nothing from this position on, at a moment when this task alone works on it.
    package mutating func stopped(before end: Cursor) { bound = min(bound ?? end, end) }
}
