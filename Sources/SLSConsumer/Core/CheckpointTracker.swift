import DequeModule
package import SLSProtocol

/// How far a shard's checkpoint may go: behind every log group that some target has not acknowledged.
///
/// Log groups are numbered by their own cursors, and acknowledged in any order. Memory is used by log groups alone: a
/// position may jump by any number, as it does in a filtered stream.
package struct CheckpointTracker: Sendable {
    /// Positions without a log group.
    private struct Gap {
        let start: Cursor
        var width: Int64
        /// The widths of all gaps so far, this one included.
        var total: Int64

        var end: Int64 { start.number + width }
    }

    /// The smallest cursor that is not acknowledged; everything before it may be forgotten.
    package private(set) var lowWater: Cursor
    /// The position behind the last log group taken in.
    package private(set) var frontier: Cursor
    /// How many log groups between the two are not acknowledged.
    package private(set) var outstandingCount = 0

    /// For the log groups from `lowWater` on.
    private var isAcknowledged: Deque<Bool> = []
    /// Those between `lowWater` and `frontier`, ascending; no two touch.
    private var gaps: Deque<Gap> = []
    /// The widths of all gaps that `lowWater` has passed.
    private var passedWidth: Int64 = 0

    /// Nothing is outstanding before `start`.
    package init(start: Cursor) {
        lowWater = start
        frontier = start
    }

    /// Takes in log groups from the frontier on.
    ///
    /// A filtered stream has fewer log groups than positions. They are counted from the first position on, so each
    /// stands at or before its true one, and the low-water mark never passes one that is outstanding.
    ///
    /// - Parameters:
    ///   - count: How many log groups, at most the positions up to `next`.
    ///   - first: Where the first of them stands, if that is known; nil for the frontier.
    ///   - next: The position behind them, not before the frontier.
    package mutating func take(_ count: Int, from first: Cursor? = nil, upTo next: Cursor) {
        if count > 0, let first, first > frontier {
            addGap(of: first.number - frontier.number, at: frontier)
            frontier = first
        }
        let surplus = next.number - frontier.number - Int64(count)
        precondition(surplus >= 0, "\(count) log groups do not fit between \(frontier) and \(next)")
        isAcknowledged.append(contentsOf: repeatElement(false, count: count))
        outstandingCount += count
        if surplus > 0 { addGap(of: surplus, at: frontier.advanced(by: count)) }
        frontier = next
        settle()
    }

    /// Marks one log group as delivered to every target that was owed it. A repeat changes nothing.
    package mutating func acknowledge(_ cursor: Cursor) {
        guard cursor >= lowWater, cursor < frontier, let skipped = gapWidth(before: cursor) else { return }
        let index = Int(cursor.number - lowWater.number - skipped)
        guard !isAcknowledged[index] else { return }
        isAcknowledged[index] = true
        outstandingCount -= 1
        if index == 0 { settle() }
    }

    private mutating func addGap(of width: Int64, at start: Cursor) {
        if let last = gaps.indices.last, gaps[last].end == start.number {
            gaps[last].width += width
            gaps[last].total += width
        } else {
            gaps.append(Gap(start: start, width: width, total: (gaps.last?.total ?? passedWidth) + width))
        }
    }

    /// How many positions between `lowWater` and `cursor` have no log group; nil when `cursor` itself has none.
    private func gapWidth(before cursor: Cursor) -> Int64? {
        var (low, high) = (0, gaps.count)
        while low < high {
            let middle = (low + high) / 2
            if gaps[middle].start <= cursor { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return 0 }
        return cursor.number < gaps[low - 1].end ? nil : gaps[low - 1].total - passedWidth
    }

    private mutating func settle() {
        while true {
            if let gap = gaps.first, gap.start == lowWater {
                lowWater = Cursor(number: gap.end)
                passedWidth = gap.total
                gaps.removeFirst()
            } else if isAcknowledged.first == true {
                isAcknowledged.removeFirst()
                lowWater = lowWater.advanced(by: 1)
            } else {
                return
            }
        }
    }
}
