public import SLSClient
public import SLSProtocol

/// What a replay is asked for, and what came of it.
extension DeadLetterReplay {
    /// What is to be replayed.
    public struct Order: Sendable {
        /// The operator's word: another one writes everything again.
        public var word: DeliveryIdentity
        /// The first dead letter, by the time at which it was written; must mean the same at every run.
        public var start = StartSetting(position: .begin, isFixed: true)
        /// Dead letters to pass over; must be the same at every later run, which else may count them as written.
        public var passedOver: Set<Letter> = []

        /// Everything, under that word.
        public init(word: DeliveryIdentity) { self.word = word }
    }

    /// One dead letter, by where it stands.
    public struct Letter: Hashable, Sendable, CustomStringConvertible {
        /// The shard of the dead-letter logstore.
        public let shard: ShardID
        /// Its cursor there.
        public let cursor: Cursor

        init(_ shard: ShardID, _ cursor: Cursor) {
            self.shard = shard
            self.cursor = cursor
        }

        /// Reads what `description` gives; the cursor also as it travels.
        public init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":"), let shard = Int(text[..<colon]), shard >= 0,
                case .cursor(let cursor) = CheckpointBook.Destination(
                    String(text[text.index(after: colon)...]), now: Timestamp(seconds: 0))
            else { return nil }
            self.init(ShardID(shard), cursor)
        }

        /// `shard:cursor`.
        public var description: String { "\(shard):\(cursor)" }
    }

    /// How far it has come.
    public struct Report: Equatable, Sendable {
        /// Dead letters that were read.
        public var read = 0
        /// Those up to the end at the start of this run.
        public var total: Int64 = 0
        /// Those that do not say which of the present targets refused them, for the present source and group.
        public var leftOut = 0
        /// Whom the first few of these say they are from, a sentence each.
        public var strangers: [String] = []
        /// Those that the order names, as they were met.
        public var passedOver: [Letter] = []
        /// Written now, log groups by target index.
        public var written: [Int]
        /// Written by an earlier run.
        public var stored: [Int]
        /// What a target refused again, a sentence each.
        public var refusals: [String] = []
        /// What ended the replay of a shard before its time, a sentence each.
        public var failures: [String] = []

        /// Those that are not written because another of their shard was refused, or its replay ended before its time.
        public var untried: Int {
            max(0, Int(total) - leftOut - passedOver.count - refusals.count - (written + stored).reduce(0, +))
        }
        /// Whether every dead letter is where it belongs, but for those that the order names.
        public var isComplete: Bool { refusals.isEmpty && failures.isEmpty && leftOut == 0 && untried == 0 }
    }

    /// Why it could not be done.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A call failed.
        case call(ClientError)
        /// A shard could not be read.
        case reading(ShardPages.Failure)
        /// The settings name no dead-letter logstore.
        case noDeadLetters
        /// The start is another one at each run.
        case movingStart(StartSetting)
        /// The start is another one on a host with another zone.
        case zonelessStart(StartSetting)
        /// Somebody else writes under the same keys at this moment.
        case shared(String, Cursor)
        /// The task was cancelled; the same replay goes on where it was.
        case interrupted
        /// The cursors of single dead letters are not known.
        case sparse(Cursor)
        /// For that long nothing was written, stored or refused for good; what was said last.
        case unanswered(Duration, String)

        /// A sentence for a person, with what to do.
        public var description: String {
            switch self {
            case .call(let error): "\(error)"
            case .reading(let failure): "\(failure)"
            case .noDeadLetters: "SLS_DEAD_LETTER (--dead-letter) names no logstore to replay from"
            case .movingStart(let start):
                "a start that moves (now \(start)) would leave out another part at each run: write begin or a time that is past"
            case .zonelessStart(let start):
                "a start without a zone is another one on a host with another zone, which would write everything again: write "
                    + "\(start)"
            case .shared(let target, let cursor):
                "\(target) refused the sequence id of the dead letter at \(cursor), which was not sent before: the same replay "
                    + "runs elsewhere; let one end, then run this again"
            case .interrupted: "interrupted; the same command goes on where it was"
            case .sparse(let cursor): "the dead letters behind cursor \(cursor) have no cursors of their own"
            case .unanswered(let time, let reason):
                "for \(time.components.seconds) s no target has taken anything (\(reason)); the same command goes on where it was"
            }
        }
    }
}

extension DeadLetterReplay.Report {
    private static let strangersShown = 5

    /// Counts a dead letter that is none of these settings', and takes down whose it is.
    mutating func leaveOut(_ letter: ArraySlice<UInt8>) {
        leftOut += 1
        guard strangers.count < Self.strangersShown else { return }
        let words = DeadLetterTag.words(of: letter) ?? "without the tags of a dead letter"
        if !strangers.contains(words) { strangers.append(words) }
    }
}
