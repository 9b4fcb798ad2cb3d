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

    @Test func `what is done with all at the same time comes back in their order, or as the first of their errors`()
        async throws
    {
        let last = Eventually<Void>()
        let values = await allAtOnce([1, 2, 3]) { number in
            // The first can end only once the last has begun.
            if number == 3 { last.set(()) } else { _ = await last.value() }
            return number * 10
        }
        #expect(values == [10, 20, 30])
        let error = await #expect(throws: Odd.self) {
            try await allAtOnce([2, 3, 5]) { number async throws(Odd) in
                if number % 2 == 1 { throw Odd(number: number) }
                return number
            }
        }
        #expect(error?.number == 3)
    }

    private struct Odd: Error { let number: Int }

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
