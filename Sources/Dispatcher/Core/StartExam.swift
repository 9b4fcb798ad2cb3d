package import SLSClient
package import SLSConsumer
package import SLSProtocol

/// Whether a shard may be written from where it stands: not from before the position that the settings begin at.
///
/// Exactly once rests on this: under one generation no position may come before its first start, or log groups that were
/// never written are refused as if they had been (consumer-group.md 5.4). What was skipped by starting late, and then
/// gone back to, cannot be told from what was delivered. So the shard is held until a person has decided.
package struct StartExam: Sendable {
    /// What to do next.
    package enum Step: Equatable, Sendable {
        /// The cursor of this position is to be asked for.
        case ask(CursorPosition)
        /// The first log group from here on is to be looked for.
        case look(from: Cursor)
        /// The shard may be written.
        case passed
        /// Nothing may be written: the configured start is here, and a person must decide.
        case hold(start: Cursor)
    }

    /// What to do next.
    package private(set) var step: Step

    private let start: CursorPosition
    private let checkpoint: Cursor
    private var startCursor: Cursor?

    /// A shard that was just taken over.
    ///
    /// - Parameters:
    ///   - start: The position that the settings begin at; it is fixed.
    ///   - checkpoint: Where the shard stands.
    package init(start: CursorPosition, checkpoint: Cursor, safeguards: Safeguards = .all) {
        self.start = start
        self.checkpoint = checkpoint
        // `begin` is the oldest log group that is kept; what lies before it is a gap, which the consumer reports.
        if case .received = start, safeguards.contains(.startCheck) {
            step = .ask(start)
        } else {
            step = .passed
        }
    }

    /// Takes in the cursor that was asked for.
    package mutating func resolved(_ cursor: Cursor) {
        guard case .ask = step else { preconditionFailure("nothing was asked: \(step)") }
        guard let startCursor else {
            startCursor = cursor
            step = checkpoint >= cursor ? .passed : .ask(.begin)
            return
        }
        // All that is kept came after the start: then the checkpoint has fallen out of what is kept. The oldest was asked
        // for later, so it may have moved past the start meanwhile.
        step = startCursor <= cursor ? .passed : .look(from: checkpoint)
    }

    /// Takes in what was found from the position that was looked at. Numbers may have gaps: where the start was the end of the
    /// shard, a checkpoint may lie below the log group that is the first since, with none between. An answer may also be empty
    /// and yet go on, and what it would have come to is further on.
    ///
    /// - Parameters:
    ///   - first: The first log group; nil where none came.
    ///   - next: Where to go on.
    package mutating func found(_ first: Cursor?, next: Cursor) {
        guard case .look(let position) = step, let startCursor else {
            preconditionFailure("nothing was looked for: \(step)")
        }
        if let first {
            step = first >= startCursor ? .passed : .hold(start: startCursor)
        } else {
            step = next > position && next < startCursor ? .look(from: next) : .passed
        }
    }
}
