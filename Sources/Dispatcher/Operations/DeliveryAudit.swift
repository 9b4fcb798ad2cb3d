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
        /// Copies beyond the first.
        public var duplicated = 0
        /// Log groups there that no shard of the source has, from twice the margin before the stretch on.
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
        public let findings: [Finding]

        /// Whether nothing is lost and nothing is there twice.
        public var isClean: Bool { findings.allSatisfy { $0.lost == 0 && $0.duplicated == 0 } }
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
    private typealias Counts = [[UInt8]: Int]

    private let session: OperatorSession

    /// An audit of that session's source and targets.
    public init(_ session: OperatorSession) { self.session = session }

    /// Reads the stretch, then everything from the margin before it up to now from source and targets.
    public func run(_ range: Range) async throws(Failure) -> Report {
        let settings = session.settings
        let (from, to) = try await ends(of: range)
        var owed: [[(cursor: Cursor, digest: [UInt8])]] = settings.targets.map { _ in [] }
        var read = 0
        var dropped = 0
        try await forEachGroup(of: range.shard, in: settings.source, from: from, to: to) { cursor, bytes, group in
            read += 1
            let targets = settings.routes.targets(ofTopic: group.topic, in: bytes.span)
            if targets.isEmpty { dropped += 1 }
            for target in targets {
                owed[target].append((cursor, digest(bytes, group, range.shard, cursor)))
            }
        }
        let first = try await time(of: from, range.shard)
        let since = first + -range.margin
        let due = try await due(since: since)
        // What stands at the edge of the targets' stretch was read in the source a while before.
        let known = try await self.due(since: since + -range.margin)
        let deadLetters = try await deadLetters(since: since)
        var findings: [Finding] = []
        for (index, place) in settings.targets.enumerated() {
            let expected = Expected(owed: owed[index], due: due[index], known: Set(known[index].keys))
            findings.append(try await judge(place, expected, deadLetters[index], since: since))
        }
        return Report(
            from: from, to: to, read: read, dropped: dropped, checkpoint: try await checkpoint(of: range.shard),
            findings: findings)
    }

    /// What one target should hold.
    private struct Expected {
        /// Of the stretch.
        let owed: [(cursor: Cursor, digest: [UInt8])]
        /// Of all shards, in the time that the target is read for.
        let due: Counts
        /// Of all shards, from earlier on.
        let known: Set<[UInt8]>
    }

    private func judge(
        _ place: DispatcherSettings.Place, _ expected: Expected, _ deadLetters: Counts, since: Timestamp
    ) async throws(Failure) -> Finding {
        var found: Counts = [:]
        var finding = Finding(target: place.description)
        try await forEachGroup(of: place, since: since) { _, _, bytes, group in
            let digest = Digest.sha256(Array(bytes[group.bytes]))
            if expected.known.contains(digest) { found[digest, default: 0] += 1 } else { finding.foreign += 1 }
        }
        finding.owed = expected.owed.count
        var stretch: [[UInt8]: [Cursor]] = [:]
        for (cursor, digest) in expected.owed { stretch[digest, default: []].append(cursor) }
        for (digest, cursors) in stretch.sorted(by: { $0.value[0] < $1.value[0] }) {
            let (there, due) = (found[digest] ?? 0, expected.due[digest] ?? 0)
            if there > due { finding.duplicated += there - due }
            // The same bytes may come again behind the stretch, where nothing is asked of them.
            let missing = max(0, min(due - there, cursors.count))
            let dead = min(missing, deadLetters[digest] ?? 0)
            finding.deadLettered += dead
            finding.lost += missing - dead
            let room = Self.lostShown - finding.lostCursors.count
            finding.lostCursors += cursors.suffix(missing - dead).prefix(max(0, room))
        }
        return finding
    }

    // MARK: What is read

    private func ends(of range: Range) async throws(Failure) -> (from: Cursor, to: Cursor) {
        let client = session.source
        let logstore = session.settings.source.logstore
        func cursor(_ destination: CheckpointBook.Destination) async throws(Failure) -> Cursor {
            switch destination {
            case .cursor(let cursor): cursor
            case .position(let position):
                try await calling { () async throws(ClientError) in
                    try await client.getCursor(of: range.shard, in: logstore, from: position)
                }
            }
        }
        let (from, to) = (try await cursor(range.from), try await cursor(range.to))
        let begin = try await cursor(.position(.begin))
        let end = try await cursor(.position(.end))
        if from < begin { throw .expired(from: from, begin: begin) }
        if min(to, end) < from { throw .backwards(from: from, to: min(to, end)) }
        return (from, min(to, end))
    }

    private func time(of cursor: Cursor, _ shard: ShardID) async throws(Failure) -> Timestamp {
        try await calling { () async throws(ClientError) in
            try await session.source.getCursorTime(cursor, of: shard, in: session.settings.source.logstore)
        }
    }

    /// - Returns: nil where there is none, or no such group.
    private func checkpoint(of shard: ShardID) async throws(Failure) -> Cursor? {
        let settings = session.settings
        do throws(ClientError) {
            let saved = try await session.source.listCheckpoints(
                of: settings.group, in: settings.source.logstore, shard: shard)
            return saved.first.flatMap { Cursor(encoded: $0.checkpoint) }
        } catch {
            if error.means(.consumerGroupNotExist) { return nil }
            throw .call(error)
        }
    }

    /// What all shards of the source owe each target since then.
    private func due(since: Timestamp) async throws(Failure) -> [Counts] {
        let settings = session.settings
        var due: [Counts] = settings.targets.map { _ in [:] }
        try await forEachGroup(of: settings.source, since: since) { shard, cursor, bytes, group in
            for target in settings.routes.targets(ofTopic: group.topic, in: bytes.span) {
                due[target][digest(bytes, group, shard, cursor), default: 0] += 1
            }
        }
        return due
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

    private func forEachGroup(
        of place: DispatcherSettings.Place, since: Timestamp,
        _ body: (ShardID, Cursor, [UInt8], ScannedLogGroup) -> Void
    ) async throws(Failure) {
        let client = session.client(for: place)
        let shards = try await calling { () async throws(ClientError) in try await client.listShards(of: place.logstore)
        }
        for shard in shards.map({ ShardID($0.id) }) {
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
