import CGNU
import Glibc

/// A door that stays shut until some thread opens it: what a thread of ours waits at without running.
public final class Gate: Sendable {
    /// The two ends of a pipe: that one end is closed is what the other is woken by.
    private let readEnd: Int32
    private let writeEnd: Lock<Int32?>

    /// A shut gate.
    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe cgnu_pipe2(&ends, O_CLOEXEC) == 0 else { throw .last("pipe2", "gate") }
        readEnd = ends[0]
        writeEnd = Lock(ends[1])
    }

    deinit {
        open()
        close(readEnd)
    }

    /// Opens it for good, from any thread; may be called more than once.
    public func open() {
        writeEnd.withLock { end in
            if let shut = end { close(shut) }
            end = nil
        }
    }

    /// Blocks the calling thread until the gate is open, but no longer than `limit`. Not on the cooperative pool.
    ///
    /// - Returns: Whether it is open.
    @discardableResult
    public func wait(upTo limit: Duration) -> Bool {
        let (seconds, attoseconds) = limit.components
        let end = MonotonicClock.nanoseconds() + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        while true {
            let rest = max(0, end - MonotonicClock.nanoseconds())
            var waited = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
            let status = unsafe poll(&waited, 1, Int32(min(Int64(Int32.max), (rest + 999_999) / 1_000_000)))
            if status > 0 { return true }
            // Else a signal came between, or the time is up.
            if MonotonicClock.nanoseconds() >= end { return false }
        }
    }
}
