import System
import Testing

@Suite struct InterruptionTests {
    private struct Refused: Error {}

    @Test func `what is done before it is stopped gives its result, or its error`() async throws {
        let never = Eventually<Void>()
        #expect(await until(never) { 7 } == 7)
        await #expect(throws: Refused.self) { try await until(never) { () async throws(Refused) in throw Refused() } }
    }

    @Test func `what is stopped is cancelled, and its result left aside`() async {
        let stop = Eventually<Void>()
        let wasCancelled = Eventually<Bool>()
        let result: Int? = await until(stop) {
            stop.set(())
            _ = await Eventually<Void>().value()
            wasCancelled.set(Task.isCancelled)
            return 7
        }
        #expect(result == nil && wasCancelled.current == true)
    }

    @Test func `companions end with what they accompany, and those that end before it change nothing`() async throws {
        let companionIsUp = Eventually<Void>()
        let wasCancelled = Eventually<Bool>()
        let result = await beside([
            {},
            {
                companionIsUp.set(())
                _ = await Eventually<Void>().value()
                wasCancelled.set(Task.isCancelled)
            },
        ]) {
            _ = await companionIsUp.value()
            return 7
        }
        #expect(result == 7 && wasCancelled.current == true)
        await #expect(throws: Refused.self) {
            try await beside([{ _ = await Eventually<Void>().value() }]) { () async throws(Refused) in throw Refused() }
        }
    }

    @Test func `a value is set once, and whoever came later is told so`() {
        let value = Eventually<Int>()
        #expect(value.set(1) && !value.set(2))
        #expect(value.current == 1)
    }
}
