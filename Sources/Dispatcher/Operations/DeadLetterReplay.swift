public import SLSClient
import SLSConsumer
public import SLSProtocol

/// Writes the dead letters to the targets that refused them, each once, however often it is begun again.
///
/// Keys and sequence ids follow from where a dead letter stands in its logstore, under a purpose of their own (`replay:` with
/// the operator's word, the start and the live source, whose letters alone it writes: those of two sources stand between
/// each other), so a second run under one word finds stored what the first has written. Each
/// lane goes in order, for whatever came behind a refused dead letter under the same key would make it look stored; one
/// that is refused again ends all of its shard, so that a target that takes nothing is not asked for each.
public struct DeadLetterReplay: Sendable {
    /// What is to be replayed.
    public struct Order: Sendable {
        /// The operator's word: another one writes everything again.
        public var word: DeliveryIdentity
        /// The first dead letter, by the time at which it was written; must mean the same at every run.
        public var start = StartSetting(position: .begin, isFixed: true)

        /// Everything, under that word.
        public init(word: DeliveryIdentity) { self.word = word }
    }

    /// How far it has come.
    public struct Report: Equatable, Sendable {
        /// Dead letters that were read.
        public var read = 0
        /// Those up to the end at the start of this run.
        public var total: Int64 = 0
        /// Those that do not say which of the present targets refused them, for the present source and group.
        public var leftOut = 0
        /// Written now, log groups by target index.
        public var written: [Int]
        /// Written by an earlier run.
        public var stored: [Int]
        /// What a target refused again, a sentence each.
        public var refusals: [String] = []

        /// Those that were not tried because another of their shard was refused.
        public var untried: Int {
            max(0, Int(total) - leftOut - refusals.count - (written + stored).reduce(0, +))
        }
        /// Whether every dead letter that was read is where it belongs.
        public var isComplete: Bool { refusals.isEmpty && leftOut == 0 }
    }

    /// Why it could not be done.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A call failed.
        case call(ClientError)
        /// A pulled body is no list of log groups.
        case malformed(ProtobufError)
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

        /// A sentence for a person, with what to do.
        public var description: String {
            switch self {
            case .call(let error): "\(error)"
            case .malformed(let error): "a pulled body is no list of log groups: \(error)"
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
            }
        }
    }

    /// Dead letters read ahead of what is written.
    static let readAhead = 2_000
    /// Their bytes.
    static let readAheadByteCount = 64_000_000

    private let session: OperatorSession
    private let order: Order
    private let places: [DispatcherSettings.Place]
    private let source: DispatcherSettings.Place
    private let tag: DeadLetterTag
    private let clock: ConsumerClock
    private let byteLimit: Int

    /// A replay from that session's dead-letter logstore.
    ///
    /// - Throws: `.noDeadLetters`, `.movingStart`, `.zonelessStart`.
    public init(_ session: OperatorSession, _ order: Order) throws(Failure) {
        try self.init(session, order, clock: .system)
    }

    init(
        _ session: OperatorSession, _ order: Order, clock: ConsumerClock, byteLimit: Int = readAheadByteCount
    ) throws(Failure) {
        guard let source = session.settings.delivery.deadLetter else { throw .noDeadLetters }
        guard order.start.isFixed else { throw .movingStart(order.start) }
        if order.start.isOfHostZone { throw .zonelessStart(order.start) }
        self.session = session
        self.order = order
        self.source = source
        self.clock = clock
        self.byteLimit = byteLimit
        places = session.settings.targets
        tag = DeadLetterTag(session.settings)
    }

    /// Replays everything up to the end of now.
    ///
    /// - Parameter progress: Told after each change; must return at once.
    public func run(progress: (Report) -> Void = { _ in }) async throws(Failure) -> Report {
        var report = Report(
            written: Array(repeating: 0, count: places.count), stored: Array(repeating: 0, count: places.count))
        let client = session.client(for: source)
        var stretches: [(shard: ShardID, from: Cursor, to: Cursor)] = []
        for shard in try await calling({ () async throws(ClientError) in
            try await client.listShards(of: source.logstore)
        }) {
            let id = ShardID(shard.id)
            let from = try await cursor(order.start.position, id)
            let to = try await cursor(.end, id)
            report.total += to.number - from.number
            stretches.append((id, from, to))
        }
        for (shard, from, to) in stretches {
            var reader = Reader(replay: self, shard: shard, position: from, end: to)
            report = try await replay(&reader, report, progress)
        }
        return report
    }

    /// What is still to be read of one shard.
    private struct Reader {
        let replay: DeadLetterReplay
        let shard: ShardID
        var position: Cursor
        let end: Cursor

        var isAtEnd: Bool { position >= end }

        /// The next dead letters, each as it was before, with the index of where it belongs; nil where that is not known.
        mutating func next() async throws(Failure) -> [(element: Delivery<[UInt8]>.Element, target: Int)?] {
            let (client, start, end, shard) = (replay.session.client(for: replay.source), position, end, shard)
            let logstore = replay.source.logstore
            let (pulled, _) = try await replay.calling { () async throws(ClientError) in
                try await Batch.Numbering.pulling(1_000, from: start) { count throws(ClientError) in
                    try await client.pullLogs(from: start, of: shard, in: logstore, count: count, end: end)
                }
            }
            let numbering = Batch.Numbering(pulled, from: start)
            if numbering.kind == .unknown { throw .sparse(start) }
            let groups: [ScannedLogGroup]
            do { groups = try LogGroupScanner.groups(inList: pulled.body) } catch { throw .malformed(error) }
            // Nothing came before the end: there is nothing there.
            position = pulled.nextCursor == start ? end : pulled.nextCursor
            return groups.enumerated().map { index, group in
                replay.tag.origin(of: pulled.body[group.bytes]).map { target, logGroup in
                    let cursor = numbering.first.advanced(by: index)
                    return (Delivery.Element(cursor, Array(logGroup), byteCount: logGroup.count), target)
                }
            }
        }
    }

    private enum Happening: Sendable {
        case timer
        case answered(Int, DeliveryAnswer, refusal: String?)
    }

    /// Carries the dead letters of one shard through a window of their own.
    private func replay(
        _ reader: inout Reader, _ before: Report, _ progress: (Report) -> Void
    ) async throws(Failure) -> Report {
        var work = Work(
            window: ExactWindow(
                ExactWindow<[UInt8]>.Configuration(
                    shard: reader.shard, keys: keys, targets: places.map(\.keyed), firstWrite: clock.now())),
            report: before)
        let result = await withTaskGroup(of: Happening.self) { group -> Result<Report, Failure> in
            defer { group.cancelAll() }
            do throws(Failure) {
                while !work.isOver {
                    if Task.isCancelled { throw .interrupted }
                    while !reader.isAtEnd, !work.isStopping, work.window.pendingCount < Self.readAhead,
                        work.byteCount < byteLimit
                    {
                        for letter in try await reader.next() {
                            work.report.read += 1
                            guard let (element, target) = letter else {
                                work.report.leftOut += 1
                                continue
                            }
                            work.byteCount += element.byteCount
                            try perform(.admit(element, targets: [target]), &work, &group)
                        }
                    }
                    progress(work.report)
                    if work.window.pendingCount == 0, reader.isAtEnd || work.isStopping { break }
                    arm(&work, &group)
                    switch await group.next() {
                    case .answered(let id, let answer, let refusal):
                        work.refusal = refusal
                        try perform(.answered(id, answer), &work, &group)
                    case .timer: try perform(.tick, &work, &group)
                    case nil: return .success(work.report)
                    }
                }
                return .success(work.report)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Sees to a wake-up when the window wants one, unless one is on its way that comes no later.
    private func arm(_ work: inout Work, _ group: inout TaskGroup<Happening>) {
        let now = clock.now()
        while let next = work.timers.last, next <= now { work.timers.removeLast() }
        guard let due = work.window.nextTimer, work.timers.last.map({ due < $0 }) ?? true else { return }
        work.timers.append(due)
        group.addTask { [clock] in
            repeat { await clock.sleep(until: due) } while clock.now() < due && !Task.isCancelled
            return .timer
        }
    }

    /// The state of one shard's replay.
    private struct Work {
        var window: ExactWindow<[UInt8]>
        var report: Report
        /// Set once something was refused again: what is in flight ends, nothing new begins.
        var isStopping = false
        var isOver = false
        /// Wake-ups on their way, the next one last.
        var timers: [Instant] = []
        /// Of the dead letters that are neither written nor refused.
        var byteCount = 0
        var refusal: String?
        var random = SystemRandomNumberGenerator()
    }

    private func perform(
        _ event: Delivery<[UInt8]>.Event, _ work: inout Work, _ group: inout TaskGroup<Happening>
    ) throws(Failure) {
        var events = [event]
        while let event = events.popLast() {
            // No lease: nobody else is given the dead letters.
            let actions = work.window.handle(
                event, now: clock.now(), barrier: Instant(nanoseconds: .max), using: &work.random)
            for action in actions {
                switch action {
                case .put(let write): group.addTask { await put(write) }
                case .settled(let write, let ending):
                    work.byteCount -= write.elements.reduce(0) { $0 + $1.byteCount }
                    if ending == .suppressed {
                        work.report.stored[write.target] += write.elements.count
                    } else {
                        work.report.written[write.target] += write.elements.count
                    }
                case .blocked(let target, let cursor):
                    work.report.refusals.append(
                        work.refusal ?? "\(places[target]) refuses the dead letter at \(cursor)")
                    if !work.isStopping { events.append(.drain(.shutDown)) }
                    work.isStopping = true
                case .restart(let write): throw .shared(places[write.target].description, write.cursor)
                case .finish: work.isOver = true
                case .acknowledge, .unblocked: break
                }
            }
        }
    }

    private func put(_ write: Delivery<[UInt8]>.Write) async -> Happening {
        let place = places[write.target]
        do {
            try await session.client(for: place).putLogs(
                PutLogsBody(compressing: write.elements[0].payload), to: place.logstore, target: write.address)
            return .answered(write.id, .accepted, refusal: nil)
        } catch let error as ClientError {
            return .answered(
                write.id, DeliveryAnswer(error),
                refusal: "\(place) refuses the dead letter at \(write.cursor): \(error)")
        } catch {
            return .answered(write.id, .refusedData, refusal: "the dead letter at \(write.cursor): \(error)")
        }
    }

    /// The keys of this replay: the dead-letter logstore is its source. Routes, start and tag of the settings shape nothing of
    /// what it writes. The live source and the group choose whose letters it writes, and each choice needs keys of its own: an
    /// id tells what is stored only among letters that are all written in their order.
    var keys: LaneKeys {
        let settings = session.settings
        let live = settings.source.keyed
        let shape = OutputShape(routes: RouteTable([]), targets: [], laneCount: settings.delivery.laneCount)
        return LaneKeys(
            origin: LaneKeys.Origin(
                source: source.keyed, group: settings.group, identity: settings.delivery.identity,
                generation: Generation(shape)),
            purpose: .replay(id: "\(order.word.word)/\(order.start)/\(live.host)/\(live.project)/\(live.logstore)"),
            laneCount: settings.delivery.laneCount)
    }

    private func cursor(_ position: CursorPosition, _ shard: ShardID) async throws(Failure) -> Cursor {
        try await calling { () async throws(ClientError) in
            try await session.client(for: source).getCursor(of: shard, in: source.logstore, from: position)
        }
    }

    private func calling<Value: Sendable>(
        _ call: () async throws(ClientError) -> Value
    ) async throws(Failure) -> Value {
        do throws(ClientError) { return try await call() } catch { throw .call(error) }
    }
}
