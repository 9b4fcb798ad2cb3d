/// One turn of the loop: which request runs next in its transaction, and what may be answered after the commit.
///
/// All requests of a turn share one transaction, each that writes has a savepoint of its own; the answers go out after
/// the commit (design.md 5.4). The loop around it is dull:
///
/// ```
/// begin; while let index = turn.next { run it; turn.record(…) }
/// if turn.mayCommit { turn.committed = commit succeeded }; answers = turn.answers() ?? a 500 for every request
/// if turn.needsReload { read every value in memory anew from the store }
/// ```
package struct Turn<Answer> {
    /// How one request ended.
    package enum Outcome {
        /// It succeeded; its savepoint is released.
        case answered(Answer)
        /// It was refused; its savepoint is undone, and the values in memory are those from before it.
        case refused(Answer)
        /// SQLite ended the whole transaction, unasked: whatever earlier requests of the turn did is gone too.
        case transactionLost
    }

    private enum Phase: Equatable {
        case running
        case lost
        case committed
    }

    private let requestCount: Int
    private var gathered: [Answer] = []
    private var phase = Phase.running

    /// A turn whose transaction has begun.
    ///
    package init(requestCount: Int) { self.requestCount = requestCount }

    /// The index of the request to run now; nil when all ran, or when nothing more may run.
    package var next: Int? { phase == .running && gathered.count < requestCount ? gathered.count : nil }

    /// Takes down how the request `next` ended.
    package mutating func record(_ outcome: Outcome) {
        guard next != nil else {
            preconditionFailure("no request was due: \(phase), \(gathered.count)/\(requestCount)")
        }
        switch outcome {
        case .answered(let answer), .refused(let answer): gathered.append(answer)
        case .transactionLost: phase = .lost
        }
    }

    /// The transaction is gone, or could not begin, before the first request.
    package mutating func transactionLost() {
        guard phase == .running else { preconditionFailure("the transaction was over already: \(phase)") }
        phase = .lost
    }

    /// True when every request has run and the transaction stands: now it may be committed.
    package var mayCommit: Bool { phase == .running && gathered.count == requestCount }

    /// Takes down whether the commit succeeded. A failed one loses the transaction; the caller rolls back what is left.
    package mutating func ended(committed: Bool) {
        guard mayCommit else { preconditionFailure("not to be committed: \(phase), \(gathered.count)/\(requestCount)") }
        phase = committed ? .committed : .lost
    }

    /// One answer for each request, in their order; nil when nothing of the turn came to last, so that every request,
    /// also those that never ran, must be answered with a 500.
    package func answers() -> [Answer]? {
        guard phase != .running else { preconditionFailure("answers before the commit") }
        return phase == .committed ? gathered : nil
    }

    /// True when the values in memory may show what was never committed.
    package var needsReload: Bool { phase == .lost }
}
