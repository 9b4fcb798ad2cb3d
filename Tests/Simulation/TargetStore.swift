import Dispatcher
import FakeSLS
import SLSClient
import SLSProtocol

/// A write as it travels: what production decided on, and what only the judge reads.
struct ExactPut {
    let write: Delivery<Content>.Write
    /// The configuration of its sender.
    let setup: Int
    let sender: WindowTruth
    let sent: TrueTime
    let attempt: WriteAttempt
}

/// The rules of the targets' and the source's stores that a history can leave out.
package struct StoreRules: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let all = StoreRules(rawValue: -1)
    package static let count = 3

    /// The sequence id is judged before the data.
    package static let idBeforeData = StoreRules(rawValue: 1 << 0)
    /// Nothing is answered before the commit.
    package static let answersAfterCommit = StoreRules(rawValue: 1 << 1)
    /// A cursor's number is never given again.
    package static let freshNumbers = StoreRules(rawValue: 1 << 2)
}

/// A logstore that is written to: its shards, its log groups, and the last sequence id of each key.
struct TargetStore {
    /// A log group as it stands there.
    struct Record {
        let content: Content
        /// The target that it was meant for, which differs from this one where this is for dead letters.
        let origin: Int
        /// Whose it is: within one configuration nothing may stand twice.
        let setup: Int
        let key: HashKey
        let shard: ShardID

        /// What may be there once.
        struct Copy: Hashable {
            let content: Content
            let origin: Int
            let setup: Int
        }

        var copy: Copy { Copy(content: content, origin: origin, setup: setup) }
    }

    private(set) var map: ShardMap
    private(set) var records: [Record] = []
    private let rule: SequenceRule
    private var last: [HashKey: SequenceRule.Last] = [:]
    /// The highest id that each key ever had; only the judge remembers it.
    private var highest: [HashKey: Int64] = [:]
    /// How often an id was taken that had been forgotten, and under which keys.
    private(set) var forgottenCount = 0
    private(set) var forgottenKeys: Set<HashKey> = []
    /// Keys whose last id is somebody else's.
    private var foreign: Set<HashKey> = []
    /// How often each log group stands here, by origin and configuration.
    private var counts: [UInt16] = []
    private let originCount: Int

    init(rule: SequenceRule, created: Timestamp, targetCount: Int) {
        self.rule = rule
        originCount = targetCount
        map = ShardMap(shardCount: 2, created: created)
    }

    // MARK: Looking

    func holds(_ content: Content, for origin: Int) -> Bool {
        (0..<SetupChoice.count).contains { count(content, for: origin, by: $0) > 0 }
    }

    func count(_ content: Content, for origin: Int, by setup: Int) -> Int {
        let place = place(content, origin, setup)
        return place < counts.count ? Int(counts[place]) : 0
    }

    private func place(_ content: Content, _ origin: Int, _ setup: Int) -> Int {
        (content * originCount + origin) * SetupChoice.count + setup
    }

    /// Whether a key's last id is somebody else's.
    func isDisplaced(_ key: HashKey) -> Bool { foreign.contains(key) }

    /// Whether it would take this id although it took it, or a later one, before.
    func hasForgotten(_ address: PutLogsTarget, now: Int64) -> Bool {
        guard case .key(let key, let number?) = address, let before = highest[key] else { return false }
        return number <= before && rule.accepts(number, after: last[key], now: now)
    }

    // MARK: Writing

    /// Takes all log groups of a write, or none.
    ///
    /// - Parameters:
    ///   - now: The wall clock's nanoseconds.
    ///   - judgeData: Throws what is wrong with the log groups, or that there is no room for them.
    mutating func take(
        _ put: ExactPut, now: Int64, rules: StoreRules, judgeData: (TargetStore) throws(APIError) -> Void
    ) throws(APIError) {
        guard case .key(let key, let number?) = put.write.address else {
            preconditionFailure("a write without a sequence id: \(put.write.address)")
        }
        if !rules.contains(.idBeforeData) { try judgeData(self) }
        guard rule.accepts(number, after: last[key], now: now) else { throw APIError(.invalidSequenceID, "") }
        if rules.contains(.idBeforeData) { try judgeData(self) }
        let shard = try map.shard(for: key).id
        for element in put.write.elements {
            records.append(
                Record(content: element.payload, origin: put.write.target, setup: put.setup, key: key, shard: shard))
            let place = place(element.payload, put.write.target, put.setup)
            while counts.count <= place { counts.append(0) }
            counts[place] += 1
        }
        note(number, of: key, now)
        foreign.remove(key)
    }

    /// Takes a write of somebody else under a key of ours; what it holds is of no interest.
    mutating func takeForeign(_ key: HashKey, _ number: Int64, now: Int64) -> Bool {
        guard rule.accepts(number, after: last[key], now: now) else { return false }
        note(number, of: key, now)
        foreign.insert(key)
        return true
    }

    private mutating func note(_ number: Int64, of key: HashKey, _ now: Int64) {
        last[key] = SequenceRule.Last(number: number, accepted: now)
        if let before = highest[key], number <= before {
            forgottenCount += 1
            forgottenKeys.insert(key)
        } else {
            highest[key] = number
        }
    }

    // MARK: Shards

    mutating func split(_ shard: ShardID, at time: Timestamp) -> Bool {
        guard let parent = try? map.split(shard, .middle, created: time).first else { return false }
        if rule.forgetsOnSplit { last = last.filter { !parent.contains($0.key) } }
        return true
    }

    mutating func merge(_ shard: ShardID, at time: Timestamp) -> Bool {
        (try? map.merge(shard, created: time)) != nil
    }

}
