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
    private var last: Instant?

    /// A shard that was never started again.
    package init() {}

    /// Takes in a restart.
    ///
    /// - Parameter checkpoint: Where the shard stood; the next save beyond it is progress.
    /// - Returns: How long to wait, and whether the one before was less than an hour ago.
    package mutating func next(at checkpoint: Cursor?, now: Instant) -> (wait: Duration, isRepeated: Bool) {
        count += 1
        let isRepeated = last.map { now - $0 < Self.alarmInterval } ?? false
        last = now
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
