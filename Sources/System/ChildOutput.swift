import Glibc

/// What a child process wrote to one of its pipes, collected line by line by a thread of its own.
public final class ChildOutput: Sendable {
    private struct Waiter {
        let matches: @Sendable (String) -> Bool
        let found: Eventually<String?>
    }
    private struct State {
        var lines: [String] = []
        var partial: [UInt8] = []
        var byteCount = 0
        var droppedByteCount = 0
        var isEnded = false
        var nextWaiter = 0
        var waiters: [Int: Waiter] = [:]
    }
    private let state = Lock(State())
    private let ended = Eventually<Bool>()
    private let byteLimit: Int

    /// - Parameter byteLimit: Bytes that are kept; what comes later is read, counted and dropped, so that the child
    ///   never stands still on a full pipe.
    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// The complete lines so far, without their ends, and the last one when the child has closed its side.
    public var lines: [String] { state.withLock { $0.lines } }

    /// Everything so far, lines joined again.
    public var text: String { lines.joined(separator: "\n") }

    /// Bytes that came after the limit was reached, and were dropped.
    public var droppedByteCount: Int { state.withLock { $0.droppedByteCount } }

    /// Waits until the child, and all that inherited the pipe from it, closed it.
    ///
    /// - Returns: false if the time was up first.
    public func waitForEnd(within limit: Duration) async -> Bool { await ended.value(within: limit) ?? false }

    /// Waits for the first line, past ones included, that `matches` accepts.
    ///
    /// - Returns: nil if the output ended, or the time was up, without such a line.
    public func line(within limit: Duration, where matches: @escaping @Sendable (String) -> Bool) async -> String? {
        let found = Eventually<String?>()
        let ticket = state.withLock { state -> Int in
            if let line = state.lines.first(where: matches) {
                found.set(line)
            } else if state.isEnded {
                found.set(nil)
            }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = Waiter(matches: matches, found: found)
            return state.nextWaiter
        }
        let line = await found.value(within: limit) ?? nil
        state.withLock { _ = $0.waiters.removeValue(forKey: ticket) }
        return line
    }

    /// Reads the pipe to its end and closes it; the body of the collecting thread.
    func collect(from descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            // An error here is as final as the end; a pipe of our own has none to report.
            if count <= 0 { break }
            take(buffer.prefix(count))
        }
        close(descriptor)
        finish()
    }

    func take(_ bytes: ArraySlice<UInt8>) {
        state.withLock { state in
            let kept = bytes.prefix(max(0, byteLimit - state.byteCount))
            state.byteCount += kept.count
            state.droppedByteCount += bytes.count - kept.count
            for byte in kept {
                if byte == UInt8(ascii: "\n") { Self.endLine(&state) } else { state.partial.append(byte) }
            }
        }
    }

    func finish() {
        state.withLock { state in
            if !state.partial.isEmpty { Self.endLine(&state) }
            state.isEnded = true
            for ticket in state.waiters.keys.sorted() { state.waiters[ticket]?.found.set(nil) }
        }
        ended.set(true)
    }

    private static func endLine(_ state: inout State) {
        let line = String(decoding: state.partial, as: UTF8.self)
        state.partial.removeAll(keepingCapacity: true)
        state.lines.append(line)
        for ticket in state.waiters.keys.sorted() {
            guard let waiter = state.waiters[ticket], waiter.matches(line) else { continue }
            waiter.found.set(line)
        }
    }
}
