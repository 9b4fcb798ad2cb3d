import CGNU
import Glibc

/// A thread of our own, for calls that block: the cooperative pool has only as many threads as the machine has cores.
public final class Thread: Sendable {
    private let ended = Eventually<Bool>()

    private init() {}

    /// Starts `body` on a new thread.
    ///
    /// - Parameters:
    ///   - name: Shown by `top -H` and debuggers; cut to the kernel's 15 bytes.
    ///   - body: Runs to its end; nothing stops it from outside.
    /// - Throws: `SystemError` when the system gives no further thread.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) -> Thread {
        let thread = Thread()
        let work = Work(name: name) {
            body()
            thread.ended.set(true)
        }
        // Retained here for the new thread, which releases it as its first act; released here if there is none.
        let box = unsafe Unmanaged.passRetained(work)
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var handle = pthread_t()
        let failure = unsafe pthread_create(
            &handle, &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.run()
                return nil
            }, box.toOpaque())
        guard failure == 0 else {
            unsafe box.release()
            throw SystemError(call: "pthread_create", subject: name, code: failure)
        }
        return thread
    }

    /// Waits until the thread's work is done, or until the calling task is cancelled (the thread then goes on alone).
    public func join() async { _ = await ended.value() }

    /// Waits until the thread's work is done, but no longer than `limit`.
    ///
    /// - Returns: Whether it is done.
    public func join(within limit: Duration) async -> Bool { await ended.value(within: limit) ?? false }

    /// Runs `body` on a thread of its own and waits for its result, without holding a thread of the cooperative pool.
    ///
    /// Cancelling the calling task has no effect on `body`: the call returns when it does.
    ///
    /// - Throws: What `body` throws, or `SystemError` when there is no further thread.
    public static func run<Value: Sendable>(
        name: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do throws(SystemError) {
                _ = try start(name: name) { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            // Only a name for debuggers: that it fails is no reason to stop.
            unsafe String(decoding: name.utf8.prefix(15), as: UTF8.self).withCString { text in
                _ = unsafe cgnu_name_this_thread(text)
            }
            body()
        }
    }
}
