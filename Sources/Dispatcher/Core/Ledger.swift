public import SLSProtocol

/// What became of every log group that was read, counted where it happens, so that the sums can fail.
///
/// For each shard: read = routed + dropped by rule. For each target: routed = accepted + suppressed + dead-lettered + in
/// flight + returned; *in flight* comes from the queues, it is not what is left over.
public struct Ledger: Equatable, Sendable {
    /// The counts of one shard of the source, in log groups.
    public struct Shard: Equatable, Sendable {
        /// Taken in from pulls.
        public var read = 0
        /// Those that a route wanted.
        public var routed = 0
        /// Those that no route wanted.
        public var dropped = 0

        /// Nothing so far.
        public init() {}
    }

    /// The counts of one target, in log groups.
    public struct Target: Equatable, Sendable {
        /// Routed to this target.
        public var routed = 0
        /// Taken by it.
        public var accepted = 0
        /// Those it had already.
        public var suppressed = 0
        /// Refused by it, and taken by the dead-letter logstore.
        public var deadLettered = 0
        /// In the queues now.
        public var inFlight = 0
        /// Given back undelivered together with the shard; whoever holds it next reads them again.
        public var returned = 0
        /// The uncompressed bytes of those accepted.
        public var acceptedByteCount = 0

        /// Nothing so far.
        public init() {}
    }

    /// What one message to a shard's loop changed.
    public struct Entry: Equatable, Sendable {
        /// Changes of the shard's counts.
        public var shard = Shard()
        /// Changes of the targets' counts, by index; `inFlight` is the count itself, of this shard alone.
        public var targets: [Target]

        /// Nothing changed.
        public init(targetCount: Int) { targets = Array(repeating: Target(), count: targetCount) }
    }

    /// By shard.
    public private(set) var shards: [ShardID: Shard] = [:]
    /// By target index.
    public private(set) var targets: [Target]
    private var inFlight: [ShardID: [Int]] = [:]

    /// Nothing so far.
    public init(targetCount: Int) { targets = Array(repeating: Target(), count: targetCount) }

    /// Takes in what one message changed, all of it at once.
    public mutating func add(_ entry: Entry, of shard: ShardID) {
        shards[shard, default: Shard()].read += entry.shard.read
        shards[shard, default: Shard()].routed += entry.shard.routed
        shards[shard, default: Shard()].dropped += entry.shard.dropped
        let before = inFlight[shard] ?? Array(repeating: 0, count: targets.count)
        for (index, change) in entry.targets.enumerated() {
            targets[index].routed += change.routed
            targets[index].accepted += change.accepted
            targets[index].suppressed += change.suppressed
            targets[index].deadLettered += change.deadLettered
            targets[index].returned += change.returned
            targets[index].acceptedByteCount += change.acceptedByteCount
            targets[index].inFlight += change.inFlight - before[index]
        }
        inFlight[shard] = entry.targets.map(\.inFlight)
    }

    /// Every sum that is not so, one sentence each; empty when the books are right.
    public var mistakes: [String] {
        var mistakes: [String] = []
        for (id, shard) in shards.sorted(by: { $0.key < $1.key }) where shard.read != shard.routed + shard.dropped {
            mistakes.append(
                "shard \(id): read \(shard.read) is not routed \(shard.routed) + dropped \(shard.dropped)")
        }
        for (index, target) in targets.enumerated() {
            let known =
                target.accepted + target.suppressed + target.deadLettered + target.inFlight + target.returned
            if target.routed != known {
                mistakes.append(
                    "target \(index): routed \(target.routed) is not accepted \(target.accepted) + suppressed "
                        + "\(target.suppressed) + dead-lettered \(target.deadLettered) + in flight "
                        + "\(target.inFlight) + returned \(target.returned)")
            }
        }
        return mistakes
    }
}
