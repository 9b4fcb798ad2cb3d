public import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
public import System

/// A dispatcher whose settings may change while it runs: one `Dispatcher` after another, under one name in the group.
///
/// A change is a barrier (consumer-group.md 5.5): the one at work finishes its queues, saves the checkpoints and waits until no
/// late copy of a save can follow; then the next begins where it ended. So nothing is delivered under two generations of
/// keys. Where the queues cannot be finished, or the next cannot join, the old settings go on.
public final class ReloadableDispatcher: Sendable {
    /// A change that waits for the barrier, and then for the next one to join.
    private struct Change: Sendable {
        let next: Dispatcher
        /// What may keep the queues from being finished.
        let obstacles: [String]
        let done = Eventually<Result<Void, Refusal>>()
    }

    /// A dispatcher that has taken another's place, which is kept until the new one has joined.
    private struct Trial: Sendable {
        let previous: Dispatcher
        let change: Change
        let joined = Eventually<Void>()

        var hasJoined: Bool { joined.current != nil }
    }

    /// One stay of one dispatcher in the group.
    private struct Turn: Sendable {
        let dispatcher: Dispatcher
        let trial: Trial?
        /// How the turn before it ended.
        let before: Consumer.Outcome?
        /// Whether it was in the group before: then it is not to fail where joining does.
        let isReturning: Bool
        let joined: @Sendable () -> Void
    }

    private struct State {
        var current: Dispatcher
        var isChanging = false
        var change: Change?
        /// Set until the present one has joined in the place of another.
        var trial: Trial?
        /// Set to stop the present one.
        var barrier = Eventually<Void>()
        var isOver = false
        var hasJoined = false
        var reloadCount = 0
        var lastRefusal: Refusal?
    }

    /// How long a new one may try to join: its calls are repeated for a minute, then comes the first heartbeat.
    private static let trialTime = Duration.seconds(90)

    /// How long a change waits for shards to catch up.
    private static let doubtTime = Duration.seconds(60)

    private let make: @Sendable (DispatcherSettings) throws(DispatchError) -> Dispatcher
    private let state: Lock<State>
    /// Set when `run` has ended.
    private let over = Eventually<Void>()

    /// Takes a name and starts the HTTP clients; nothing is sent yet.
    ///
    /// - Throws: `.identity`, `.transport`.
    public convenience init(_ settings: DispatcherSettings, logger: Logger) throws(DispatchError) {
        let identity = try Dispatcher.claimName(settings)
        try self.init(settings) { settings throws(DispatchError) in
            try Dispatcher(settings, identity: identity, logger: logger)
        }
    }

    /// One over dispatchers of the caller's making, all under one name.
    init(
        _ settings: DispatcherSettings,
        make: @escaping @Sendable (DispatcherSettings) throws(DispatchError) -> Dispatcher
    ) throws(DispatchError) {
        self.make = make
        state = Lock(State(current: try make(settings)))
    }

    /// The one at work.
    public var current: Dispatcher { state.withLock { $0.current } }
    /// How often the settings were changed.
    public var reloadCount: Int { state.withLock { $0.reloadCount } }
    /// Why the last change was refused; nil where it was not.
    public var lastRefusal: Refusal? { state.withLock { $0.lastRefusal } }

    /// Checks the logstores, joins the group and forwards until told to stop, by whatever settings are in force.
    ///
    /// - Parameters:
    ///   - stop: Set to stop: what is in flight is finished and the checkpoints are saved.
    ///   - joined: Called after the first acknowledged heartbeat.
    /// - Throws: `DispatchError`; nothing is lost by it.
    public func run(
        until stop: Eventually<Void>, joined: @escaping @Sendable () -> Void
    ) async throws(DispatchError) -> Dispatcher.Outcome {
        defer { close() }
        guard try await current.check(until: stop, isStrict: false) else { return Dispatcher.Outcome(isSettled: true) }
        var before: Consumer.Outcome?
        var isReturning = false
        while true {
            let (dispatcher, trial) = state.withLock { ($0.current, $0.trial) }
            let outcome: Dispatcher.Outcome
            do throws(DispatchError) {
                outcome = try await forward(
                    Turn(
                        dispatcher: dispatcher, trial: trial, before: before, isReturning: isReturning,
                        joined: { self.noteJoined(trial, joined) }), until: stop)
            } catch {
                // It has sent nothing: the one before it goes on where it was.
                guard let trial, !trial.hasJoined else { throw error }
                giveUp(trial, .cannotStart("\(error)"))
                isReturning = true
                continue
            }
            if stop.current != nil || Task.isCancelled { return await dispatcher.outwaitSaves(after: outcome) }
            before = outcome.consumed
            isReturning = true
            if let trial, !trial.hasJoined {
                giveUp(trial, .cannotStart("the group could not be joined with them within \(Self.trialTime)"))
                continue
            }
            guard let change = takeChange() else { continue }
            if change.next.settings.needsBarrier(after: dispatcher.settings) {
                let settled = await dispatcher.outwaitSaves(after: outcome, before: change.next)
                before = settled.consumed
                // Told to stop meanwhile: this wait was the stop's own.
                if stop.current != nil || Task.isCancelled {
                    change.done.set(.failure(.stopped))
                    return settled
                }
                let doubts = before?.inDoubt.doubts ?? []
                guard settled.isSettled, doubts.isEmpty else {
                    let reasons = change.obstacles + (before?.owed.sentences ?? []) + doubts
                    change.done.set(
                        .failure(.unfinished(reasons.isEmpty ? ["what is saved cannot be told"] : reasons)))
                    continue
                }
            }
            isReturning = false
            state.withLock { state in
                state.trial = Trial(previous: dispatcher, change: change)
                state.current = change.next
            }
        }
    }

    /// Changes the settings while `run` is at work, by a barrier; returns when the group was joined with the new ones.
    ///
    /// - Throws: `Refusal`; the settings before are in force then.
    public func reload(_ settings: DispatcherSettings) async throws(Refusal) {
        let isFirst = state.withLock { state in
            defer { state.isChanging = true }
            return !state.isChanging
        }
        guard isFirst else { throw .busy }
        defer { state.withLock { $0.isChanging = false } }
        do throws(Refusal) {
            try await change(to: settings)
            state.withLock { $0.lastRefusal = nil }
        } catch {
            refused(error)
            throw error
        }
    }

    /// Takes down that a change was refused before it came this far.
    public func refused(_ refusal: Refusal) { state.withLock { $0.lastRefusal = refusal } }

    /// Closes all connections; call it once, after `run`.
    public func shutdown() async { await current.shutdown() }

    private func change(to settings: DispatcherSettings) async throws(Refusal) {
        let fixed = settings.fixedChanges(from: current.settings)
        if !fixed.isEmpty { throw .fixed(fixed) }
        let next: Dispatcher
        do throws(DispatchError) { next = try make(settings) } catch { throw .cannotStart("\(error)") }
        do throws(Refusal) {
            try await takeOver(by: next)
        } catch {
            await next.shutdown()
            throw error
        }
    }

    /// Asks for the barrier once it is known that the next one can start: until then the present one works on.
    private func takeOver(by next: Dispatcher) async throws(Refusal) {
        let isChecked: Bool
        do throws(DispatchError) {
            isChecked = try await next.check(until: over, isStrict: true)
        } catch {
            throw .cannotStart("\(error)")
        }
        guard isChecked else { throw .stopped }
        if next.settings.needsBarrier(after: current.settings) { try await outwaitDoubts() }
        let change = Change(next: next, obstacles: current.status.obstacles)
        let isAwaited = state.withLock { state in
            if state.isOver { return false }
            state.change = change
            state.barrier.set(())
            return true
        }
        guard isAwaited, let result = await change.done.value() else { throw .stopped }
        try result.get()
    }

    /// Waits while the present one goes on until its checkpoints cover whatever was sent by others before it had the shards:
    /// under other keys that would come again. Nobody waits for shards that a person must see to.
    private func outwaitDoubts() async throws(Refusal) {
        let dispatcher = current
        let end = dispatcher.clock.now() + Self.doubtTime
        var isTold = false
        while true {
            let status = dispatcher.status
            let inDoubt = status.inDoubt
            if inDoubt.isEmpty { return }
            if over.current != nil || Task.isCancelled { throw .stopped }
            guard status.obstacles.isEmpty, dispatcher.clock.now() < end else {
                throw .unfinished(status.obstacles + inDoubt.doubts)
            }
            if !isTold {
                dispatcher.logger.notice(
                    "the change waits for shards that have not caught up since they were taken over",
                    metadata: ["shards": "\(inDoubt)"])
            }
            isTold = true
            let next = dispatcher.clock.now() + .seconds(1)
            _ = await until(over) { await dispatcher.clock.sleep(until: next) }
        }
    }

    /// Runs one dispatcher until it is told to stop, or a change waits.
    private func forward(
        _ turn: Turn, until stop: Eventually<Void>
    ) async throws(DispatchError) -> Dispatcher.Outcome {
        let barrier = Eventually<Void>()
        state.withLock { state in
            state.barrier = barrier
            // It came before there was anything to stop.
            if state.change != nil { barrier.set(()) }
        }
        return try await beside([
            { if await stop.value() != nil { barrier.set(()) } },
            { if let trial = turn.trial { await Self.attend(trial, clock: turn.dispatcher.clock, barrier) } },
        ]) { () async throws(DispatchError) in try await Self.persist(turn, until: barrier) }
    }

    /// Forwards; whoever was in the group before tries until it is in again, or told to stop.
    private static func persist(
        _ turn: Turn, until barrier: Eventually<Void>
    ) async throws(DispatchError) -> Dispatcher.Outcome {
        let (dispatcher, clock) = (turn.dispatcher, turn.dispatcher.clock)
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        while true {
            do throws(DispatchError) {
                return try await dispatcher.forward(until: barrier, joined: turn.joined, after: turn.before)
            } catch {
                guard turn.isReturning, case .consumer(.call) = error, !Task.isCancelled else { throw error }
                dispatcher.logger.error(
                    "the group cannot be joined again after a change was refused; it is tried on",
                    metadata: ["error": "\(error)"])
            }
            let next = clock.now() + backoff.next(using: &random)
            _ = await until(barrier) { await clock.sleep(until: next) }
            // Nothing was sent meanwhile.
            if barrier.current != nil {
                return Dispatcher.Outcome(isSettled: turn.before?.isSettled ?? true, consumed: turn.before)
            }
        }
    }

    /// Closes the connections of the one before once the new one has joined; ends the turn if it does not.
    private static func attend(_ trial: Trial, clock: ConsumerClock, _ barrier: Eventually<Void>) async {
        let end = clock.now() + trialTime
        let isLate: Void? = await until(trial.joined) { await clock.sleep(until: end) }
        if isLate != nil { barrier.set(()) }
        _ = await trial.joined.value()
        if trial.hasJoined { await trial.previous.shutdown() }
    }

    private func noteJoined(_ trial: Trial?, _ joined: @Sendable () -> Void) {
        let isFirst = state.withLock { state in
            defer { state.hasJoined = true }
            if trial != nil {
                state.trial = nil
                state.reloadCount += 1
            }
            return !state.hasJoined
        }
        if isFirst { joined() }
        trial?.joined.set(())
        trial?.change.done.set(.success(()))
    }

    /// Puts the one before back in its place.
    private func giveUp(_ trial: Trial, _ refusal: Refusal) {
        state.withLock { state in
            state.current = trial.previous
            state.trial = nil
        }
        trial.change.done.set(.failure(refusal))
    }

    private func takeChange() -> Change? {
        state.withLock { state in
            defer { state.change = nil }
            return state.change
        }
    }

    /// Lets nobody wait for a barrier any more.
    private func close() {
        let (change, trial) = state.withLock { state in
            state.isOver = true
            defer { state.change = nil }
            return (state.change, state.trial)
        }
        if let trial { giveUp(trial, .stopped) }
        change?.done.set(.failure(.stopped))
        over.set(())
    }
}
