public import SLSClient
public import SLSProtocol

/// Under which hash key and sequence id a log group is written, by its position in the source alone.
///
/// Whoever writes a log group writes it under the same two, so that the target tells a repetition without any state of
/// ours. All of it by consumer-group.md 5.4.
public struct LaneKeys: Sendable {
    /// A logstore as keys name it.
    public struct Place: Hashable, Sendable {
        /// `host` or `host:port`; the scheme and its own port are left out, for the logstore is the same over both.
        public let host: String
        /// The project.
        public let project: String
        /// The logstore.
        public let logstore: String

        /// The logstore of a project at an endpoint.
        public init(endpoint: Endpoint, project: ProjectName, logstore: LogstoreName) {
            self.init(host: endpoint.hostAndPort, project: project.value, logstore: logstore.value)
        }

        /// A logstore by three texts.
        public init(host: String, project: String, logstore: String) {
            self.host = host
            self.project = project
            self.logstore = logstore
        }

        fileprivate var fields: [String] { [host, project, logstore] }
    }

    /// Where the log groups come from, and on whose behalf.
    public struct Origin: Hashable, Sendable {
        /// The source logstore.
        public let source: Place
        /// The consumer group.
        public let group: ConsumerGroupName
        /// A word of the operator's, changed by hand to deliver everything again. Usually empty.
        public let identity: DeliveryIdentity
        /// What shapes the output.
        public let generation: Generation

        /// An origin of these parts.
        public init(
            source: Place, group: ConsumerGroupName, identity: DeliveryIdentity = .none, generation: Generation
        ) {
            self.source = source
            self.group = group
            self.identity = identity
            self.generation = generation
        }
    }

    /// What is being written; each purpose has keys of its own.
    public enum Purpose: Hashable, Sendable {
        /// Log groups as they are forwarded.
        case live
        /// A stretch of the past, written again on request.
        case backfill(id: String)
        /// Dead letters, written to where they belong.
        case replay(id: String)
        /// Log groups that the target of this place refused; the target is the dead-letter logstore.
        case deadLetter(origin: Place)

        fileprivate var text: String {
            switch self {
            case .live: "live"
            case .backfill(let id): "backfill:\(id)"
            case .replay(let id): "replay:\(id)"
            case .deadLetter: "dead-letter"
            }
        }
    }

    /// The lanes of one target, 1 or more.
    public static let defaultLaneCount = 8
    /// How many cursors share one epoch, and so the ids of one key.
    static let epochBitCount = 26
    /// How many of them that is.
    package static let epochLength = Int64(1) << epochBitCount
    /// The bits of an id that tell the parts of one log group from each other.
    static let partBitCount = 4

    /// Whose keys they are.
    public let origin: Origin
    /// What they are for.
    public let purpose: Purpose
    /// L: how many requests may be under way from one source shard to one target.
    public let laneCount: Int

    /// - Precondition: There is at least one lane.
    public init(origin: Origin, purpose: Purpose = .live, laneCount: Int = LaneKeys.defaultLaneCount) {
        precondition(laneCount > 0, "\(laneCount) lanes carry nothing")
        self.origin = origin
        self.purpose = purpose
        self.laneCount = laneCount
    }

    /// The same, for another purpose.
    public func with(_ purpose: Purpose) -> LaneKeys {
        LaneKeys(origin: origin, purpose: purpose, laneCount: laneCount)
    }

    /// The lane of a log group, from 0 on; mixed, so that topics taking turns do not fall on one lane.
    public func lane(of cursor: Cursor) -> Int {
        let mixed = UInt64(bitPattern: cursor.number) &* 0x9E37_79B9_7F4A_7C15
        return Int((mixed >> 32) % UInt64(laneCount))
    }

    /// Which run of cursors a log group belongs to; each has keys of its own, so that ids stay below 2^30.
    public static func epoch(of cursor: Cursor) -> Int64 { cursor.number >> Int64(epochBitCount) }

    /// The sequence id of a log group under its key: 1 to 2^30.
    ///
    /// - Parameter part: 0 to 15, where one log group becomes several writes.
    public static func sequenceID(of cursor: Cursor, part: Int = 0) -> Int64 {
        precondition((0..<(1 << partBitCount)).contains(part), "a log group has no part \(part)")
        let offset = cursor.number & ((1 << Int64(epochBitCount)) - 1)
        return (offset << Int64(partBitCount) | Int64(part)) + 1
    }

    /// The hash key of a lane in one epoch.
    public func key(shard: ShardID, target: Place, lane: Int, epoch: Int64) -> HashKey {
        let source = origin.source.fields
        var fields =
            ["sls-dispatch/1"] + source + [origin.group.value, origin.identity.word, purpose.text]
            + [origin.generation.hex, "\(shard)"] + target.fields
        if case .deadLetter(let refused) = purpose { fields += refused.fields }
        fields += ["\(lane)", "\(epoch)"]
        let low = Digest.sha256(Self.framed(fields)).suffix(12).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        return HashKey(value: UInt128(top(shard: shard, target: target, lane: lane)) << 96 | low)
    }

    /// The key's first 32 bits, which choose the target's shard: consecutive lanes spread evenly over the whole range.
    private func top(shard: ShardID, target: Place, lane: Int) -> UInt32 {
        let start = Digest.sha256(Self.framed(target.fields)).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let number = start &+ UInt32(truncatingIfNeeded: shard.value &* laneCount &+ lane)
        return (number &+ 1) &* 0x9E37_79B9
    }

    /// Each field as UTF-8 behind its length in four bytes, the highest first: no two lists give the same bytes.
    private static func framed(_ fields: [String]) -> [UInt8] {
        fields.flatMap { field in
            let length = UInt32(field.utf8.count)
            return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + Array(field.utf8)
        }
    }
}

/// A word of the operator's that is part of every key: another word, and everything counts as never delivered.
public struct DeliveryIdentity: Hashable, Sendable {
    /// The empty word.
    public static let none = DeliveryIdentity()

    /// 0 to 64 of `A-Z a-z 0-9 . _ -`.
    public let word: String

    private init() { word = "" }

    /// nil for anything but 0 to 64 letters, digits, dots, underscores and hyphens: it is typed again by hand one day.
    public init?(_ word: String) {
        guard word.utf8.count <= 64, word.utf8.allSatisfy(Self.isPlain) else { return nil }
        self.word = word
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension Endpoint {
    /// What tells two services apart: over HTTP and HTTPS a logstore is the same.
    var hostAndPort: String {
        guard let port, port != 80, port != 443 else { return host }
        return "\(host):\(port)"
    }
}
