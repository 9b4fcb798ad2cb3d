import DequeModule
public import SLSProtocol

/// How far a shard's checkpoint may go: behind every log group that some target has not acknowledged.
///
/// Log groups are numbered by their own cursors, and acknowledged in any order.
public struct CheckpointTracker: Sendable {
    /// The smallest cursor that is not acknowledged; everything before it may be forgotten.
    public private(set) var lowWater: Cursor
    /// The cursor behind the last log group taken in.
    public var frontier: Cursor { lowWater.advanced(by: isAcknowledged.count) }
    /// How many log groups between the two are not acknowledged.
    public private(set) var outstandingCount = 0

    /// For the positions from `lowWater` on.
    private var isAcknowledged: Deque<Bool> = []

    /// Nothing is outstanding before `start`.
    public init(start: Cursor) { lowWater = start }

    /// Takes in log groups from the frontier on.
    ///
    /// A filtered stream has fewer log groups than positions. They are counted from the first position on, so each
    /// stands at or before its true one, and the low-water mark never passes one that is outstanding.
    ///
    /// - Parameters:
    ///   - count: How many log groups, at most the positions up to `next`.
    ///   - next: The position behind them, not before the frontier.
    public mutating func take(_ count: Int, upTo next: Cursor) {
        let positions = Int(next.number - frontier.number)
        precondition(count <= positions, "\(count) log groups do not fit between \(frontier) and \(next)")
        for position in 0..<positions { isAcknowledged.append(position >= count) }
        outstandingCount += count
        settle()
    }

    /// Marks one log group as delivered to every target that was owed it. A repeat changes nothing.
    public mutating func acknowledge(_ cursor: Cursor) {
        guard cursor >= lowWater, cursor < frontier else { return }
        let index = Int(cursor.number - lowWater.number)
        guard !isAcknowledged[index] else { return }
        isAcknowledged[index] = true
        outstandingCount -= 1
        settle()
    }

    private mutating func settle() {
        var count = 0
        while isAcknowledged.first == true {
            isAcknowledged.removeFirst()
            count += 1
        }
        lowWater = lowWater.advanced(by: count)
    }
}
