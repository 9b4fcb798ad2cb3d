import SLSConsumer
import SLSProtocol

/// One log group of a batch: where it stands, not a copy. Keeps the batch's bytes alive, and so in the budget.
struct LogGroupSlice: Sendable {
    let batch: Batch
    let group: ScannedLogGroup

    /// The topic's text, cut off where it is longer than one is meant to be; "" when the group has none.
    var topic: String {
        guard let range = group.topic else { return "" }
        let text = String(decoding: batch.bytes[range].prefix(Self.shownTopicByteCount), as: UTF8.self)
        return range.count > Self.shownTopicByteCount ? text + "…" : text
    }

    /// Topics come from outside; what is counted and logged of one is bounded.
    private static let shownTopicByteCount = 128
}

extension ShardDelivery {
    /// Finds the log groups of a batch with their cursors; nothing is decoded or re-encoded.
    ///
    /// - Parameter isExact: Whether each log group must have its own cursor.
    /// - Throws: `ScanError` when the bytes are not the log groups that the answer announced.
    static func scan(_ batch: Batch, isExact: Bool) throws(ScanError) -> [(cursor: Cursor, slice: LogGroupSlice)] {
        if isExact, batch.numbering == .unknown {
            throw .sparse(count: batch.count, from: batch.first, to: batch.next)
        }
        let groups: [ScannedLogGroup]
        do {
            groups = try LogGroupScanner.groups(inList: batch.bytes)
        } catch {
            throw .malformed(error)
        }
        guard groups.count == batch.count else { throw .wrongCount(announced: batch.count, found: groups.count) }
        return groups.enumerated().map { index, group in
            (cursor: batch.cursor(of: index), slice: LogGroupSlice(batch: batch, group: group))
        }
    }
}

/// Why a batch cannot be taken apart.
enum ScanError: Error, Equatable, CustomStringConvertible {
    case malformed(ProtobufError)
    case wrongCount(announced: Int, found: Int)
    /// Cursors of single log groups cannot be told.
    case sparse(count: Int, from: Cursor, to: Cursor)

    /// A short word for metrics.
    var code: String {
        switch self {
        case .malformed, .wrongCount: "malformed"
        case .sparse: "sparse"
        }
    }

    var description: String {
        switch self {
        case .malformed(let error): "the pulled body is no list of log groups: \(error)"
        case .wrongCount(let announced, let found): "\(announced) log groups were announced, the body holds \(found)"
        case .sparse(let count, let from, let to):
            "\(count) log groups lead from cursor \(from) to \(to), so which has which cursor is not known; exactly once "
                + "needs to know: start every process of the group with --delivery at-least-once, which does not, or set the "
                + "checkpoint behind \(to) with a new identity (sls-dispatch checkpoints set --new-identity), which leaves "
                + "these out"
        }
    }
}
