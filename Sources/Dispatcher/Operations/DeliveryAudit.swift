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
        /// Those above the checkpoint that are neither here nor there, and need not be.
        public var notYet = 0
        /// Those below the checkpoint that are neither here nor there.
        public var lost = 0
        /// Those of which that cannot be told: they may have expired here, or the same bytes are owed a second time, above
        /// the checkpoint, and are here less often than that.
        public var undecided = 0
        /// Copies beyond the first, in the target or among the dead letters in its place: not one here and one there, as they
        /// are after a replay.
        public var duplicated = 0
        /// Log groups there that no shard of the source has, from twice the margin before the stretch on; not those that came
        /// when the source had what has expired since.
        public var foreign = 0
        /// Those of them that say where they come from, by the tag that this audit does not expect.
        public var tagged = 0
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
        /// Where the group's checkpoint of this shard was; what lies above it need not be there yet.
        public let checkpoint: Cursor?
        /// By target.
        public internal(set) var findings: [Finding]
        /// What was not judged because it may have expired, or was judged by the wrong tag, a sentence each.
        public internal(set) var notes: [String]

        /// Whether all that is owed is there, and nothing twice.
        public var isClean: Bool { findings.allSatisfy { $0.lost == 0 && $0.undecided == 0 && $0.duplicated == 0 } }
    }

    /// Why it could not be done.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A call failed.
        case call(ClientError)
        /// A shard could not be read.
        case reading(ShardPages.Failure)
        /// Some of the stretch has expired.
        case expired(from: Cursor, begin: Cursor)
        /// The stretch begins or ends at a time from which on some may have expired.
        case uncertain(Timestamp, kept: Timestamp, begin: Cursor)
        /// The stretch ends before it begins.
        case backwards(from: Cursor, to: Cursor)

        /// A sentence for a person, with what holds.
        public var description: String {
            switch self {
            case .call(let error): "\(error)"
            case .reading(let failure): "\(failure)"
            case .expired(let from, let begin):
                "\(begin.number - from.number) log groups from cursor \(from) on have expired in the source and cannot be "
                    + "compared any more; nothing is said of them. Audit from \(begin) on."
            case .uncertain(let time, let kept, let begin):
                "what came to the source before \(kept.iso8601) may have expired, so of a stretch from or to \(time.iso8601) it "
                    + "cannot be said what it held. Give a later time, the cursor \(begin), which is the oldest that is kept, or "
                    + "begin, which means the same."
            case .backwards(let from, let to): "the stretch ends at \(to), before it begins at \(from)"
            }
        }
    }

    private static let lostShown = 5

    /// How often each log group is there, by the digest of its bytes.
    typealias Counts = [[UInt8]: Int]

    let session: OperatorSession
    let clock = ConsumerClock.system

    /// An audit of that session's source and targets.
    public init(_ session: OperatorSession) { self.session = session }

    /// Reads the stretch, then everything from the margin before it up to now from source and targets.
    ///
    /// They go on while they are read, so the ends are taken in an order: first the checkpoints, then the ends of what is
    /// written to, then those of the source. Thus what a checkpoint covers stands before the targets' ends, and whatever
    /// stands there has its origin before the source's.
    public func run(_ range: Range) async throws(Failure) -> Report {
        let settings = session.settings
        let (from, to) = try await ends(of: range)
        let found = try await checkpoints()
        let checkpoints = found ?? [:]
        var targets: [Extent] = []
        for place in settings.targets { targets.append(try await extent(of: place)) }
        var letters: Extent?
        if let place = settings.delivery.deadLetter { letters = try await extent(of: place) }
        let source = try await extent(of: settings.source)
        let standing = Standing(checkpoints: checkpoints)
        let stretch = try await stretch(of: range.shard, in: source, from: from, to: to, standing)
        let first = try await time(of: from, range.shard)
        let since = first + -range.margin
        let due = try await due(in: source, since: since, margin: range.margin, standing)
        // What the source had before that may stand in targets up to the margin later.
        let knownSince = try await oldestKept(in: settings.source).map { $0 + range.margin }
        let deadLetters = try await deadLetters(in: letters, since: since)
        var report = Report(
            from: from, to: to, read: stretch.read, dropped: stretch.dropped, checkpoint: checkpoints[range.shard],
            findings: [],
            notes: found == nil ? ["the group \(settings.group) does not exist: nothing was owed yet"] : [])
        for (index, place) in settings.targets.enumerated() {
            let expected = Expected(
                owed: stretch.owed[index], due: due.settled[index], open: due.open[index], known: due.known[index])
            var target = try await reading(targets[index], since: since, expected, knownSince: knownSince)
            target.deadLetters = deadLetters[index]
            target.mayHaveExpired = try await firstKept(in: place, range.shard, at: first)
            report.add(judge(target, expected), of: target)
        }
        return report
    }

    /// What was read of the stretch.
    private struct Stretch {
        var read = 0
        var dropped = 0
        /// By target.
        var owed: [[Expected.Owed]]
    }

    private func stretch(
        of shard: ShardID, in source: Extent, from: Cursor, to: Cursor, _ standing: Standing
    ) async throws(Failure) -> Stretch {
        let routes = session.settings.routes
        var stretch = Stretch(owed: session.settings.targets.map { _ in [] })
        try await source.forEachGroup(of: shard, from: from, to: to) { cursor, bytes, group in
            stretch.read += 1
            let targets = routes.targets(ofTopic: group.topic, in: bytes.span)
            if targets.isEmpty { stretch.dropped += 1 }
            for target in targets {
                stretch.owed[target].append(
                    Expected.Owed(
                        cursor: cursor, digest: digest(bytes, group, shard, cursor),
                        isOpen: standing.leavesOpen(cursor, of: shard)))
            }
        }
        return stretch
    }

    /// How far the group has come.
    struct Standing {
        /// By shard.
        let checkpoints: [ShardID: Cursor]

        /// Whether a log group need not be delivered yet.
        func leavesOpen(_ cursor: Cursor, of shard: ShardID) -> Bool { checkpoints[shard].map { cursor >= $0 } ?? true }
    }

    /// What one target should hold.
    private struct Expected {
        /// One log group of the stretch.
        struct Owed {
            let cursor: Cursor
            let digest: [UInt8]
            /// Whether it need not be there yet.
            let isOpen: Bool
        }

        /// Of the stretch.
        let owed: [Owed]
        /// Of all shards, in the time that the target is read for.
        let due: Counts
        /// Beside these, what need not be there yet.
        let open: Counts
        /// Of all shards, from earlier on.
        let known: Set<[UInt8]>

        /// The digest of a log group that the source has: of its bytes, or of those before the tags that the target has
        /// appended. Nil for any other.
        func knownDigest(of stored: ArraySlice<UInt8>) -> [UInt8]? {
            var (rest, appended) = (Optional(stored), 0)
            while let bytes = rest, appended <= 2 {
                let digest = Digest.sha256(Array(bytes))
                if known.contains(digest) { return digest }
                (rest, appended) = (AppendedTags.withoutLast(bytes), appended + 1)
            }
            return nil
        }
    }

    /// What one target, and the dead letters in its place, hold.
    struct Held {
        let place: DispatcherSettings.Place
        var found: Counts = [:]
        var deadLetters: Counts = [:]
        var foreign = 0
        /// Those of them that carry the tag that is not expected.
        var tagged = 0
        /// Log groups whose origin may have expired in the source.
        var originless = 0
        /// The log groups of the stretch before this one may have been here, and have expired.
        var mayHaveExpired: Cursor?
    }

    private func reading(
        _ target: Extent, since: Timestamp, _ expected: Expected, knownSince: Timestamp?
    ) async throws(Failure) -> Held {
        var held = Held(place: target.place)
        var edges: [ShardID: Cursor] = [:]
        if let knownSince, since < knownSince {
            for (shard, _) in target.ends {
                edges[shard] = try await cursor(.position(.received(knownSince)), of: shard, in: target.place)
            }
        }
        let tagsOrigin = session.settings.delivery.tagsOrigin
        try await target.forEachGroup(since: since) { shard, cursor, bytes, group in
            if let digest = expected.knownDigest(of: bytes[group.bytes]) {
                held.found[digest, default: 0] += 1
            } else if let edge = edges[shard], cursor < edge {
                held.originless += 1
            } else {
                held.foreign += 1
                if !tagsOrigin, OriginTag.stands(at: bytes[group.bytes]) { held.tagged += 1 }
            }
        }
        return held
    }

    private func judge(_ held: Held, _ expected: Expected) -> Finding {
        var finding = Finding(target: held.place.description)
        finding.foreign = held.foreign
        finding.tagged = held.tagged
        finding.owed = expected.owed.count
        var stretch: [[UInt8]: [Expected.Owed]] = [:]
        for owed in expected.owed { stretch[owed.digest, default: []].append(owed) }
        for (digest, owed) in stretch.sorted(by: { $0.value[0].cursor < $1.value[0].cursor }) {
            let (there, letters) = (held.found[digest] ?? 0, held.deadLetters[digest] ?? 0)
            let (due, open) = (expected.due[digest] ?? 0, expected.open[digest] ?? 0)
            finding.duplicated += max(0, there - due - open) + max(0, letters - due - open)
            let covered = owed.filter { !$0.isOpen }.map(\.cursor)
            // The same bytes may be owed again outside of the stretch, where nothing is asked of them.
            let missing = max(0, min(due - there, covered.count))
            let doubtful = max(0, min(due + open - there, covered.count)) - missing
            let notYet = max(0, min(due + open - there - missing - doubtful, owed.count - covered.count))
            let dead = min(missing + doubtful, letters)
            let early = min(notYet, letters - dead)
            let expired = min(
                max(0, missing - dead), covered.count { cursor in held.mayHaveExpired.map { cursor < $0 } ?? false })
            let lost = max(0, missing - dead) - expired
            finding.deadLettered += dead + early
            finding.notYet += notYet - early
            finding.lost += lost
            finding.undecided += missing + doubtful - dead - lost
            let room = Self.lostShown - finding.lostCursors.count
            finding.lostCursors += covered.suffix(lost).prefix(max(0, room))
        }
        return finding
    }
}
