package import SLSProtocol

/// How long a shard waits before it is started again from its checkpoint: 1 s doubling to 60 s, reset by progress.
package struct RestartPacing: Sendable {
    static let shortestWait = Duration.seconds(1)
    static let longestWait = Duration.seconds(60)
    /// A second restart within this is worth an alarm.
    static let alarmInterval = Duration.seconds(3_600)

    /// How often the shard was started again.
    package private(set) var count = 0

    private var wait = shortestWait
    private var checkpoint: Cursor?
    /// When it was last started again because its processor asked for it; nil when it never was.
    package private(set) var last: Instant?

    /// - Parameter last: When the shard was last started again so, by a task before this one.
    package init(last: Instant? = nil) { self.last = last }

    /// Takes in a restart.
    ///
    /// - Parameters:
    ///   - checkpoint: Where the shard stood; the next save beyond it is progress.
    ///   - isExplained: Whether somebody has set the checkpoint: that says nothing of the processor.
    /// - Returns: How long to wait, and whether the processor had asked for one less than an hour ago, too.
    package mutating func next(
        at checkpoint: Cursor?, now: Instant, isExplained: Bool = false
    ) -> (wait: Duration, isRepeated: Bool) {
        count += 1
        let isRepeated = !isExplained && last.map { now - $0 < Self.alarmInterval } ?? false
        if !isExplained { last = now }
        self.checkpoint = checkpoint
        defer { wait = min(wait * 2, Self.longestWait) }
        return (wait, isRepeated)
    }

    /// Takes in a save.
    package mutating func saved(_ cursor: Cursor) {
        if let checkpoint, cursor <= checkpoint { return }
        wait = Self.shortestWait
    }
}
