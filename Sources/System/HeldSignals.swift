import CGNU
import Glibc

/// Signals that wait to be taken by a thread of ours instead of ending the process.
///
/// Only where every thread inherits the hold: make it first of all. Not under an asynchronous `main`, whose runtime
/// unblocks signals on the main thread.
public struct HeldSignals: Sendable {
    private let numbers: [Int32]

    /// Holds these on the calling thread and on every thread it starts from now on.
    public init(_ numbers: [Int32]) {
        self.numbers = numbers
        var set = Self.set(numbers)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for one of them, and takes it.
    public func next() -> Int32 {
        var set = Self.set(numbers)
        var taken: Int32 = 0
        while unsafe sigwait(&set, &taken) != 0 {}
        return taken
    }

    private static func set(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        return set
    }
}
