public import SLSClient
import SLSConsumer
public import SLSProtocol

/// Compares, by bytes, what a stretch of a source shard should have brought to the targets with what is there.
public struct DeliveryAudit: Sendable {
    /// What is to be looked at.
    public struct Range: Sendable {
        /// The shard of the source.
        public var shard: ShardID
        /// The first log group.
        public var from: CheckpointBook.Destination
        /// Behind the last log group.
        public var to: CheckpointBook.Destination
        /// How much earlier than the stretch source and targets are read, up to now: in seconds, one of `margins`.
        public var margin = 3_600
        /// Up to ten years: longer than anything is kept.
        public static let margins = 0...315_360_000

        /// A stretch of a shard.
        public init(shard: ShardID, from: CheckpointBook.Destination, to: CheckpointBook.Destination) {
            self.shard = shard
            self.from = from
            self.to = to
        }
    }

    /// What was found in one target.
    public struct Finding: Equatable, Sendable {
        /// `project/logstore`.
        public let target: String
        /// Log groups of the stretch that are routed here.
        public var owed = 0
        /// Those that are in the dead-letter logstore in its place.
        public var deadLettered = 0
        /// Those that are neither here nor there.
        public var lost = 0
        /// Those of which that cannot be told: they may have expired here, or the same bytes are owed a second time, from
        /// outside of the stretch and above the checkpoint, and are here less often than that.
        public var undecided = 0
        /// Copies beyond the first.
        public var duplicated = 0
        /// Log groups there that no shard of the source has, from twice the margin before the stretch on; not those that came
        /// when the source had what has expired since.
        public var foreign = 0
        /// The cursors of the first few that are lost.
        public var lostCursors: [Cursor] = []
    }

    /// What came of it.
    public struct Report: Equatable, Sendable {
        /// The first log group that was looked at, and the position behind the last.
        public let from: Cursor, to: Cursor
        /// Log groups read there.
        public let read: Int
        /// Those that no route wants.
        public let dropped: Int
        /// Where the group's checkpoint of this shard is; what lies above it need not be there yet.
        public let checkpoint: Cursor?
        /// By target.
        public internal(set) var findings: [Finding]
        /// What was not judged because it may have expired, a sentence each.
        public internal(set) var gaps: [String]

        /// Whether all that is owed is there, and nothing twice.
        public var isClean: Bool { findings.allSatisfy { $0.lost == 0 && $0.undecided == 0 && $0.duplicated == 0 } }
        /// Log groups of the stretch that need not be there yet.
        public var undue: Int64 {
            checkpoint.map { max(0, to.number - max($0, from).number) } ?? to.number - from.number
        }
    }

    /// Why it could not be done.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A call failed.
        case call(ClientError)
        /// A pulled body is no list of log groups.
        case malformed(ProtobufError)
        /// Some of the stretch has expired.
        case expired(from: Cursor, begin: Cursor)
        /// The stretch ends before it begins.
        case backwards(from: Cursor, to: Cursor)

        /// A sentence for a person, with what holds.
        public var description: String {
            switch self {
            case .call(let error): "\(error)"
            case .malformed(let error): "a pulled body is no list of log groups: \(error)"
            case .expired(let from, let begin):
                "\(begin.number - from.number) log groups from cursor \(from) on have expired in the source and cannot be "
                    + "compared any more; nothing is said of them. Audit from \(begin) on."
            case .backwards(let from, let to): "the stretch ends at \(to), before it begins at \(from)"
            }
        }
    }

    private static let lostShown = 5

    /// How often each log group is there, by the digest of its bytes.
    typealias Counts = [[UInt8]: Int]

    let session: OperatorSession

    /// An audit of that session's source and targets.
    public init(_ session: OperatorSession) { self.session = session }

    /// Reads the stretch, then everything from the margin before it up to now from source and targets.
    public func run(_ range: Range) async throws(Failure) -> Report {
        let settings = session.settings
        let (from, to) = try await ends(of: range)
        // Before the targets are read: what is covered by then is there.
        let checkpoints = try await checkpoints()
        var stretch = Stretch(shard: range.shard, cursors: from..<to, checkpoints: checkpoints)
        stretch.owed = settings.targets.map { _ in [] }
        var read = 0
        var dropped = 0
        try await forEachGroup(of: range.shard, in: settings.source, from: from, to: to) { cursor, bytes, group in
            read += 1
            let targets = settings.routes.targets(ofTopic: group.topic, in: bytes.span)
            if targets.isEmpty { dropped += 1 }
            for target in targets {
                stretch.owed[target].append((cursor, digest(bytes, group, range.shard, cursor)))
            }
        }
        let first = try await time(of: from, range.shard)
        let since = first + -range.margin
        let due = try await due(since: since, stretch)
        // What stands at the edge of the targets' stretch was read in the source a while before.
        let known = try await self.due(since: since + -range.margin, stretch)
        // What the source had before that may stand in targets up to the margin later.
        let knownSince = try await oldestKept(in: settings.source).map { $0 + range.margin }
        let deadLetters = try await deadLetters(since: since)
        var report = Report(
            from: from, to: to, read: read, dropped: dropped, checkpoint: checkpoints[range.shard], findings: [],
            gaps: [])
        for (index, place) in settings.targets.enumerated() {
            let expected = Expected(
                owed: stretch.owed[index], due: due.settled[index], open: due.open[index],
                known: Set(known.settled[index].keys).union(known.open[index].keys))
            var target = try await reading(place, since: since, expected, knownSince: knownSince)
            target.deadLetters = deadLetters[index]
            target.mayHaveExpired = try await firstKept(in: place, range.shard, at: first)
            report.add(judge(target, expected), of: target)
        }
        return report
    }

    /// The log groups that are judged.
    private struct Stretch {
        let shard: ShardID
        let cursors: Swift.Range<Cursor>
        /// Of the group, by shard.
        let checkpoints: [ShardID: Cursor]
        /// By target.
        var owed: [[(cursor: Cursor, digest: [UInt8])]] = []

        /// Whether a log group is none of these and need not be delivered yet.
        func leavesOpen(_ cursor: Cursor, of other: ShardID) -> Bool {
            if other == shard, cursors.contains(cursor) { return false }
            return checkpoints[other].map { cursor >= $0 } ?? true
        }
    }

    /// What one target should hold.
    private struct Expected {
        /// Of the stretch.
        let owed: [(cursor: Cursor, digest: [UInt8])]
        /// Of all shards, in the time that the target is read for.
        let due: Counts
        /// Beside these, what need not be there yet.
        let open: Counts
        /// Of all shards, from earlier on.
        let known: Set<[UInt8]>
    }

    /// What one target, and the dead letters in its place, hold.
    struct Held {
        let place: DispatcherSettings.Place
        var found: Counts = [:]
        var deadLetters: Counts = [:]
        var foreign = 0
        /// Log groups whose origin may have expired in the source.
        var originless = 0
        /// The log groups of the stretch before this one may have been here, and have expired.
        var mayHaveExpired: Cursor?
    }

    private func reading(
        _ place: DispatcherSettings.Place, since: Timestamp, _ expected: Expected, knownSince: Timestamp?
    ) async throws(Failure) -> Held {
        var held = Held(place: place)
        var edges: [ShardID: Cursor] = [:]
        if let knownSince, since < knownSince {
            for shard in try await shards(of: place) {
                edges[shard] = try await cursor(.position(.received(knownSince)), of: shard, in: place)
            }
        }
        try await forEachGroup(of: place, since: since) { shard, cursor, bytes, group in
            let digest = Digest.sha256(Array(bytes[group.bytes]))
            if expected.known.contains(digest) {
                held.found[digest, default: 0] += 1
            } else if let edge = edges[shard], cursor < edge {
                held.originless += 1
            } else {
                held.foreign += 1
            }
        }
        return held
    }

    private func judge(_ held: Held, _ expected: Expected) -> Finding {
        var finding = Finding(target: held.place.description)
        finding.foreign = held.foreign
        finding.owed = expected.owed.count
        var stretch: [[UInt8]: [Cursor]] = [:]
        for (cursor, digest) in expected.owed { stretch[digest, default: []].append(cursor) }
        for (digest, cursors) in stretch.sorted(by: { $0.value[0] < $1.value[0] }) {
            let (there, due) = (held.found[digest] ?? 0, expected.due[digest] ?? 0)
            let open = expected.open[digest] ?? 0
            finding.duplicated += max(0, there - due - open)
            // The same bytes may be owed again outside of the stretch, where nothing is asked of them.
            let missing = max(0, min(due - there, cursors.count))
            let doubtful = max(0, min(due + open - there, cursors.count)) - missing
            let dead = min(missing + doubtful, held.deadLetters[digest] ?? 0)
            let expired = min(
                max(0, missing - dead), cursors.count { cursor in held.mayHaveExpired.map { cursor < $0 } ?? false })
            let lost = max(0, missing - dead) - expired
            finding.deadLettered += dead
            finding.lost += lost
            finding.undecided += missing + doubtful - dead - lost
            let room = Self.lostShown - finding.lostCursors.count
            finding.lostCursors += cursors.suffix(lost).prefix(max(0, room))
        }
        return finding
    }

    // MARK: What is read

    private func ends(of range: Range) async throws(Failure) -> (from: Cursor, to: Cursor) {
        func cursor(_ destination: CheckpointBook.Destination) async throws(Failure) -> Cursor {
            try await self.cursor(destination, of: range.shard, in: session.settings.source)
        }
        let (from, to) = (try await cursor(range.from), try await cursor(range.to))
        let begin = try await cursor(.position(.begin))
        let end = try await cursor(.position(.end))
        if from < begin { throw .expired(from: from, begin: begin) }
        if min(to, end) < from { throw .backwards(from: from, to: min(to, end)) }
        return (from, min(to, end))
    }

    func cursor(
        _ destination: CheckpointBook.Destination, of shard: ShardID, in place: DispatcherSettings.Place
    ) async throws(Failure) -> Cursor {
        switch destination {
        case .cursor(let cursor): cursor
        case .position(let position):
            try await calling { () async throws(ClientError) in
                try await session.client(for: place).getCursor(of: shard, in: place.logstore, from: position)
            }
        }
    }

    private func time(of cursor: Cursor, _ shard: ShardID) async throws(Failure) -> Timestamp {
        try await calling { () async throws(ClientError) in
            try await session.source.getCursorTime(cursor, of: shard, in: session.settings.source.logstore)
        }
    }

    /// The group's; none where there is no such group.
    private func checkpoints() async throws(Failure) -> [ShardID: Cursor] {
        let settings = session.settings
        var found: [ShardID: Cursor] = [:]
        do throws(ClientError) {
            for saved in try await session.source.listCheckpoints(of: settings.group, in: settings.source.logstore) {
                found[ShardID(saved.shard)] = Cursor(encoded: saved.checkpoint)
            }
        } catch {
            if !error.means(.consumerGroupNotExist) { throw .call(error) }
        }
        return found
    }

    /// What all shards of the source owe each target since then, and beside it what they need not have delivered yet.
    private func due(since: Timestamp, _ stretch: Stretch) async throws(Failure) -> (settled: [Counts], open: [Counts])
    {
        let settings = session.settings
        var settled: [Counts] = settings.targets.map { _ in [:] }
        var open = settled
        try await forEachGroup(of: settings.source, since: since) { shard, cursor, bytes, group in
            for target in settings.routes.targets(ofTopic: group.topic, in: bytes.span) {
                let digest = digest(bytes, group, shard, cursor)
                if stretch.leavesOpen(cursor, of: shard) {
                    open[target][digest, default: 0] += 1
                } else {
                    settled[target][digest, default: 0] += 1
                }
            }
        }
        return (settled, open)
    }

    /// What is in the dead letters in each target's place.
    private func deadLetters(since: Timestamp) async throws(Failure) -> [Counts] {
        let settings = session.settings
        let tag = DeadLetterTag(settings)
        var found: [Counts] = settings.targets.map { _ in [:] }
        guard let place = settings.delivery.deadLetter else { return found }
        try await forEachGroup(of: place, since: since) { _, _, bytes, group in
            guard let (target, logGroup) = tag.origin(of: bytes[group.bytes]) else { return }
            found[target][Digest.sha256(Array(logGroup)), default: 0] += 1
        }
        return found
    }

    /// The digest of the bytes that a log group arrives as.
    private func digest(_ bytes: [UInt8], _ group: ScannedLogGroup, _ shard: ShardID, _ cursor: Cursor) -> [UInt8] {
        var written = Array(bytes[group.bytes])
        if session.settings.delivery.tagsOrigin {
            written += OriginTag(source: session.settings.source).fields(shard: shard, cursor: cursor)
        }
        return Digest.sha256(written)
    }

    private func shards(of place: DispatcherSettings.Place) async throws(Failure) -> [ShardID] {
        try await calling { () async throws(ClientError) in
            try await session.client(for: place).listShards(of: place.logstore)
        }.map { ShardID($0.id) }
    }

    private func forEachGroup(
        of place: DispatcherSettings.Place, since: Timestamp,
        _ body: (ShardID, Cursor, [UInt8], ScannedLogGroup) -> Void
    ) async throws(Failure) {
        let client = session.client(for: place)
        for shard in try await shards(of: place) {
            let (from, to) = try await calling { () async throws(ClientError) in
                (
                    try await client.getCursor(of: shard, in: place.logstore, from: .received(since)),
                    try await client.getCursor(of: shard, in: place.logstore, from: .end)
                )
            }
            try await forEachGroup(of: shard, in: place, from: from, to: to) { body(shard, $0, $1, $2) }
        }
    }

    private func forEachGroup(
        of shard: ShardID, in place: DispatcherSettings.Place, from: Cursor, to: Cursor,
        _ body: (Cursor, [UInt8], ScannedLogGroup) -> Void
    ) async throws(Failure) {
        let client = session.client(for: place)
        var position = from
        while position < to {
            let start = position
            let (pulled, _) = try await calling { () async throws(ClientError) in
                try await Batch.Numbering.pulling(1_000, from: start) { count async throws(ClientError) in
                    try await client.pullLogs(from: start, of: shard, in: place.logstore, count: count, end: to)
                }
            }
            if pulled.nextCursor == position { return }
            let first = Batch.Numbering(pulled, from: start).first
            let groups: [ScannedLogGroup]
            do { groups = try LogGroupScanner.groups(inList: pulled.body) } catch { throw .malformed(error) }
            for (index, group) in groups.enumerated() { body(first.advanced(by: index), pulled.body, group) }
            position = pulled.nextCursor
        }
    }

    private func calling<Value: Sendable>(
        _ call: () async throws(ClientError) -> Value
    ) async throws(Failure) -> Value {
        do throws(ClientError) { return try await call() } catch { throw .call(error) }
    }
}
