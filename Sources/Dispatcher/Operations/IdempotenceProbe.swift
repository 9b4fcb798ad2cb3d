public import SLSClient
public import SLSProtocol

/// Finds out whether an endpoint refuses a sequence id that is not above the last one of its key, and for how long.
///
/// Writes a few log groups without a topic to a logstore that is there for that, and splits one of its shards. What is
/// not answered by refusals and acceptances is not known: the result says what was seen (consumer-group.md 5.6).
public struct IdempotenceProbe: Sendable {
    /// One question to the endpoint.
    public struct Step: Codable, Equatable, Sendable {
        /// What was asked.
        public let question: String
        /// Whether the answer is the one that exactly once needs; nil before its time.
        public var isAsNeeded: Bool?
        /// What came back.
        public var answer: String
    }

    /// What is known so far; an operator keeps it in a file, and shows that file to `run`.
    public struct Record: Codable, Equatable, Sendable {
        /// `host[:port]`.
        public let endpoint: String
        /// The project of the scratch logstore.
        public let project: String
        /// The scratch logstore.
        public let logstore: String
        /// Whose ids must be remembered for a day, one for each try of the last question: 32 hexadecimal digits each; none
        /// where the first questions are still to be asked.
        public let keys: [String]
        /// When the last id under those keys was accepted, Unix seconds: 0 to the year 9999.
        public let written: Int
        /// How many of the keys were asked about, whether an answer came or not.
        public var tries = 0
        /// The questions in order; the last is asked a day later.
        public var steps: [Step]

        /// Whether every question was asked and has the answer that exactly once needs.
        public var isPassed: Bool { hasTodaysQuestions && steps.allSatisfy { $0.isAsNeeded == true } }
        /// Whether its questions are the ones that this program asks.
        public var hasTodaysQuestions: Bool { steps.map(\.question) == IdempotenceProbe.questions }
        /// Whether nothing that was found is in it: it was made before the first question, and those were never all answered.
        public var isBlank: Bool { keys.isEmpty && steps.allSatisfy { $0.isAsNeeded == nil } }
        /// Whether some answer rules exactly once out.
        public var isFailed: Bool { steps.contains { $0.isAsNeeded == false } }
    }

    /// Why it could not be done.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A call failed, which says nothing about sequence ids.
        case call(ClientError)
        /// No shard that can be written holds the key, so what a split does is not known.
        case nothingToSplit(LogstoreName)
        /// The last question was asked under every key there was, so many, and not answered.
        case usedUp(Int)
        /// The record's questions are not the ones that this program asks.
        case otherQuestions
        /// That a question is about to be asked could not be kept, so it was not asked.
        case notKept(any Error)
        /// The question was asked, turned down and not stored, and that could not be kept: it counts as a try.
        case notKeptAfterwards(any Error)

        /// A sentence for a person.
        public var description: String {
            switch self {
            case .call(let error): "\(error)"
            case .nothingToSplit(let logstore):
                "\(logstore) has no shard to split that can be written and holds the probe's key: give another logstore"
            case .usedUp(let count):
                "the last question was asked \(count) times and never answered; each time may have been "
                    + "stored, and then says nothing any more. Begin again with another probe file."
            case .otherQuestions:
                "the probe file was made by another version, whose questions are not those of this one: begin again with "
                    + "another probe file"
            case .notKeptAfterwards(let error):
                "the question was turned down and nothing was stored, but that could not be kept, so it counts as a try: \(error)"
            case .notKept(let error): "nothing was asked, for it could not be kept that it would be: \(error)"
            }
        }
    }

    /// One write, and what must come of it.
    private struct Question {
        let text: String
        /// Whether it goes under the key of the two log groups.
        var isBatch = false
        let id: Int64
        let isTaken: Bool
    }

    private static let writes = [
        Question(text: "a first id is accepted", id: 7, isTaken: true),
        Question(text: "the same key and id again is refused", id: 7, isTaken: false),
        Question(text: "an id five higher is accepted", id: 12, isTaken: true),
        Question(text: "an id below the last is refused", id: 11, isTaken: false),
        Question(text: "the id 2^30 is accepted", id: lastID, isTaken: true),
        Question(text: "two log groups under one id are accepted", isBatch: true, id: 3, isTaken: true),
        Question(text: "the same two again are refused whole", isBatch: true, id: 3, isTaken: false),
    ]
    /// Those that exactly once with one log group a request does not rest on.
    static let batchQuestions = writes.filter(\.isBatch).map(\.text)
    private static let sparesQuestion = "a first id is accepted under each of seven keys beside it"
    private static let splitQuestion = "after a split of its shard the last id is refused"
    private static let lateQuestion = "a day later the last id is refused"
    /// All that must be known, in order.
    static let questions = writes.map(\.text) + [sparesQuestion, splitQuestion, lateQuestion]

    /// How long ids must at least be remembered.
    public static let age = 86_400
    /// How often the last question can be asked.
    static let tryCount = 8
    private static let lastID: Int64 = 1 << 30
    private static let notAsked = "not asked yet"

    private let session: OperatorSession
    private let place: DispatcherSettings.Place
    private let client: SLSClient

    /// A probe of the endpoint and project that the targets are in.
    ///
    /// - Throws: `SettingsError` where the scratch logstore is one that the settings name: what is written to it, and the
    ///   split, would do harm there.
    public init(_ session: OperatorSession, scratch: LogstoreName) throws(SettingsError) {
        let settings = session.settings
        let target = settings.targets[0]
        let place = DispatcherSettings.Place(endpoint: target.endpoint, project: target.project, logstore: scratch)
        let uses =
            [("the source", settings.source)] + settings.targets.map { ("a target", $0) }
            + (settings.delivery.deadLetter.map { [("the dead-letter logstore", $0)] } ?? [])
        if let (use, other) = uses.first(where: { $0.1.isSame(as: place) }) {
            throw SettingsError(mistakes: [
                "--probe-idempotence \(scratch): \(other) is \(use), where what a probe writes, and the split of a shard, would do "
                    + "harm: give a logstore that nothing else uses"
            ])
        }
        self.session = session
        self.place = place
        client = session.client(for: place)
    }

    /// Whether a record is of this endpoint, project and logstore.
    public func owns(_ record: Record) -> Bool {
        record.endpoint == place.keyed.host && record.project == place.keyed.project
            && record.logstore == place.keyed.logstore
    }

    /// A record to keep before the first question, so that what is found can surely be kept.
    public var blank: Record {
        record(
            keys: [], written: 0,
            steps: Self.questions.map { Step(question: $0, isAsNeeded: nil, answer: Self.notAsked) })
    }

    private func record(keys: [HashKey], written: Int, steps: [Step]) -> Record {
        Record(
            endpoint: place.keyed.host, project: place.keyed.project, logstore: place.keyed.logstore,
            keys: keys.map(\.hex), written: written, steps: steps)
    }

    /// Asks everything that can be asked at once.
    ///
    /// - Throws: A failure that says nothing about sequence ids: no answer, no such logstore, not allowed, nothing to split.
    public func begin() async throws(Failure) -> Record {
        var random = SystemRandomNumberGenerator()
        let key = HashKey(value: UInt128.random(in: 0...UInt128.max, using: &random))
        let batchKey = HashKey(value: UInt128.random(in: 0...UInt128.max, using: &random))
        var steps: [Step] = []
        for question in Self.writes {
            let answer = try await write(
                question.isBatch ? 2 : 1, key: question.isBatch ? batchKey : key, id: question.id)
            steps.append(
                Step(question: question.text, isAsNeeded: answer.isTaken == question.isTaken, answer: answer.text))
        }
        // Beside the first, so that the same split goes through all of them. Where one memory serves several keys, these
        // are refused: what is sent under the one would be taken for stored under the other, and lost.
        let spares = (1..<Self.tryCount).map { HashKey(value: key.value &+ UInt128($0)) }
        var refusals: [String] = []
        for spare in spares {
            let answer = try await write(1, key: spare, id: Self.lastID)
            if !answer.isTaken { refusals.append(answer.text) }
        }
        steps.append(
            Step(
                question: Self.sparesQuestion, isAsNeeded: refusals.isEmpty,
                answer: refusals.first.map { "\(refusals.count) of \(spares.count) \($0)" } ?? "accepted"))
        let written = session.now.seconds
        try await split(around: key)
        steps.append(try await refusal(Self.splitQuestion, key: key))
        steps.append(Step(question: Self.lateQuestion, isAsNeeded: nil, answer: Self.notAsked))
        return record(keys: [key] + spares, written: written, steps: steps)
    }

    /// Asks what must be asked a day later, if it is that late and was not answered yet. An answer stays what it was: the
    /// question itself is a write, after which the next one under its key is refused whatever the endpoint remembers.
    /// So is one whose answer was lost, and the next try takes another key.
    ///
    /// - Parameter keep: Keeps the record durably before the question is asked, and again where it was turned down unstored.
    /// - Returns: nil while it is too early, and when nothing is left to ask.
    /// - Throws: `.otherQuestions` for a record that could never be finished, and a failure as `begin` does.
    public func resume(
        _ record: Record, keeping keep: (Record) throws -> Void
    ) async throws(Failure) -> Record? {
        if record.isFailed { return nil }
        guard record.hasTodaysQuestions, let last = record.steps.last else { throw .otherQuestions }
        guard session.now.seconds - record.written >= Self.age, last.isAsNeeded == nil else { return nil }
        guard record.tries < record.keys.count, let key = HashKey(hex: record.keys[record.tries]) else {
            throw .usedUp(record.keys.count)
        }
        var asked = record
        asked.tries += 1
        asked.steps[asked.steps.count - 1].answer = "asked, answer unknown"
        do { try keep(asked) } catch { throw .notKept(error) }
        do throws(Failure) {
            asked.steps[asked.steps.count - 1] = try await refusal(last.question, key: key)
        } catch {
            // Refused for another reason, it was not stored, and may be asked again under its key.
            if case .call(.api(let refusal, _)) = error, refusal.status < 500 {
                do { try keep(record) } catch { throw .notKeptAfterwards(error) }
            }
            throw error
        }
        return asked
    }

    private func refusal(_ question: String, key: HashKey) async throws(Failure) -> Step {
        let answer = try await write(1, key: key, id: Self.lastID)
        return Step(question: question, isAsNeeded: !answer.isTaken, answer: answer.text)
    }

    private func write(_ count: Int, key: HashKey, id: Int64) async throws(Failure) -> (isTaken: Bool, text: String) {
        let log = LogGroup.Log(
            time: UInt32(truncatingIfNeeded: session.now.seconds), contents: [.init("message", "sls-dispatch probe")])
        let group = LogGroup(logs: [log]).serialized
        let packages = Array(
            repeating: LogPackage(data: group, rawByteCount: group.count, compressionNumber: 0), count: count)
        do throws(ClientError) {
            try await client.putLogs(
                count == 1 ? PutLogsBody(plain: group) : PutLogsBody(packages: packages), to: place.logstore,
                target: .key(key, sequenceID: id))
            return (true, "accepted")
        } catch {
            guard error.means(.invalidSequenceID), case .api(let refusal, _) = error else {
                throw .call(error)
            }
            return (false, "refused: \(refusal.status) \(refusal.code.rawValue)")
        }
    }

    private func split(around key: HashKey) async throws(Failure) {
        do throws(ClientError) {
            for shard in try await client.listShards(of: place.logstore) where shard.status == .readwrite {
                guard let begin = HashKey(hex: shard.inclusiveBeginKey), let end = HashKey(hex: shard.exclusiveEndKey),
                    begin <= key, key < end || end == .max
                else { continue }
                let middle = HashKey(value: begin.value + (end.value - begin.value) / 2)
                _ = try await client.splitShard(ShardID(shard.id), of: place.logstore, at: middle)
                return
            }
        } catch {
            throw .call(error)
        }
        throw .nothingToSplit(place.logstore)
    }
}

extension IdempotenceProbe.Record {
    /// Reads a record from a file that a person may have changed.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        endpoint = try fields.decode(String.self, forKey: .endpoint)
        project = try fields.decode(String.self, forKey: .project)
        logstore = try fields.decode(String.self, forKey: .logstore)
        keys = try fields.decode([String].self, forKey: .keys)
        written = try fields.decode(Int.self, forKey: .written)
        tries = try fields.decode(Int.self, forKey: .tries)
        steps = try fields.decode([IdempotenceProbe.Step].self, forKey: .steps)
        guard keys.count <= IdempotenceProbe.tryCount, keys.allSatisfy({ HashKey(hex: $0)?.hex == $0 }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .keys, in: fields, debugDescription: "keys are not those of a probe")
        }
        guard (0...Self.latest).contains(written) else {
            throw DecodingError.dataCorruptedError(
                forKey: .written, in: fields,
                debugDescription: "written is \(written), which is no time")
        }
        guard (0...keys.count).contains(tries) else {
            throw DecodingError.dataCorruptedError(
                forKey: .tries, in: fields, debugDescription: "tries is \(tries), and there are \(keys.count) keys")
        }
    }

    /// The last second of the year 9999, where dates end.
    private static let latest = 253_402_300_799
}
