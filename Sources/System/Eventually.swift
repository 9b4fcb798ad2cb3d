/// A value that is set once, later, by another thread, and awaited by any number of tasks.
public final class Eventually<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
    }
    private let state = Lock(State())

    /// Makes one that has no value yet.
    public init() {}

    /// The value, if it was set by now.
    public var current: Value? { state.withLock { $0.value } }

    /// Sets the value and wakes whoever waits; later calls change nothing.
    ///
    /// - Returns: Whether it was the first call.
    @discardableResult
    public func set(_ value: Value) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>]? in
            guard state.value == nil else { return nil }
            state.value = value
            let waiters = Array(state.waiters.values)
            state.waiters = [:]
            return waiters
        }
        for waiter in waiters ?? [] { waiter.resume(returning: value) }
        return waiters != nil
    }

    /// Waits for the value.
    ///
    /// - Returns: nil if the task was cancelled before the value came.
    public func value() async -> Value? {
        let ticket = state.withLock { state -> Int in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Value?? in
                    if let value = state.value { return .some(value) }
                    // The handler below may have run already; it then found no waiter to wake.
                    if Task.isCancelled { return .some(nil) }
                    state.waiters[ticket] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume(returning: nil)
        }
    }

    /// Waits for the value, but no longer than `limit`.
    ///
    /// - Returns: nil if the time was up, or the task was cancelled, before the value came.
    public func value(within limit: Duration) async -> Value? {
        // A cancelled sleep ends early, which is what is wanted here.
        _ = await System.until(self) { try? await Task.sleep(for: limit, clock: .continuous) }
        return current
    }
}
