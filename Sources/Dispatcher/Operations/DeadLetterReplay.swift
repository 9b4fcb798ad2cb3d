import SLSClient
import SLSConsumer
import SLSProtocol

/// Writes the dead letters to the targets that refused them, each once, however often it is begun again.
///
/// Keys and sequence ids follow from where a dead letter stands in its logstore, under a purpose of their own (`replay:` with
/// the operator's word, the start and the live source, whose letters alone it writes: those of two sources stand between
/// each other), so a second run under one word finds stored what the first has written. Each
/// lane goes in order, for whatever came behind a refused dead letter under the same key would make it look stored; one
/// that is refused again ends all of its shard, so that a target that takes nothing is not asked for each. A person may have
/// one passed over: under that word it is then given up, for what comes behind it takes its turn.
public struct DeadLetterReplay: Sendable {
    /// Dead letters read ahead of what is written.
    static let readAhead = 2_000
    /// Their bytes.
    static let readAheadByteCount = 64_000_000
    /// How long targets may take nothing.
    static let patience = Duration.seconds(600)
    /// Between two words about what is tried again.
    private static let noticeInterval = Duration.seconds(10)

    private let session: OperatorSession
    private let order: Order
    private let places: [DispatcherSettings.Place]
    private let source: DispatcherSettings.Place
    private let tag: DeadLetterTag
    private let clock: ConsumerClock
    private let byteLimit: Int
    private let patience: Duration

    /// A replay from that session's dead-letter logstore.
    ///
    /// - Throws: `.noDeadLetters`, `.movingStart`, `.zonelessStart`.
    public init(_ session: OperatorSession, _ order: Order) throws(Failure) {
        try self.init(session, order, clock: .system)
    }

    init(
        _ session: OperatorSession, _ order: Order, clock: ConsumerClock, byteLimit: Int = readAheadByteCount,
        patience: Duration = patience
    ) throws(Failure) {
        guard let source = session.settings.delivery.deadLetter else { throw .noDeadLetters }
        guard order.start.isFixed else { throw .movingStart(order.start) }
        if order.start.isOfHostZone { throw .zonelessStart(order.start) }
        self.session = session
        self.order = order
        self.source = source
        self.clock = clock
        self.byteLimit = byteLimit
        self.patience = patience
        places = session.settings.targets
        tag = DeadLetterTag(session.settings)
    }

    /// Replays everything up to the end of now.
    ///
    /// - Parameters:
    ///   - progress: Told after each change; must return at once.
    ///   - notice: Told now and then what is tried again, and why; must return at once.
    public func run(
        progress: (Report) -> Void = { _ in }, notice: (String) -> Void = { _ in }
    ) async throws(Failure) -> Report {
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
            var reader = Reader(
                replay: self, shard: shard,
                pages: ShardPages(
                    client: client, logstore: source.logstore, shard: shard, position: from, end: to, clock: clock))
            let before = report.read
            if let failure = await replay(&reader, &report, progress, notice) {
                if case .interrupted = failure { throw failure }
                // The others may go on all the same, and what was refused is to be told.
                report.failures.append("shard \(shard) of the dead letters: \(failure)")
            }
            // Not every position between two cursors need have held one.
            if reader.isAtEnd { report.total += Int64(report.read - before) - (to.number - from.number) }
        }
        return report
    }

    /// What is still to be read of one shard.
    private struct Reader {
        let replay: DeadLetterReplay
        let shard: ShardID
        var pages: ShardPages

        /// What was pulled last, from the first that is still to be looked at.
        private var page: (bytes: [UInt8], letters: ArraySlice<(letter: Letter, bytes: Range<Int>)>) = ([], [])

        init(replay: DeadLetterReplay, shard: ShardID, pages: ShardPages) {
            self.replay = replay
            self.shard = shard
            self.pages = pages
        }

        var isAtEnd: Bool { pages.isAtEnd && page.letters.isEmpty }

        /// The next dead letter that is to be written, as it was before, with the index of where it belongs; the others go into
        /// the report at once. One at a time, for a sealed one may be far larger than what was pulled.
        ///
        /// - Returns: nil at the end.
        mutating func next(
            _ report: inout Report
        ) async throws(Failure) -> (element: Delivery<[UInt8]>.Element, target: Int)? {
            while !isAtEnd {
                guard let (letter, range) = page.letters.popFirst() else {
                    try await pull()
                    continue
                }
                report.read += 1
                let bytes = page.bytes[range]
                guard let (target, logGroup) = replay.tag.origin(of: bytes) else {
                    report.leaveOut(bytes)
                    continue
                }
                if replay.order.passedOver.contains(letter) {
                    report.passedOver.append(letter)
                    continue
                }
                return (Delivery.Element(letter.cursor, Array(logGroup), byteCount: logGroup.count), target)
            }
            return nil
        }

        private mutating func pull() async throws(Failure) {
            let pulled: ShardPages.Page
            do throws(ShardPages.Failure) { pulled = try await pages.next() } catch { throw .reading(error) }
            if pulled.numbering.kind == .unknown { throw .sparse(pulled.numbering.first) }
            let letters = pulled.groups.enumerated().map { index, group in
                (letter: Letter(shard, pulled.numbering.first.advanced(by: index)), bytes: group.bytes)
            }
            page = (pulled.bytes, letters[...])
        }
    }

    private enum Happening: Sendable {
        case timer
        /// With what was said, where it was not taken.
        case answered(Int, DeliveryAnswer, words: String?)
    }

    /// Carries the dead letters of one shard through a window of their own.
    ///
    /// - Returns: What ended it before its time; nil where nothing did.
    private func replay(
        _ reader: inout Reader, _ report: inout Report, _ progress: (Report) -> Void, _ notice: (String) -> Void
    ) async -> Failure? {
        var work = Work(
            window: ExactWindow(
                ExactWindow<[UInt8]>.Configuration(
                    shard: reader.shard, keys: keys, targets: places.map(\.regional), firstWrite: clock.now())),
            shard: reader.shard, report: report)
        let failure = await withTaskGroup(of: Happening.self) { group -> Failure? in
            defer { group.cancelAll() }
            do throws(Failure) {
                while !work.isOver {
                    if Task.isCancelled { throw .interrupted }
                    while !reader.isAtEnd, !work.isStopping, work.window.pendingCount < Self.readAhead,
                        work.byteCount < byteLimit
                    {
                        guard let (element, target) = try await reader.next(&work.report) else { break }
                        work.byteCount += element.byteCount
                        try perform(.admit(element, targets: [target]), &work, &group)
                    }
                    progress(work.report)
                    if work.window.pendingCount == 0, reader.isAtEnd || work.isStopping { break }
                    arm(&work, &group)
                    switch await group.next() {
                    case .answered(let id, let answer, let words):
                        (work.answer, work.words) = (answer, words)
                        try perform(.answered(id, answer), &work, &group)
                        try tell(&work, notice)
                    case .timer: try perform(.tick, &work, &group)
                    case nil: return nil
                    }
                }
                return nil
            } catch {
                return error
            }
        }
        report = work.report
        return failure
    }

    /// Says now and then what is tried again, and gives up where nothing else happens.
    private func tell(_ work: inout Work, _ notice: (String) -> Void) throws(Failure) {
        guard let words = work.words, [.unanswered, .postponed].contains(work.answer) else { return }
        let now = clock.now()
        let since = work.failingSince ?? now
        work.failingSince = since
        if now - since >= patience { throw .unanswered(patience, words) }
        if let last = work.lastNotice, now - last < Self.noticeInterval { return }
        work.lastNotice = now
        notice("\(words); tried again")
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
        let shard: ShardID
        var report: Report
        /// When a try first failed after a dead letter was written, found stored, or refused for good.
        var failingSince: Instant?
        var lastNotice: Instant?
        /// Set once something was refused again: what is in flight ends, nothing new begins.
        var isStopping = false
        var isOver = false
        /// Wake-ups on their way, the next one last.
        var timers: [Instant] = []
        /// Of the dead letters that are neither written nor refused.
        var byteCount = 0
        /// The last answer, and what was said with it.
        var answer: DeliveryAnswer?
        var words: String?
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
                    work.failingSince = nil
                    work.byteCount -= write.elements.reduce(0) { $0 + $1.byteCount }
                    if ending == .suppressed {
                        work.report.stored[write.target] += write.elements.count
                    } else {
                        work.report.written[write.target] += write.elements.count
                    }
                case .blocked(let target, let cursor):
                    work.failingSince = nil
                    let letter = Letter(work.shard, cursor)
                    // Another refusal is not about this one, and would meet the next as well.
                    let advice =
                        work.answer == .refusedData
                        ? "--leave-out \(letter) passes over it" : "correct that, then run the same command again"
                    work.report.refusals.append(
                        "\(places[target]) refuses the dead letter \(letter)\(work.words.map { ": \($0)" } ?? "") (\(advice))"
                    )
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
            return .answered(write.id, .accepted, words: nil)
        } catch let error as ClientError {
            return .answered(write.id, DeliveryAnswer(error), words: "\(place): \(error)")
        } catch {
            return .answered(write.id, .refusedData, words: "\(error)")
        }
    }

    /// The keys of this replay: the dead-letter logstore is its source. Routes, start and tag of the settings shape nothing of
    /// what it writes. The live source and the group choose whose letters it writes, and each choice needs keys of its own: an
    /// id tells what is stored only among letters that are all written in their order. Whichever of its names a region is
    /// spoken to by, the keys are the same, for so are the letters.
    var keys: LaneKeys {
        let settings = session.settings
        let live = settings.source.regional
        let shape = OutputShape(routes: RouteTable([]), targets: [], laneCount: settings.delivery.laneCount)
        return LaneKeys(
            origin: LaneKeys.Origin(
                source: source.regional, group: settings.group, identity: settings.delivery.identity,
                generation: Generation(shape)),
            purpose: .replay(
                id: "\(DeadLetterTag.readerVersion)/\(order.word.word)/\(order.start)/\(live.host)/\(live.project)/"
                    + "\(live.logstore)"),
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
