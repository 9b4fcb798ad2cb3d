/// How long to wait before the next pull of a shard.
package struct FetchPacing: Equatable, Sendable {
    /// A reply of this many bytes is large: more is probably there.
    static let largeByteCount = 1 << 20
    static let shortestWait = Duration.milliseconds(200)
    static let longestWait = Duration.seconds(1)

    private var idleWait = shortestWait

    /// A shard that has just been asked for the first time.
    package init() {}

    /// The wait after a reply: none while there is more to read, 200 ms growing to 1 s at the end of the shard.
    ///
    /// - Parameters:
    ///   - isProgress: Whether the position moved.
    ///   - isAtEnd: Whether the shard has no more at this moment.
    ///   - isFull: Whether the reply held as much as was asked for, or was large.
    package mutating func wait(isProgress: Bool, isAtEnd: Bool, isFull: Bool) -> Duration {
        if isProgress {
            idleWait = Self.shortestWait
            return isFull || !isAtEnd ? .zero : Self.shortestWait
        }
        defer { idleWait = min(idleWait * 3 / 2, Self.longestWait) }
        return idleWait
    }
}
