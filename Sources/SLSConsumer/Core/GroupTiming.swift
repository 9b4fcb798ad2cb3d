package import SLSProtocol

/// What follows from a group's timeout T: how often to heartbeat, when our lease ends, how long a write may take.
///
/// The figures keep the last write of one owner out of the time of the next: a write starts only while it can end, by its
/// own timeout, before the lease does, and the lease ends before the server gives the shards away.
package struct GroupTiming: Equatable, Sendable {
    /// Below this a lease leaves no time to work in.
    package static let shortestTimeout = Duration.seconds(6)
    /// A longer T counts as this: a lease shorter than the server's is safe, and any number may stand in a group.
    package static let longestTimeout = Duration.seconds(86_400)

    /// How often the group is listed, to see a timeout that others have changed.
    package static let watchInterval = Duration.seconds(5)
    /// How long such a listing may take.
    package static let watchTimeout = Duration.seconds(4)
    /// For one pull, of 10 MB at most: on a connection that died unseen the shard stands still for as long.
    package static let pullTimeout = Duration.seconds(30)

    /// T: the server forgets a consumer that it has not heard of for longer. At most `longestTimeout`.
    package let timeout: Duration
    /// How much earlier than the server we give up: 20 % of T, at least 2 s.
    package let margin: Duration
    /// h: the time between two heartbeats, at most 5 s.
    package let heartbeatInterval: Duration
    /// How long one try to write to a target may take, at most 10 s.
    package let writeTimeout: Duration
    /// How long one heartbeat may take: h, at most 4 s.
    package let heartbeatTimeout: Duration

    /// For calls that carry next to nothing: a hung one leaves time for another while the shard is let go.
    package var briefTimeout: Duration { max(.seconds(1), writeTimeout / 2) }

    /// - Parameter timeout: T, at least `shortestTimeout`; nil comes out for less.
    package init?(timeout: Duration) { self.init(timeout: timeout, safeguards: .all) }

    package init?(timeout: Duration, safeguards: Safeguards) {
        guard timeout >= Self.shortestTimeout else { return nil }
        self.init(any: timeout, safeguards: safeguards)
    }

    /// The times of a group whose timeout others have set below `shortestTimeout`, for as long as it takes to leave: a
    /// fifth of T is left for the margin, for there is no time to lose.
    package static func leaving(_ timeout: Duration, safeguards: Safeguards = .all) -> GroupTiming {
        GroupTiming(any: timeout, safeguards: safeguards)
    }

    private init(any timeout: Duration, safeguards: Safeguards) {
        let timeout = min(max(.zero, timeout), Self.longestTimeout)
        self.timeout = timeout
        let leastMargin: Duration = timeout < Self.shortestTimeout ? .zero : .seconds(2)
        margin = safeguards.contains(.margin) ? max(leastMargin, timeout / 5) : .zero
        heartbeatInterval = max(.milliseconds(500), min(.seconds(5), (timeout - margin) / 4))
        writeTimeout = max(.zero, min(.seconds(10), (timeout - margin - heartbeatInterval) / 2))
        heartbeatTimeout = min(heartbeatInterval, .seconds(4))
    }

    /// When a lease ends that an acknowledged heartbeat began.
    ///
    /// - Parameter sent: When the heartbeat left. Counting from its answer would let two consumers work on one shard.
    package func leaseEnd(sent: Instant) -> Instant { sent + timeout - margin }

    /// From when on no write may start under a lease.
    package func writeBarrier(leaseEnd: Instant) -> Instant { leaseEnd - writeTimeout }
}
