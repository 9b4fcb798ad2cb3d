internal import System

/// Work that other threads leave for the loop thread, which does it between two turns.
final class LoopMailbox: Sendable {
    private let left = Lock<[@Sendable (Emulator) -> Void]>([])

    func leave(_ work: @escaping @Sendable (Emulator) -> Void) { left.withLock { $0.append(work) } }

    /// Loop thread only.
    func carryOut(on emulator: Emulator) {
        let works = left.withLock { left in
            defer { left = [] }
            return left
        }
        for work in works { work(emulator) }
    }
}
