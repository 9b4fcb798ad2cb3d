import SLSProtocol
import System

/// What the clients of an emulator that is killed again and again were told, and what they do not know.
struct CrashLedger: Sendable {
    /// A write, by who made it and under which sequence id; its topic says both.
    struct Write: Hashable, Sendable {
        let writer: Int
        let id: Int64

        var topic: String { "\(writer)-\(id)" }
    }

    /// Answered 200, or refused as stored already: each must be there once, for ever.
    private(set) var told: Set<Write> = []
    /// The last id of each writer among those.
    private var lastTold: [Int: Int64] = [:]
    /// Sent without an answer: may be there once or not at all.
    private(set) var inDoubt: Set<Write> = []
    /// Whether a write in doubt was found in the store after the kill; the next answer must agree.
    private var found: [Write: Bool] = [:]
    /// Every log group that a pull showed, by shard and cursor.
    private(set) var shown: [ShardID: [Int64: [UInt8]]] = [:]
    /// The highest end cursor that each shard was said to have.
    private(set) var ends: [ShardID: Cursor] = [:]
    /// The checkpoints a shard may have: the last that was answered, and one that was sent without an answer.
    private(set) var checkpoints: [ShardID: Set<String>] = [:]
    /// What no emulator may do.
    private(set) var violations: [String] = []
    private(set) var answeredCount = 0
    private(set) var settledCount = 0

    /// The last write of each writer that was answered.
    var lastWrites: [Write] { lastTold.map { Write(writer: $0.key, id: $0.value) } }

    /// An emulator that was killed has taken an id that was answered before.
    mutating func wasTaken(_ write: Write) {
        violations.append("\(write.topic) was answered, and yet its id was accepted again")
    }

    /// What a writer sends next: the one in doubt again, else the next id.
    func next(of writer: Int) -> Write {
        if let open = inDoubt.first(where: { $0.writer == writer }) { return open }
        return Write(writer: writer, id: (lastTold[writer] ?? 0) + 1)
    }

    mutating func sends(_ write: Write) { inDoubt.insert(write) }

    mutating func answered(_ write: Write, isRefused: Bool) {
        inDoubt.remove(write)
        told.insert(write)
        lastTold[write.writer] = write.id
        answeredCount += 1
        switch (found.removeValue(forKey: write), isRefused) {
        case (true, false): violations.append("\(write.topic) was in the store, and yet its id was accepted again")
        case (false, true), (nil, true):
            violations.append("\(write.topic) was not in the store, and yet its id was refused")
        case (true, true), (false, false): settledCount += 1
        case (nil, false): break
        }
    }

    mutating func pulled(_ groups: [[UInt8]], from first: Int64, of shard: ShardID) {
        for (offset, group) in groups.enumerated() { shown[shard, default: [:]][first + Int64(offset)] = group }
        answeredCount += 1
    }

    mutating func hasEnd(_ cursor: Cursor, _ shard: ShardID) { ends[shard] = max(ends[shard] ?? cursor, cursor) }

    mutating func saves(_ checkpoint: String, of shard: ShardID) {
        checkpoints[shard, default: [""]].insert(checkpoint)
    }

    mutating func saved(_ checkpoint: String, of shard: ShardID) { checkpoints[shard] = [checkpoint] }

    /// Looks at what the store holds after a kill.
    ///
    /// - Parameters:
    ///   - stored: Each shard's log groups by their cursors, with its end.
    ///   - kill: What came before the kill. With a commit held nothing may be there that was not answered, but for what
    ///     was found before; of a write whose answer was dropped the id is in doubt and the log group there.
    mutating func judge(_ stored: [ShardID: StoredShard], checkpoints kept: [ShardID: String], after kill: CrashKill) {
        var counts: [String: Int] = [:]
        for shard in stored.values { for topic in shard.topics { counts[topic, default: 0] += 1 } }
        for write in told where counts[write.topic] != 1 {
            violations.append("\(write.topic) was answered, and is there \(counts[write.topic] ?? 0) times")
        }
        for write in inDoubt {
            let count = counts[write.topic] ?? 0
            if count > 1 || (kill == .commitHeld && count > 0 && found[write] != true) {
                violations.append("\(write.topic) was not answered, and is there \(count) times")
            }
            found[write] = count > 0
        }
        if kill == .answerDropped, !inDoubt.contains(where: { found[$0] == true }) {
            violations.append("the write whose answer was dropped is not there")
        }
        for (id, shard) in stored {
            for (cursor, group) in shown[id] ?? [:] where shard.groups[cursor] != group {
                violations.append("shard \(id) showed another log group at \(cursor) before")
            }
            if let end = ends[id], shard.end < end {
                violations.append("shard \(id) ended at \(end) before, and now at \(shard.end)")
            }
            if !(checkpoints[id] ?? [""]).contains(kept[id] ?? "") {
                violations.append("shard \(id) has the checkpoint \(kept[id] ?? "") now")
            }
        }
        checkpoints = kept.mapValues { [$0] }
    }
}

/// What an emulator was made to do before it was killed.
enum CrashKill: Sendable {
    case unprepared
    /// A write was stored, and its answer dropped.
    case answerDropped
    /// It stood before a commit.
    case commitHeld

    static func ofRound(_ round: Int) -> CrashKill { [unprepared, answerDropped, commitHeld][round % 3] }
}

/// One shard, read from its begin to its end.
struct StoredShard: Sendable {
    /// By the number of their cursor.
    var groups: [Int64: [UInt8]] = [:]
    var topics: [String] = []
    var end: Cursor
}
