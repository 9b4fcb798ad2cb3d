public import SLSClient
public import SLSProtocol

/// The life of one held shard: find the position, pull ahead, hand over, follow the acknowledgements with checkpoints,
/// let go.
///
/// initializing -> processing -> shuttingDown -> shutDown, as in the Java SDK. The processor outside gets batches and
/// acknowledges log groups in any order; a checkpoint never passes one that is not acknowledged.
public struct ShardConsumer: Sendable {
    private enum State: Equatable {
        case reading(ofAllShards: Bool)
        case resolving(CursorPosition, previous: Cursor?)
        case savingFirst
        case processing
        case shuttingDown
        case shutDown
    }

    /// The shard.
    public let shard: ShardID
    /// The position up to which everything is acknowledged; nil before the position is known.
    public var lowWater: Cursor? { tracker?.lowWater }
    /// The checkpoint as the server last confirmed it; nil before the position is known.
    public private(set) var confirmed: Cursor?
    /// How many log groups were handed over and are not acknowledged.
    public var outstandingCount: Int { tracker?.outstandingCount ?? 0 }
    /// How often each call failed since its last success.
    public private(set) var failureCounts: [Call: Int] = [:]

    private let configuration: Configuration
    private let positions: InitialPositions
    private let began: Instant
    private var state = State.reading(ofAllShards: false)
    private var tracker: CheckpointTracker?
    private var position = Cursor(number: 0)
    private var waiting: Pulled?
    private var underWay: Set<Call> = []
    private var notBefore: [Call: Instant] = [:]
    private var backoffs: [Call: Backoff] = [:]
    private var pacing = FetchPacing()
    private var nextSave: Instant
    private var isReadOnly = false
    private var isAtEnd = false
    private var mustRepeatSave = false
    private var isProcessorEnded = false
    private var saveDeadline: Instant?

    /// A shard that was just granted.
    public init(_ shard: ShardID, configuration: Configuration, positions: InitialPositions, now: Instant) {
        self.shard = shard
        self.configuration = configuration
        self.positions = positions
        began = now
        nextSave = now
    }

    /// When `tick` is next due; nil when only an event can bring anything on.
    public var nextTimer: Instant? {
        var due = notBefore.filter { !underWay.contains($0.key) && isDueByTime($0.key) }.map(\.value)
        if state == .processing, !underWay.contains(.save), isSaveOwed {
            due.append(max(nextSave, notBefore[.save] ?? nextSave))
        }
        if let saveDeadline, state == .shuttingDown { due.append(saveDeadline) }
        return due.min()
    }

    /// Takes in one event and says what follows from it.
    ///
    /// - Parameter generator: Spreads the retries of several shards.
    public mutating func handle(
        _ event: Event, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        if state == .shutDown { return [] }
        var actions: [Action] = []
        switch event {
        case .tick: break
        case .checkpointsRead(let checkpoints): actions += checkpointsRead(checkpoints, now: now)
        case .resolved(let cursor): actions += resolved(cursor)
        case .pulled(let pulled): self.pulled(pulled, now: now)
        case .listed(let isReadOnly): listed(isReadOnly, now: now)
        case .saved(let cursor): actions += saved(cursor, now: now)
        case .failed(let call, let failure): actions += failed(call, failure, now: now, using: &generator)
        case .acknowledged(let cursors): for cursor in cursors { tracker?.acknowledge(cursor) }
        case .leaseRenewed: mustRepeatSave = isReadOnly && isAtEnd
        case .drain: actions += drain()
        case .hurry: actions += drain() + [.cancelProcessing]
        case .drop: actions += [.cancelProcessing] + end(.lost)
        case .processorEnded: actions += processorEnded(now: now)
        }
        return actions + due(now)
    }

    // MARK: Finding the position

    private mutating func checkpointsRead(_ checkpoints: [ShardID: Cursor], now: Instant) -> [Action] {
        succeeded(.read)
        guard case .reading(let isOfAllShards) = state else { return [] }
        if let cursor = checkpoints[shard] {
            confirmed = cursor
            return process(from: cursor, now: now)
        }
        if !positions.isFixed, !isOfAllShards {
            state = .reading(ofAllShards: true)
            return []
        }
        switch positions.decide(shard, withCheckpoint: Set(checkpoints.keys), waited: now - began) {
        case .wait:
            notBefore[.read] = now + .milliseconds(500)
            return []
        case .resolve(let start, let isSurprising):
            state = .resolving(start, previous: nil)
            return isSurprising ? [.report(.surprisingStart(start))] : []
        }
    }

    private mutating func resolved(_ cursor: Cursor) -> [Action] {
        succeeded(.resolve)
        guard case .resolving(_, let previous) = state else { return [] }
        var actions: [Action] = []
        if let previous { actions.append(.report(.gap(from: previous, to: cursor))) }
        position = cursor
        // Saved before anything is handed over: a crash must not resolve another position (4.4, A2).
        state = .savingFirst
        return actions
    }

    private mutating func process(from cursor: Cursor, now: Instant) -> [Action] {
        tracker = CheckpointTracker(start: cursor)
        position = cursor
        state = .processing
        notBefore[.list] = now + configuration.listInterval
        return [.report(.started(at: cursor))]
    }

    // MARK: Processing

    private mutating func pulled(_ pulled: Pulled, now: Instant) {
        succeeded(.pull)
        guard state == .processing else { return }
        let isProgress = pulled.next != position
        let wasAtEnd = isAtEnd
        isAtEnd = pulled.isAtEnd || !isProgress
        let isFull = pulled.count >= configuration.pullCount || pulled.rawByteCount >= FetchPacing.largeByteCount
        notBefore[.pull] = now + pacing.wait(isProgress: isProgress, isAtEnd: isAtEnd, isFull: isFull)
        position = pulled.next
        if pulled.count > 0 {
            waiting = pulled
        } else if isProgress {
            tracker?.take(0, upTo: pulled.next)
        }
        // A shard that has just come to its end may have been split there.
        if isAtEnd, !wasAtEnd, !isReadOnly { notBefore[.list] = now }
    }

    private mutating func listed(_ isReadOnly: Bool?, now: Instant) {
        succeeded(.list)
        notBefore[.list] = now + (isAtEnd ? configuration.listInterval / 6 : configuration.listInterval)
        if let isReadOnly, isReadOnly != self.isReadOnly {
            self.isReadOnly = isReadOnly
            mustRepeatSave = isReadOnly
        }
    }

    private mutating func saved(_ cursor: Cursor, now: Instant) -> [Action] {
        succeeded(.save)
        confirmed = cursor
        mustRepeatSave = false
        nextSave = now + configuration.saveInterval
        return state == .savingFirst ? process(from: cursor, now: now) : []
    }

    private mutating func failed(
        _ call: Call, _ failure: CallFailure, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        underWay.remove(call)
        failureCounts[call, default: 0] += 1
        switch failure {
        case .notOwner: return [.cancelProcessing] + end(.lost)
        case .invalidCursor where call == .pull && state == .processing && outstandingCount == 0 && waiting == nil:
            switch configuration.gapPolicy {
            case .earliest: state = .resolving(.begin, previous: position)
            case .latest: state = .resolving(.end, previous: position)
            case .fail:
                // Read again before the next try: it may have been set by hand meanwhile.
                state = .reading(ofAllShards: false)
                notBefore[.read] = now + configuration.refusedInterval
                return [.report(.expired(position))]
            }
            return []
        case .retriable, .invalidCursor:
            var backoff = backoffs[call] ?? Backoff()
            notBefore[call] = now + backoff.next(using: &generator)
            backoffs[call] = backoff
            return []
        case .refused:
            notBefore[call] = now + configuration.refusedInterval
            return [.report(.refused(call))]
        }
    }

    private mutating func succeeded(_ call: Call) {
        underWay.remove(call)
        notBefore[call] = nil
        backoffs[call] = nil
        failureCounts[call] = nil
    }

    // MARK: Letting go

    private mutating func drain() -> [Action] {
        switch state {
        case .processing:
            state = .shuttingDown
            waiting = nil
            return [.finishProcessing]
        case .reading, .resolving, .savingFirst: return [.cancelProcessing] + end(.released)
        case .shuttingDown, .shutDown: return []
        }
    }

    private mutating func processorEnded(now: Instant) -> [Action] {
        isProcessorEnded = true
        saveDeadline = now + configuration.drainSaveTimeout
        // A processor that returns by itself has given up; the shard is let go, and taken anew if still ours.
        return drain()
    }

    private mutating func end(_ ending: Ending) -> [Action] {
        state = .shutDown
        return [.end(ending)]
    }

    // MARK: What is due

    private var isSaveOwed: Bool {
        guard let tracker, let confirmed else { return false }
        return tracker.lowWater != confirmed || (mustRepeatSave && isAtEnd && outstandingCount == 0 && waiting == nil)
    }

    /// Whether the call is one that time alone brings on in this state.
    private func isDueByTime(_ call: Call) -> Bool {
        switch call {
        case .read: if case .reading = state { true } else { false }
        case .resolve: if case .resolving = state { true } else { false }
        case .pull: state == .processing && waiting == nil
        case .list: state == .processing
        case .save: state == .savingFirst || (state == .shuttingDown && isProcessorEnded)
        }
    }

    private mutating func due(_ now: Instant) -> [Action] {
        switch state {
        case .reading(let isOfAllShards):
            return begin(.read, now) ? [.readCheckpoints(ofAllShards: isOfAllShards)] : []
        case .resolving(let start, _): return begin(.resolve, now) ? [.resolve(start)] : []
        case .savingFirst: return begin(.save, now) ? [.save(position)] : []
        case .processing: return dueWhileProcessing(now)
        case .shuttingDown: return isProcessorEnded ? dueAtTheEnd(now) : []
        case .shutDown: return []
        }
    }

    private mutating func dueWhileProcessing(_ now: Instant) -> [Action] {
        guard let confirmed else { return [] }
        var actions: [Action] = []
        if let pulled = waiting, isWithinRunAhead(pulled, of: confirmed) {
            waiting = nil
            tracker?.take(pulled.count, upTo: pulled.next)
            actions.append(.deliver)
        }
        if waiting == nil, begin(.pull, now) { actions.append(.pull(position)) }
        if let lowWater, isSaveOwed {
            let isHalfUsed = lowWater.number - confirmed.number >= Int64(configuration.runAhead / 2)
            if now >= nextSave || isHalfUsed || mustRepeatSave, begin(.save, now) { actions.append(.save(lowWater)) }
        }
        if begin(.list, now) { actions.append(.listShards) }
        return actions
    }

    /// A batch that alone spans more than the bound (a filtered stream) goes once nothing else is unconfirmed.
    private func isWithinRunAhead(_ pulled: Pulled, of confirmed: Cursor) -> Bool {
        pulled.next.number - confirmed.number <= Int64(configuration.runAhead)
            || (outstandingCount == 0 && lowWater == confirmed)
    }

    /// With the processor gone: the last save, tried until its deadline.
    private mutating func dueAtTheEnd(_ now: Instant) -> [Action] {
        guard let lowWater, isSaveOwed else { return end(.released) }
        if let saveDeadline, now >= saveDeadline { return end(.unsaved) }
        return begin(.save, now) ? [.save(lowWater)] : []
    }

    /// Marks a call as under way, unless it is already or must still wait.
    private mutating func begin(_ call: Call, _ now: Instant) -> Bool {
        guard !underWay.contains(call), notBefore[call].map({ now >= $0 }) ?? true else { return false }
        underWay.insert(call)
        return true
    }
}
