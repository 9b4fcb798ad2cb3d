public import Logging
import SLSConsumer
public import System

/// A dispatcher whose settings may change while it runs: one `Dispatcher` after another, under one name in the group.
///
/// A change is a barrier (consumer-group.md 5.5): the one at work finishes its queues, saves the checkpoints and waits until no
/// late copy of a save can follow; then the next begins where it ended. So nothing is delivered under two generations of
/// keys. Where the queues cannot be finished, the old settings go on.
public final class ReloadableDispatcher: Sendable {
    /// Why the settings were not changed; those before go on.
    public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// These cannot be changed while the program runs.
        case fixed([String])
        /// The new settings cannot be read, or a dispatcher cannot start with them.
        case cannotStart(String)
        /// Something sent is not settled, so another generation could deliver it again. What is in the way.
        case unfinished([String])
        /// The program is stopping, or its dispatcher failed.
        case stopped

        /// A sentence for a person, with what to do.
        public var description: String {
            switch self {
            case .fixed(let names):
                "\(names.joined(separator: ", ")) cannot change while the program runs: stop it and start it anew"
            case .cannotStart(let reason): reason
            case .unfinished(let reasons):
                "not everything that was sent could be finished and saved (\(reasons.joined(separator: "; "))), so a change "
                    + "now could deliver it again: ask again once that is over, or restart the program with the new settings, "
                    + "which brings copies at worst"
            case .stopped: "the program is stopping"
            }
        }
    }

    /// A change that waits for the barrier.
    private struct Change: Sendable {
        let next: Dispatcher
        /// What may keep the queues from being finished.
        let obstacles: [String]
        let done = Eventually<Result<Void, Refusal>>()
    }

    private struct State {
        var current: Dispatcher
        var change: Change?
        /// Set to stop the present one.
        var barrier = Eventually<Void>()
        var isOver = false
        var reloadCount = 0
        var lastRefusal: Refusal?
    }

    private let make: @Sendable (DispatcherSettings) throws(DispatchError) -> Dispatcher
    private let state: Lock<State>

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
        guard try await current.check(until: stop) else { return Dispatcher.Outcome(isSettled: true) }
        let hasJoined = Lock(false)
        let joinedOnce: @Sendable () -> Void = {
            let isFirst = hasJoined.withLock { hasJoined in
                defer { hasJoined = true }
                return !hasJoined
            }
            if isFirst { joined() }
        }
        while true {
            let dispatcher = current
            let outcome = try await forward(dispatcher, until: stop, joined: joinedOnce)
            let change = takeChange()
            guard let change, stop.current == nil else {
                change?.done.set(.failure(.stopped))
                return Dispatcher.Outcome(isSettled: await dispatcher.outwaitSaves(after: outcome))
            }
            if change.next.settings.needsBarrier(after: dispatcher.settings) {
                guard await dispatcher.outwaitSaves(after: outcome, before: change.next) else {
                    change.done.set(.failure(.unfinished(change.obstacles)))
                    continue
                }
            }
            state.withLock { state in
                state.current = change.next
                state.reloadCount += 1
            }
            await dispatcher.shutdown()
            change.done.set(.success(()))
        }
    }

    /// Changes the settings while `run` is at work, by a barrier; one call at a time.
    ///
    /// - Throws: `Refusal`; the settings before are in force then.
    public func reload(_ settings: DispatcherSettings) async throws(Refusal) {
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
            isChecked = try await next.check(until: state.withLock { $0.barrier })
        } catch {
            throw .cannotStart("\(error)")
        }
        guard isChecked else { throw .stopped }
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

    /// Runs one dispatcher until it is told to stop, or a change waits.
    private func forward(
        _ dispatcher: Dispatcher, until stop: Eventually<Void>, joined: @escaping @Sendable () -> Void
    ) async throws(DispatchError) -> Dispatcher.Outcome {
        let barrier = Eventually<Void>()
        state.withLock { state in
            state.barrier = barrier
            // It came before there was anything to stop.
            if state.change != nil { barrier.set(()) }
        }
        let result = await withTaskGroup(of: Result<Dispatcher.Outcome, DispatchError>?.self) { group in
            group.addTask {
                if await stop.value() != nil { barrier.set(()) }
                return nil
            }
            group.addTask {
                do throws(DispatchError) {
                    return .success(try await dispatcher.forward(until: barrier, joined: joined))
                } catch {
                    return .failure(error)
                }
            }
            var result: Result<Dispatcher.Outcome, DispatchError>?
            while result == nil, let next = await group.next() { result = next }
            group.cancelAll()
            return result
        }
        // Cancelled: nothing is known of what was sent.
        guard let result else { return Dispatcher.Outcome(isSettled: false) }
        return try result.get()
    }

    private func takeChange() -> Change? {
        state.withLock { state in
            defer { state.change = nil }
            return state.change
        }
    }

    /// Lets nobody wait for a barrier any more.
    private func close() {
        let change = state.withLock { state -> Change? in
            state.isOver = true
            defer { state.change = nil }
            return state.change
        }
        change?.done.set(.failure(.stopped))
    }
}
