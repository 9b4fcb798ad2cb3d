package import SLSProtocol

/// A shard as the topology of its logstore knows it.
package struct Shard: Equatable, Sendable {
    package let id: ShardID
    /// First hash key of the shard.
    package let begin: HashKey
    /// First hash key behind the shard; the key `ff…f` belongs to the last shard all the same.
    package let end: HashKey
    /// Read-only since a split or merge: never written again, readable until its data expires.
    package var isReadOnly: Bool
    package let created: Timestamp
    /// Every shard it came from, parents of parents included, ascending; also those that no longer exist.
    package let ancestors: [ShardID]

    /// Whether a log group of that key belongs here.
    package func contains(_ key: HashKey) -> Bool { begin <= key && (key < end || (key == .max && end == .max)) }
}

/// The shards of one logstore: how the hash keys are cut among them, and where a write goes.
///
/// Shards that can be written cover the keys without gap or overlap, unless all are gone.
/// Source: protocol.md 5.1 "Which shard" and 5.5.
package struct ShardMap: Equatable, Sendable {
    /// Where a shard is cut.
    package enum Cut: Equatable, Sendable {
        /// Strictly inside the shard's range.
        case at(HashKey)
        /// That many equal parts, at least 2.
        case parts(Int)
        /// Two halves.
        case middle
    }

    /// All that exist, ascending by id.
    package private(set) var shards: [Shard]
    /// The id the next new shard gets; ids are never used twice.
    private(set) var nextID: Int
    /// How often `balancedShard()` was asked; not part of the state that is stored.
    private var balancedWriteCount = 0

    /// The topology of a fresh logstore: equal ranges, ids from 0.
    package init(shardCount: Int, created: Timestamp) {
        shards = []
        nextID = 0
        append(ShardMap.evenCuts(from: .min, to: .max, parts: shardCount), ancestors: [], created: created)
    }

    /// The topology as it was stored.
    package init(shards: [Shard], nextID: Int) {
        self.shards = shards.sorted { $0.id < $1.id }
        self.nextID = nextID
    }

    package static func == (a: Self, b: Self) -> Bool { a.shards == b.shards && a.nextID == b.nextID }

    /// The shards that can be written, ascending by range.
    package var writable: [Shard] { shards.filter { !$0.isReadOnly }.sorted { $0.begin < $1.begin } }

    /// - Throws: `ShardNotExist`, 400.
    package func shard(_ id: ShardID) throws(APIError) -> Shard {
        guard let index = index(of: id) else { throw .shardNotExist(id) }
        return shards[index]
    }

    /// The shard a log group with that key is written to.
    ///
    /// - Throws: `LogStoreWithoutShard` when none can be written.
    package func shard(for key: HashKey) throws(APIError) -> Shard {
        guard let shard = shards.first(where: { !$0.isReadOnly && $0.contains(key) }) else { throw Self.withoutShard }
        return shard
    }

    /// The shard the next write without a key goes to: each in turn, but for those without room, unless all are. The
    /// service's own way is not published.
    ///
    /// - Throws: `LogStoreWithoutShard` when none can be written.
    package mutating func balancedShard(where hasRoom: (Shard) -> Bool = { _ in true }) throws(APIError) -> Shard {
        let candidates = shards.lazy.filter { !$0.isReadOnly }
        let count = candidates.count
        guard count > 0 else { throw Self.withoutShard }
        defer { balancedWriteCount = (balancedWriteCount + 1) % count }
        let turn = balancedWriteCount % count
        let shard =
            candidates.dropFirst(turn).first(where: hasRoom) ?? candidates.prefix(turn).first(where: hasRoom)
            ?? candidates.dropFirst(turn).first
        guard let shard else { throw Self.withoutShard }
        return shard
    }

    /// Cuts a shard; it becomes read-only.
    ///
    /// - Returns: The parent, then the new shards, ascending by range and id.
    /// - Throws: `ParameterInvalid` when the shard does not exist or is read-only, or the cut is not inside its range.
    package mutating func split(_ id: ShardID, _ cut: Cut, created: Timestamp) throws(APIError) -> [Shard] {
        let parent = try writableShard(id)
        let bounds: [HashKey]
        switch cut {
        case .at(let key):
            guard parent.begin < key, key < parent.end else { throw .parameterInvalid("invalid mid hash.") }
            bounds = [parent.begin, key, parent.end]
        case .parts(let count):
            guard count >= 2, UInt128(count) <= parent.end.value - parent.begin.value else {
                throw .parameterInvalid("invalid shard count: \(count)")
            }
            bounds = Self.evenCuts(from: parent.begin, to: parent.end, parts: count)
        case .middle:
            guard parent.end.value - parent.begin.value >= 2 else { throw .parameterInvalid("invalid mid hash.") }
            bounds = Self.evenCuts(from: parent.begin, to: parent.end, parts: 2)
        }
        let closed = close(parent)
        return [closed] + append(bounds, ancestors: (parent.ancestors + [id]).sorted(), created: created)
    }

    /// Joins a shard with its right-hand neighbour; both become read-only.
    ///
    /// - Returns: The new shard, then its two parents, left before right.
    /// - Throws: `ParameterInvalid` when the shard does not exist, is read-only, or is the last one.
    package mutating func merge(_ id: ShardID, created: Timestamp) throws(APIError) -> [Shard] {
        let left = try writableShard(id)
        guard let right = shards.first(where: { !$0.isReadOnly && $0.begin == left.end }) else {
            throw .parameterInvalid("can not merge the last shard")
        }
        let parents = [close(left), close(right)]
        let ancestors = Set(left.ancestors + right.ancestors + [left.id, right.id]).sorted()
        return append([left.begin, right.end], ancestors: ancestors, created: created) + parents
    }

    /// When each shard became read-only: when the first of those that came from it was made. None for those of which
    /// nothing came.
    func closings() -> [ShardID: Timestamp] {
        var closings: [ShardID: Timestamp] = [:]
        for shard in shards {
            // unordered: an array, and each is a minimum.
            for ancestor in shard.ancestors {
                closings[ancestor] = min(closings[ancestor] ?? shard.created, shard.created)
            }
        }
        return closings
    }

    /// What consumer groups must know of the shards, ascending by id.
    ///
    /// - Parameter cursors: Knows where each of them ends.
    package func facts(ends cursors: CursorAllocator) -> [ShardFacts] {
        shards.map { shard in
            ShardFacts(
                id: shard.id, ancestors: shard.ancestors,
                finalEnd: shard.isReadOnly ? cursors.end(of: shard.id) : nil)
        }
    }

    /// Takes away a read-only shard, when its data has expired or DeleteShard asks for it.
    ///
    /// - Throws: `ShardNotExist`, or `ParameterInvalid` when it can still be written.
    package mutating func remove(_ id: ShardID) throws(APIError) {
        let shard = try shard(id)
        guard shard.isReadOnly else { throw .parameterInvalid("shard \(id) is not readonly") }
        shards.removeAll { $0.id == id }
    }

    /// Cuts a range into equal parts: `parts + 1` bounds, ascending. The end `ff…f` counts as one past the last key, so
    /// that halves meet at `80…0`.
    static func evenCuts(from begin: HashKey, to end: HashKey, parts: Int) -> [HashKey] {
        let count = UInt128(parts)
        // The width may be 2^128, one more than the type holds: its quotient and remainder are put together.
        let (quotient, remainder) = (end.value - begin.value).quotientAndRemainder(dividingBy: count)
        let rest = end == .max ? remainder + 1 : remainder
        let inner = (1..<max(count, 1)).map { HashKey(value: begin.value + $0 * quotient + $0 * rest / count) }
        return [begin] + inner + [end]
    }

    private static let withoutShard = APIError(.logStoreWithoutShard, "the logstore has no shard that can be written")

    private func index(of id: ShardID) -> Int? {
        let index = shards.partitionPoint { $0.id < id }
        return index < shards.count && shards[index].id == id ? index : nil
    }

    private func writableShard(_ id: ShardID) throws(APIError) -> Shard {
        guard let index = index(of: id), !shards[index].isReadOnly else { throw .parameterInvalid("invalid shard id.") }
        return shards[index]
    }

    private mutating func close(_ shard: Shard) -> Shard {
        guard let index = index(of: shard.id) else { preconditionFailure("shard \(shard.id) is not in the map") }
        shards[index].isReadOnly = true
        return shards[index]
    }

    @discardableResult
    private mutating func append(_ bounds: [HashKey], ancestors: [ShardID], created: Timestamp) -> [Shard] {
        let fresh = zip(bounds, bounds.dropFirst()).enumerated().map { offset, range in
            Shard(
                id: ShardID(nextID + offset), begin: range.0, end: range.1, isReadOnly: false, created: created,
                ancestors: ancestors)
        }
        nextID += fresh.count
        shards += fresh
        return fresh
    }
}

extension Array {
    /// The index of the first element for which `isBefore` is false, in an array that is sorted by it; `count` if none.
    func partitionPoint(_ isBefore: (Element) -> Bool) -> Int {
        var range = startIndex..<endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if isBefore(self[middle]) {
                range = middle + 1..<range.upperBound
            } else {
                range = range.lowerBound..<middle
            }
        }
        return range.lowerBound
    }
}
