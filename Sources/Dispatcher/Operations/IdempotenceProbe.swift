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
        /// Whose id must be remembered for a day: 32 hexadecimal digits.
        public let key: String
        /// When the last id under that key was accepted, Unix seconds.
        public let written: Int
        /// The questions in order; the last is asked a day later.
        public var steps: [Step]

        /// Whether every question has the answer that exactly once needs.
        public var isPassed: Bool { steps.allSatisfy { $0.isAsNeeded == true } }
        /// Whether some answer rules exactly once out.
        public var isFailed: Bool { steps.contains { $0.isAsNeeded == false } }
    }

    /// How long ids must at least be remembered.
    public static let age = 86_400
    private static let lastID: Int64 = 1 << 30

    private let session: OperatorSession
    private let place: DispatcherSettings.Place
    private let client: SLSClient

    /// A probe of the endpoint and project that the targets are in.
    public init(_ session: OperatorSession, scratch: LogstoreName) {
        let target = session.settings.targets[0]
        self.session = session
        place = DispatcherSettings.Place(endpoint: target.endpoint, project: target.project, logstore: scratch)
        client = session.client(for: place)
    }

    /// Whether a record is of this endpoint, project and logstore.
    public func owns(_ record: Record) -> Bool {
        record.endpoint == place.keyed.host && record.project == place.keyed.project
            && record.logstore == place.keyed.logstore
    }

    /// Asks everything that can be asked at once.
    ///
    /// - Throws: A failure that says nothing about sequence ids: no answer, no such logstore, not allowed.
    public func begin() async throws(ClientError) -> Record {
        var random = SystemRandomNumberGenerator()
        let key = HashKey(value: UInt128.random(in: 0...UInt128.max, using: &random))
        let batchKey = HashKey(value: UInt128.random(in: 0...UInt128.max, using: &random))
        let written = session.now.seconds
        let wanted: [(question: String, key: HashKey, id: Int64, count: Int, isTaken: Bool)] = [
            ("a first id is accepted", key, 7, 1, true),
            ("the same key and id again is refused", key, 7, 1, false),
            ("an id five higher is accepted", key, 12, 1, true),
            ("an id below the last is refused", key, 11, 1, false),
            ("the id 2^30 is accepted", key, Self.lastID, 1, true),
            ("two log groups under one id are accepted", batchKey, 3, 2, true),
            ("the same two again are refused whole", batchKey, 3, 2, false),
        ]
        var steps: [Step] = []
        for question in wanted {
            let answer = try await write(question.count, key: question.key, id: question.id)
            steps.append(
                Step(question: question.question, isAsNeeded: answer.isTaken == question.isTaken, answer: answer.text))
        }
        try await split(around: key)
        steps.append(try await refusal("after a split of its shard the last id is refused", key: key))
        steps.append(Step(question: "a day later the last id is refused", isAsNeeded: nil, answer: "not asked yet"))
        return Record(
            endpoint: place.keyed.host, project: place.keyed.project, logstore: place.keyed.logstore, key: key.hex,
            written: written, steps: steps)
    }

    /// Asks what must be asked a day later, if it is that late.
    ///
    /// - Returns: nil while it is too early.
    public func resume(_ record: Record) async throws(ClientError) -> Record? {
        guard session.now.seconds - record.written >= Self.age, let key = HashKey(hex: record.key),
            let last = record.steps.last
        else { return nil }
        var record = record
        record.steps[record.steps.count - 1] = try await refusal(last.question, key: key)
        return record
    }

    private func refusal(_ question: String, key: HashKey) async throws(ClientError) -> Step {
        let answer = try await write(1, key: key, id: Self.lastID)
        return Step(question: question, isAsNeeded: !answer.isTaken, answer: answer.text)
    }

    private func write(_ count: Int, key: HashKey, id: Int64) async throws(ClientError) -> (isTaken: Bool, text: String)
    {
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
            guard error.means(.invalidSequenceID), case .api(let refusal, _) = error else { throw error }
            return (false, "refused: \(refusal.status) \(refusal.code.rawValue)")
        }
    }

    private func split(around key: HashKey) async throws(ClientError) {
        for shard in try await client.listShards(of: place.logstore) where shard.status == .readwrite {
            guard let begin = HashKey(hex: shard.inclusiveBeginKey), let end = HashKey(hex: shard.exclusiveEndKey),
                begin <= key, key < end || end == .max
            else { continue }
            let middle = HashKey(value: begin.value + (end.value - begin.value) / 2)
            _ = try await client.splitShard(ShardID(shard.id), of: place.logstore, at: middle)
            return
        }
    }
}
