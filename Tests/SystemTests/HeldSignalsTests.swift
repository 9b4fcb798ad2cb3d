import Glibc
import System
import Testing

@Suite struct HeldSignalsTests {
    @Test func `a held signal is taken, one after the other, and does not end the process`() async throws {
        // On a thread of its own: the hold stays with the thread.
        let taken = try await System.Thread.run(name: "held") {
            let signals = HeldSignals([SIGUSR1, SIGUSR2])
            raise(SIGUSR2)
            let first = signals.next()
            raise(SIGUSR1)
            return [first, signals.next()]
        }
        #expect(taken == [SIGUSR2, SIGUSR1])
    }
}
