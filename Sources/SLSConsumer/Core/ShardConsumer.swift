import SLSClient
package import SLSProtocol

/// The life of one held shard: find the position, pull ahead, hand over, follow the acknowledgements with checkpoints,
/// let go.
///
/// initializing -> processing -> shuttingDown -> shutDown, as in the Java SDK, with turns on the way: a restart, a hold
/// or a seek ends the processor and begins again. The processor outside gets batches and acknowledges log groups in any
/// order; a checkpoint never passes one that is not acknowledged.
package struct ShardConsumer: Sendable {
    /// Where the shard is on its way.
    enum State: Equatable {
        case reading(ofAllShards: Bool)
        case resolving(CursorPosition, previous: Cursor?)
        /// Before anything is handed over from there; a seek was asked for, so it is worth being finished.
        case savingFirst(isSought: Bool)
        case processing
        /// The processor is about to end; then the turn is taken.
        case turning(Turn)
        case held(Hold)
        case shuttingDown
        case shutDown
    }

    /// The shard.
    package let shard: ShardID
    /// The checkpoint as the server last confirmed it; nil before the position is known.
    package private(set) var confirmed: Cursor?
    /// Whether the checkpoint that it goes on from was found and saved here, and not by another member.
    package private(set) var isFirstSaveOurs = false
    private(set) var predecessors = Predecessors()
    /// The group's present times. Others may change them: whoever feeds the machine sets them before each event.
    package var timing: GroupTiming

    private let configuration: Configuration
    private let positions: InitialPositions
    private let began: Instant
    private(set) var state = State.reading(ofAllShards: false)
    private(set) var tracker: CheckpointTracker?
    private var position = Cursor(number: 0)
    private(set) var waiting: Pulled?
    private var calls = CallPacing()
    private var pacing = FetchPacing()
    package private(set) var lookOut = CheckpointLookOut()
    private(set) var restarts: RestartPacing
    private var nextSave: Instant
    private(set) var isReadOnly = false
    private(set) var isAtEnd = false
    private var mustRepeatSave = false
    /// Where a moving start position was found, until the checkpoint has been looked for once more.
    private var candidate: Cursor?
    /// A late copy of an older save was seen on the server.
    private var isRewound = false
    /// Since when nothing but the last save is left to do; nil before.
    private var lastSaveBegan: Instant?
    private var ending = Ending.released

    /// A shard that was just granted.
    package init(
        _ shard: ShardID, timing: GroupTiming, configuration: Configuration, positions: InitialPositions, now: Instant
    ) {
        self.shard = shard
        self.timing = timing
        self.configuration = configuration
        self.positions = positions
        restarts = RestartPacing(last: configuration.restarted)
        began = now
        nextSave = now
    }

    /// When `tick` is next due; nil when only an event can bring anything on.
    package var nextTimer: Instant? {
        var due = calls.due { isDueByTime($0) }
        if maySave, !calls.isUnderWay(.save), isSaveOwed {
            due.append(max(nextSave, calls.earliest(.save) ?? nextSave))
        }
        if let saveDeadline, state == .shuttingDown { due.append(saveDeadline) }
        return due.min()
    }

    /// Takes in one event and says what follows from it.
    ///
    /// - Parameter generator: Spreads the retries of several shards.
    package mutating func handle(
        _ event: Event, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        if state == .shutDown { return [] }
        var actions: [Action] = []
        switch event {
        case .tick: break
        case .checkpointsRead(let checkpoints): actions += checkpointsRead(checkpoints, now: now)
        case .checkpointUnreadable(let text, let call): actions += checkpointUnreadable(text, call, now: now)
        case .readBack(let cursor): actions += readBack(cursor, now: now)
        case .resolved(let cursor): actions += resolved(cursor, now: now)
        case .pulled(let pulled): self.pulled(pulled, now: now)
        case .listed(let isReadOnly): listed(isReadOnly, now: now)
        case .saved(let cursor): actions += saved(cursor, now: now)
        case .failed(let call, let failure): actions += failed(call, failure, now: now, using: &generator)
        case .acknowledged(let cursors): for cursor in cursors { tracker?.acknowledge(cursor) }
        case .leaseRenewed: mustRepeatSave = isReadOnly && isAtEnd && configuration.safeguards.contains(.repeatedSave)
        case .drain: actions += drain(now: now)
        case .hurry: actions += drain(now: now) + [.cancelProcessing]
        case .drop: actions += [.cancelProcessing] + end(.lost)
        case .seek(let cursor): actions += begin(.seek(cursor), now: now)
        case .processorEnded(let ending): actions += processorEnded(ending, now: now)
        }
        return actions + due(now)
    }

    // MARK: Finding the position

    private mutating func checkpointsRead(_ checkpoints: [ShardID: Cursor], now: Instant) -> [Action] {
        guard calls.succeeded(.read) else { return [] }
        let found = checkpoints[shard]
        if case .held = state { return lookedAtWhileHeld(found, now: now) }
        guard case .reading(let isOfAllShards) = state else { return [] }
        defer { candidate = nil }
        if let found { return takeOver(at: found, now: now) }
        if let candidate { return saveFirst(candidate, now: now) }
        if !positions.isFixed, !isOfAllShards {
            state = .reading(ofAllShards: true)
            return []
        }
        switch positions.decide(shard, withCheckpoint: Set(checkpoints.keys), waited: now - began) {
        case .wait:
            calls.delay(.read, until: now + .milliseconds(500))
            return []
        case .resolve(let start, let isSurprising):
            state = .resolving(start, previous: nil)
            return isSurprising ? [.report(.surprisingStart(start))] : []
        }
    }

    private mutating func checkpointUnreadable(_ text: String, _ call: Call, now: Instant) -> [Action] {
        if call == .lookOut { return readBack(nil, now: now) }
        guard calls.succeeded(.read) else { return [] }
        switch state {
        case .reading:
            lookOut = CheckpointLookOut()
            return begin(.hold(.unreadable(text)), now: now)
        case .held: calls.delay(.read, until: now + configuration.refusedInterval)
        default: break
        }
        return []
    }

    private mutating func resolved(_ cursor: Cursor, now: Instant) -> [Action] {
        guard calls.succeeded(.resolve), case .resolving(_, let previous) = state else { return [] }
        guard let previous else {
            if positions.isFixed { return saveFirst(cursor, now: now) }
            // A slow maker of the group may have saved its earlier position meanwhile, which must not be saved over.
            candidate = cursor
            state = .reading(ofAllShards: false)
            return []
        }
        let actions = saveFirst(cursor, now: now)
        // The position that was refused, once more: nothing is lost, and the next pull waits.
        if previous == cursor { return actions }
        let report =
            previous < cursor
            ? Report.gap(from: previous, to: cursor) : .foreignPosition(previous, resumedAt: cursor)
        return actions + [.report(report)]
    }

    /// Saved before anything is handed over: a crash must not resolve another position (4.4, A2).
    private mutating func saveFirst(_ cursor: Cursor, now: Instant) -> [Action] {
        position = cursor
        state = .savingFirst(isSought: false)
        return configuration.safeguards.contains(.firstSave) ? [] : takeOver(at: cursor, now: now)
    }

    private mutating func takeOver(at cursor: Cursor, now: Instant) -> [Action] {
        confirmed = cursor
        lookOut.tookOver(at: cursor)
        predecessors.left(cursor, runAhead: configuration.runAhead)
        return process(from: cursor, now: now)
    }

    private mutating func process(from cursor: Cursor, now: Instant) -> [Action] {
        tracker = CheckpointTracker(start: cursor)
        position = cursor
        isAtEnd = false
        state = .processing
        calls.delay(.list, until: now + configuration.listInterval)
        calls.delay(.lookOut, until: nextLookOut(now))
        return [.report(.started(at: cursor))]
    }

    // MARK: Processing

    private mutating func pulled(_ pulled: Pulled, now: Instant) {
        guard calls.succeeded(.pull), state == .processing else { return }
        let isProgress = pulled.next != position
        let wasAtEnd = isAtEnd
        isAtEnd = pulled.isAtEnd || !isProgress
        let isFull = pulled.count >= configuration.pullCount || pulled.rawByteCount >= FetchPacing.largeByteCount
        calls.delay(.pull, until: now + pacing.wait(isProgress: isProgress, isAtEnd: isAtEnd, isFull: isFull))
        position = pulled.next
        if !isProgress { predecessors.stopped(before: position) }
        if pulled.count > 0 {
            waiting = pulled
        } else if isProgress {
            tracker?.take(0, upTo: pulled.next)
        }
        // A shard that has just come to its end may have been split there.
        if isAtEnd, !wasAtEnd, !isReadOnly { calls.delay(.list, until: now) }
    }

    private mutating func listed(_ isReadOnly: Bool?, now: Instant) {
        guard calls.succeeded(.list) else { return }
        calls.delay(.list, until: now + (isAtEnd ? configuration.listInterval / 6 : configuration.listInterval))
        if let isReadOnly, isReadOnly != self.isReadOnly {
            self.isReadOnly = isReadOnly
            mustRepeatSave = isReadOnly
        }
    }

    private mutating func saved(_ cursor: Cursor, now: Instant) -> [Action] {
        guard calls.succeeded(.save) else { return [] }
        confirmed = cursor
        lookOut.confirmed(cursor)
        restarts.saved(cursor)
        mustRepeatSave = false
        isRewound = false
        nextSave = now + configuration.saveInterval
        if case .savingFirst(let isSought) = state, cursor == position {
            isFirstSaveOurs = true
            if !isSought { predecessors.wereNone(start: cursor) }
            return process(from: cursor, now: now)
        }
        return []
    }

    private mutating func failed(
        _ call: Call, _ failure: CallFailure, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        let isWanted = calls.failed(call)
        switch failure {
        // The end was saved, so the service has taken the shard off before the save that repeats it.
        case .notOwner where call == .save && isSavedAtItsEnd: return [.cancelProcessing] + end(ending)
        case .notOwner: return [.cancelProcessing] + end(.lost)
        case _ where !isWanted: return []
        case .invalidCursor where call == .pull && state == .processing && outstandingCount == 0 && waiting == nil:
            // Reset by the first pull that succeeds: the service may refuse the very cursor that it names next.
            calls.backOff(call, now: now, using: &generator)
            switch configuration.gapPolicy {
            case .earliest: state = .resolving(.begin, previous: position)
            case .latest: state = .resolving(.end, previous: position)
            case .fail: return begin(.hold(.expired(position)), now: now)
            }
            return []
        case .retriable, .invalidCursor:
            calls.backOff(call, now: now, using: &generator)
            return []
        case .refused:
            calls.delay(call, until: now + configuration.refusedInterval)
            return [.report(.refused(call))]
        }
    }

    // MARK: The look-out

    private mutating func readBack(_ found: Cursor?, now: Instant) -> [Action] {
        guard calls.succeeded(.lookOut), state == .processing, let confirmed else { return [] }
        calls.delay(.lookOut, until: nextLookOut(now))
        switch lookOut.verdict(of: found) {
        case .current: return []
        case .olderOwn:
            isRewound = true
            return []
        case .foreign:
            return [.report(.foreignCheckpoint(found: found, ours: confirmed))]
                + begin(.restart(reason: "the checkpoint was set elsewhere", isByForeignCheckpoint: true), now: now)
        }
    }

    /// Nothing was saved for 30 s: a late copy is out of the question, so any other value is a person's word.
    private mutating func lookedAtWhileHeld(_ found: Cursor?, now: Instant) -> [Action] {
        if lookOut.verdict(of: found) == .current {
            calls.delay(.read, until: now + configuration.refusedInterval)
            return []
        }
        if let found { return takeOver(at: found, now: now) }
        state = .reading(ofAllShards: false)
        return []
    }

    /// On a grid, so that all shards of a member ask at the same moment, with one request.
    private func nextLookOut(_ now: Instant) -> Instant {
        let interval = configuration.lookOutInterval.nanoseconds
        return Instant(nanoseconds: (now.nanoseconds / interval + 1) * interval)
    }

    // MARK: Turns and letting go

    /// Ends the processor, if there is one, and then takes the turn.
    private mutating func begin(_ turn: Turn, now: Instant) -> [Action] {
        switch state {
        case .processing:
            giveUpPosition()
            state = .turning(turn)
            return [.finishProcessing]
        case .turning:
            state = .turning(turn)
            return []
        case .reading, .resolving, .savingFirst, .held: return take(turn, now: now)
        case .shuttingDown, .shutDown: return []
        }
    }

    private mutating func take(_ turn: Turn, now: Instant) -> [Action] {
        giveUpPosition()
        switch turn {
        case .restart(let reason, let isByForeignCheckpoint):
            tracker = nil
            state = .reading(ofAllShards: false)
            let next = restarts.next(at: confirmed, now: now, isExplained: isByForeignCheckpoint)
            calls.delay(.read, until: now + next.wait)
            return [.report(.restarting(reason: reason, isRepeated: next.isRepeated))]
        case .hold(let hold):
            state = .held(hold)
            calls.delay(.read, until: now + configuration.refusedInterval)
            return [.report(.held(hold))]
        case .seek(let cursor):
            tracker = nil
            position = cursor
            state = .savingFirst(isSought: true)
            return []
        }
    }

    private mutating func giveUpPosition() {
        calls.abandon()
        waiting = nil
        candidate = nil
    }

    private mutating func processorEnded(_ ending: ProcessingResult.Ending, now: Instant) -> [Action] {
        let asked = Turn(ending)
        switch state {
        case .shutDown, .held: return []
        case .turning(let turn):
            // What the processor has found out comes before what was only to be read anew.
            if case .restart = turn, let asked { return take(asked, now: now) }
            return take(turn, now: now)
        case .shuttingDown: if case .hold = asked { self.ending = .held }
        case .reading, .resolving, .savingFirst, .processing:
            if let asked { return take(asked, now: now) }
        }
        lastSaveBegan = now
        // A processor that returns by itself has given up; the shard is let go, and taken anew if still ours.
        return drain(now: now)
    }

    private mutating func drain(now: Instant) -> [Action] {
        switch state {
        case .processing:
            state = .shuttingDown
            waiting = nil
            return [.finishProcessing]
        case .turning(let turn):
            state = .shuttingDown
            // What somebody else has set is not overwritten.
            if case .restart(_, isByForeignCheckpoint: true) = turn { tracker = nil }
            if case .hold = turn { ending = .held }
            return []
        case .held:
            state = .shuttingDown
            ending = .held
            lastSaveBegan = now
            return []
        case .savingFirst(isSought: true):
            tracker = CheckpointTracker(start: position)
            state = .shuttingDown
            lastSaveBegan = now
            return []
        case .reading, .resolving, .savingFirst: return [.cancelProcessing] + end(.released)
        case .shuttingDown, .shutDown: return []
        }
    }

    private var isProcessorEnded: Bool { lastSaveBegan != nil }

    /// Until when the last save is tried: for a write timeout, from the end of the processor on.
    private var saveDeadline: Instant? { lastSaveBegan.map { $0 + timing.writeTimeout } }

    private mutating func end(_ ending: Ending) -> [Action] {
        state = .shutDown
        return [.end(ending)]
    }

    // MARK: What is due

    private var isSaveOwed: Bool {
        guard let tracker else { return false }
        // Without one it is a sought position that is still to be saved.
        guard let confirmed else { return true }
        return tracker.lowWater != confirmed || isRewound
            || (mustRepeatSave && isAtEnd && outstandingCount == 0 && waiting == nil)
    }

    /// Whether acknowledgements are followed by saves: not once the server's value is to stand, nor beside a seek.
    private var maySave: Bool {
        switch state {
        case .processing, .held, .turning(.hold): true
        default: false
        }
    }

    /// Whether the call is one that time alone brings on in this state.
    private func isDueByTime(_ call: Call) -> Bool {
        switch call {
        case .read:
            switch state {
            case .reading: !calls.isUnderWay(.save)
            case .held: true
            default: false
            }
        case .resolve: if case .resolving = state { true } else { false }
        case .pull: state == .processing && waiting == nil
        case .list: state == .processing
        case .lookOut: state == .processing && configuration.safeguards.contains(.lookOut)
        case .save:
            switch state {
            case .savingFirst: true
            case .shuttingDown: isProcessorEnded
            default: false
            }
        }
    }

    private mutating func due(_ now: Instant) -> [Action] {
        switch state {
        case .reading(let isOfAllShards):
            // A save that is under way would be missing from what is read.
            if calls.isUnderWay(.save) { return [] }
            return calls.begin(.read, now) ? [.readCheckpoints(ofAllShards: isOfAllShards)] : []
        case .resolving(let start, _): return calls.begin(.resolve, now) ? [.resolve(start)] : []
        case .savingFirst: return save(position, now)
        case .processing: return dueWhileProcessing(now)
        case .turning(.hold): return dueSave(now)
        case .turning: return []
        case .held: return dueSave(now) + dueWhileHeld(now)
        case .shuttingDown: return isProcessorEnded ? dueAtTheEnd(now) : []
        case .shutDown: return []
        }
    }

    private mutating func dueWhileProcessing(_ now: Instant) -> [Action] {
        guard let confirmed else { return [] }
        var actions: [Action] = []
        if let pulled = waiting, isWithinRunAhead(pulled, of: confirmed) {
            waiting = nil
            tracker?.take(pulled.count, from: pulled.first, upTo: pulled.next)
            actions.append(.deliver)
        }
        if waiting == nil, calls.begin(.pull, now) { actions.append(.pull(position)) }
        actions += dueSave(now)
        if calls.begin(.list, now) { actions.append(.listShards) }
        if isDueByTime(.lookOut), calls.begin(.lookOut, now) {
            lookOut.began()
            actions.append(.readBack)
        }
        return actions
    }

    private mutating func dueWhileHeld(_ now: Instant) -> [Action] {
        guard calls.begin(.read, now) else { return [] }
        lookOut.began()
        return [.readCheckpoints(ofAllShards: false)]
    }

    /// A batch that alone spans more than the bound (a filtered stream) goes once nothing else is unconfirmed.
    private func isWithinRunAhead(_ pulled: Pulled, of confirmed: Cursor) -> Bool {
        pulled.next.number - confirmed.number <= Int64(configuration.runAhead)
            || (outstandingCount == 0 && lowWater == confirmed)
    }

    private mutating func dueSave(_ now: Instant) -> [Action] {
        guard let lowWater, let confirmed, isSaveOwed else { return [] }
        let isHalfUsed = lowWater.number - confirmed.number >= Int64(configuration.runAhead / 2)
        return now >= nextSave || isHalfUsed || mustRepeatSave || isRewound ? save(lowWater, now) : []
    }

    /// With the processor gone: the last save, tried until its deadline.
    private mutating func dueAtTheEnd(_ now: Instant) -> [Action] {
        guard let lowWater, isSaveOwed else { return end(ending) }
        if let saveDeadline, now >= saveDeadline { return end(.unsaved) }
        return save(lowWater, now)
    }

    private mutating func save(_ cursor: Cursor, _ now: Instant) -> [Action] {
        guard calls.begin(.save, now) else { return [] }
        lookOut.sent(cursor)
        return [.save(cursor)]
    }
}
