import FakeSLS
import SLSClient
import SLSConsumer
import SLSProtocol

/// The service: one source logstore and one consumer group. Who gets what is the emulator's own values' to say; here is
/// what the store does for them.
struct SimulatedServer {
    /// A consumer group as it stands in the store.
    private struct StoredGroup {
        var consumers: [GroupCoordinator.ConsumerRow] = []
        var shards: [ShardID: GroupCoordinator.ShardRow] = [:]

        mutating func apply(_ changes: GroupCoordinator.Changes) {
            if let consumers = changes.consumers { self.consumers = consumers }
            for row in changes.shards { shards[row.shard] = row }
            for shard in changes.removedShards { shards[shard] = nil }
        }
    }

    /// Nothing is heard while it is away.
    var isUp = true
    /// Every log group that the source has accepted; a `Content` is its place here.
    private(set) var accepted: [LogGroupTruth] = []
    /// The log groups of each shard, in order, by the shard's number.
    private(set) var logs: [[Content]] = []
    private(set) var group: GroupCoordinator?
    private(set) var map: ShardMap

    private let clock: SkewedClock
    private var cursors: CursorAllocator
    /// Whether what was shown of the source outlives a restart.
    private let keepsNumbers: Bool
    private var stored = StoredGroup()

    init(shardCount: Int, clock: SkewedClock, highestNumber: Int64, keepsNumbers: Bool) {
        self.clock = clock
        self.keepsNumbers = keepsNumbers
        cursors = CursorAllocator(highest: highestNumber)
        map = ShardMap(shardCount: shardCount, created: Self.wall(clock, .zero))
        open(map.shards, at: .zero)
    }

    // MARK: Time

    func now(_ time: TrueTime) -> Instant { clock.reading(at: time) }

    private static func wall(_ clock: SkewedClock, _ time: TrueTime) -> Timestamp {
        Timestamp(seconds: 1_700_000_000 + Int(clock.reading(at: time).nanoseconds / 1_000_000_000))
    }

    /// Its time of day.
    func wall(_ time: TrueTime) -> Timestamp { Self.wall(clock, time) }

    // MARK: The source

    /// Takes a log group into the shard of a key.
    ///
    /// - Parameter skippedCount: How many numbers before its own nobody gets.
    mutating func accept(_ draft: Draft, skippedCount: Int, key: HashKey, at time: TrueTime) {
        // All keys are covered.
        guard let shard = try? map.shard(for: key).id else { return }
        if skippedCount > 0 { _ = cursors.take(skippedCount, in: shard) }
        let cursor = cursors.take(1, in: shard)
        logs[shard.value].append(accepted.count)
        accepted.append(
            LogGroupTruth(
                shard: shard, cursor: cursor, accepted: time, received: wall(time), topic: draft.topic,
                isPoison: draft.isPoison, byteCount: draft.byteCount))
    }

    mutating func noteStored(_ content: Content) { accepted[content].storedCount += 1 }

    mutating func split(_ shard: ShardID, at time: TrueTime) -> Bool {
        // One that was split meanwhile, or is too narrow, is refused.
        guard let family = try? map.split(shard, .middle, created: wall(time)) else { return false }
        open(Array(family.dropFirst()), at: time)
        return true
    }

    mutating func merge(_ shard: ShardID, at time: TrueTime) -> Bool {
        // The last one has no neighbour.
        guard let family = try? map.merge(shard, created: wall(time)) else { return false }
        open(Array(family.prefix(1)), at: time)
        return true
    }

    private mutating func open(_ shards: [Shard], at time: TrueTime) {
        for shard in shards {
            _ = cursors.open(shard.id, created: now(time).nanoseconds)
            logs.append([])
        }
        let facts = map.facts(ends: cursors)
        group?.update(shards: facts)
        store()
    }

    func end(of shard: ShardID) -> Cursor? { cursors.end(of: shard) }

    // MARK: The group

    /// The table's row of a shard, at this very moment.
    mutating func row(_ shard: ShardID, at time: TrueTime) -> GroupCoordinator.ShardRow? {
        expire(at: time)
        guard let index = group?.index(of: shard) else { return nil }
        return group?.shards[index].row
    }

    /// Every shard's checkpoint; nil where there is no group.
    var checkpoints: [ShardID: Cursor]? {
        group.map { group in
            group.shardRows.reduce(into: [:]) { found, row in found[row.shard] = row.checkpoint?.cursor }
        }
    }

    /// Forgets whoever was silent for too long.
    mutating func expire(at time: TrueTime) {
        let reading = now(time)
        group?.expire(now: reading)
    }

    /// Makes or unmakes the group, as another library or a person does.
    mutating func setGroup(_ settings: GroupCoordinator.Settings?) {
        group = settings.map { GroupCoordinator($0, shards: map.facts(ends: cursors)) }
        stored = StoredGroup()
        store()
    }

    mutating func update(_ settings: GroupCoordinator.Settings) {
        group?.update(settings)
        store()
    }

    /// Reads everything anew from the store; every member gets a fresh timeout.
    mutating func restart(at time: TrueTime) {
        isUp = true
        restoreNumbers()
        guard let settings = group?.settings else { return }
        group = GroupCoordinator(
            restoring: settings, consumers: stored.consumers,
            shards: stored.shards.values.sorted { $0.shard < $1.shard },
            facts: map.facts(ends: cursors), now: now(time))
    }

    /// The source's numbers as they stand in the store. Without the rule each shard's newest log group was shown before it
    /// was committed: it is gone, and another will have its number.
    private mutating func restoreNumbers() {
        var ends: [ShardID: Cursor] = [:]
        for shard in map.shards {
            if !keepsNumbers, let content = logs[shard.id.value].popLast() {
                ends[shard.id] = accepted[content].cursor
            } else {
                ends[shard.id] = cursors.end(of: shard.id)
            }
        }
        cursors = CursorAllocator(highest: cursors.highest, ends: ends)
    }

    private mutating func store() {
        if let changes = group?.takeChanges(), !changes.isEmpty { stored.apply(changes) }
    }

    // MARK: Answers

    mutating func answer(_ request: Request, at time: TrueTime) -> Answer {
        do throws(APIError) {
            let answer = try respond(to: request, at: time)
            store()
            return answer
        } catch {
            return .failed(.api(error, requestID: ""))
        }
    }

    private mutating func respond(to request: Request, at time: TrueTime) throws(APIError) -> Answer {
        let reading = now(time)
        switch request {
        case .findGroup: return .group(timeout: group?.settings.timeout)
        case .listShards: return .shards(map.shards.map { ($0.id, $0.isReadOnly) })
        case .getCursor(let shard, let position): return .cursor(try cursor(position, of: shard))
        case .createGroup(let timeout):
            guard group == nil else { throw APIError(.consumerGroupAlreadyExist, "") }
            setGroup(GroupCoordinator.Settings(timeout: timeout, inOrder: false))
            return .done
        case .pull(let shard, let cursor, let count): return try pull(shard, from: cursor, count: count)
        case .heartbeat(let name, let reported, _):
            guard group != nil else { throw APIError(.consumerGroupNotExist, "") }
            return .granted(try group?.heartbeat(from: name, reporting: reported, now: reading) ?? [])
        case .save(let shard, let cursor, let name, let isForced, _):
            guard group != nil else { throw APIError(.consumerGroupNotExist, "") }
            try group?.save(
                Checkpoint(cursor.encoded), shard: shard, by: name, isForced: isForced, now: reading,
                wallMicroseconds: 1)
            return .done
        case .readCheckpoints:
            guard let checkpoints else { throw APIError(.consumerGroupNotExist, "") }
            return .checkpoints(checkpoints)
        case .put, .putExact: preconditionFailure("a put goes to a target")
        }
    }

    private func cursor(_ position: CursorPosition, of shard: ShardID) throws(APIError) -> Cursor {
        guard let end = cursors.end(of: shard) else { throw APIError(.shardNotExist, "", status: 400) }
        let log = logs[shard.value]
        switch position {
        case .begin: return log.first.map { accepted[$0].cursor } ?? end
        case .end: return end
        case .received(let time): return log.first { accepted[$0].received >= time }.map { accepted[$0].cursor } ?? end
        }
    }

    private func pull(_ shard: ShardID, from cursor: Cursor, count: Int) throws(APIError) -> Answer {
        let log = logs[shard.value]
        guard let end = cursors.end(of: shard), cursor <= end else { throw APIError(.invalidCursor, "") }
        let start = place(of: cursor, in: log)
        let found = Array(log[start...].prefix(count))
        let next = start + found.count < log.count ? accepted[log[start + found.count]].cursor : end
        // The number of the last one is said as text, in a header.
        let last = found.last.flatMap { Int64("\(accepted[$0].cursor)") }
        return .pulled(
            PulledLogs(body: [], nextCursor: next, count: found.count, lastReadNumber: last, isAtEnd: next == end),
            found)
    }

    /// How many log groups of a shard stand before a position.
    private func place(of cursor: Cursor, in log: [Content]) -> Int {
        var (low, high) = (0, log.count)
        while low < high {
            let middle = (low + high) / 2
            if accepted[log[middle]].cursor < cursor { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
