import SLSClient
import SLSProtocol

/// Which calls of one shard are under way, one of each kind, and when each may be made again.
struct CallPacing: Sendable {
    private var underWay: Set<ShardConsumer.Call> = []
    /// Of those under way, the ones whose answer nobody wants any more.
    private var abandoned: Set<ShardConsumer.Call> = []
    private var notBefore: [ShardConsumer.Call: Instant] = [:]
    private var backoffs: [ShardConsumer.Call: Backoff] = [:]

    /// Whether it was made and not answered.
    func isUnderWay(_ call: ShardConsumer.Call) -> Bool { underWay.contains(call) }

    /// From when on it may be made, if it waits for that.
    func earliest(_ call: ShardConsumer.Call) -> Instant? { notBefore[call] }

    /// When it may be made, for calls that are not under way and have to wait.
    func due(where isWanted: (ShardConsumer.Call) -> Bool) -> [Instant] {
        ShardConsumer.Call.allCases.filter { !underWay.contains($0) && isWanted($0) }.compactMap { notBefore[$0] }
    }

    /// Marks a call as under way, unless it is already or must still wait.
    mutating func begin(_ call: ShardConsumer.Call, _ now: Instant) -> Bool {
        guard !underWay.contains(call), notBefore[call].map({ now >= $0 }) ?? true else { return false }
        underWay.insert(call)
        return true
    }

    /// Lets nobody make the call before that moment.
    mutating func delay(_ call: ShardConsumer.Call, until moment: Instant) { notBefore[call] = moment }

    /// Takes in an answer.
    ///
    /// - Returns: Whether somebody still wants it.
    mutating func succeeded(_ call: ShardConsumer.Call) -> Bool {
        let isWanted = ended(call)
        if isWanted {
            notBefore[call] = nil
            backoffs[call] = nil
        }
        return isWanted
    }

    /// Takes in a failure; says nothing about the next try.
    ///
    /// - Returns: Whether somebody still wanted the answer.
    mutating func failed(_ call: ShardConsumer.Call) -> Bool { ended(call) }

    /// Lets the next try wait, longer each time.
    mutating func backOff(_ call: ShardConsumer.Call, now: Instant, using generator: inout some RandomNumberGenerator) {
        var backoff = backoffs[call] ?? Backoff()
        notBefore[call] = now + backoff.next(using: &generator)
        backoffs[call] = backoff
    }

    /// The shard goes on from another position: what was asked for the old one is of no use. A save stands: it may yet
    /// arrive, and no other leaves before its answer.
    mutating func abandon() {
        abandoned = underWay.subtracting([.save])
        notBefore = notBefore.filter { $0.key == .save }
        backoffs = backoffs.filter { $0.key == .save }
    }

    private mutating func ended(_ call: ShardConsumer.Call) -> Bool {
        underWay.remove(call)
        return abandoned.remove(call) == nil
    }
}
