import Glibc

// @unchecked: every access to `state` is between lock and unlock of `mutex`, and `sending` keeps references to it
// from staying outside.
/// A value behind a `pthread_mutex_t`.
///
/// ThreadSanitizer sees this lock; it does not see `Synchronization.Mutex`. Not recursive: calling `withLock` inside
/// `withLock` of the same lock hangs.
@safe public final class Lock<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let state: UnsafeMutablePointer<State>

    /// Takes over the value; the caller keeps no reference into it.
    public init(_ state: sending State) {
        unsafe mutex = .allocate(capacity: 1)
        unsafe self.state = .allocate(capacity: 1)
        let failure = unsafe pthread_mutex_init(mutex, nil)
        precondition(failure == 0, "pthread_mutex_init failed with \(failure)")
        unsafe self.state.initialize(to: state)
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs `body` with the value, alone.
    ///
    /// - Parameter body: Short and without waiting: other threads, those of the cooperative pool among them, stand still.
    public func withLock<Result, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return unsafe try body(&state.pointee)
    }
}
