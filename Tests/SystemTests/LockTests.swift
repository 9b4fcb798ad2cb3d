import System
import Testing

struct LockTests {
    @Test func `a locked value is changed by one thread at a time`() async throws {
        let counter = Lock(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await Thread.run(name: "counter") {
                        for _ in 0..<10_000 { counter.withLock { $0 += 1 } }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(counter.withLock { $0 } == 40_000)
    }

    @Test func `an error leaves the lock free and keeps its type`() {
        struct Refused: Error {}
        let lock = Lock("value")
        #expect(throws: Refused.self) { try lock.withLock { _ throws(Refused) in throw Refused() } }
        #expect(lock.withLock { $0 } == "value")
    }

    @Test func `a value that is not Sendable lives in a lock`() {
        final class Box { var number = 1 }
        let lock = Lock(Box())
        lock.withLock { $0.number += 1 }
        #expect(lock.withLock { $0.number } == 2)
    }

    @Test func `what a lock holds is released with it`() {
        final class Canary: Sendable {}
        weak var canary: Canary?
        do {
            let held = Canary()
            canary = held
            _ = Lock(held)
        }
        #expect(canary == nil)
    }
}

struct ThreadTests {
    @Test func `a result and an error come back from a thread`() async throws {
        struct Refused: Error {}
        #expect(try await Thread.run(name: "adds") { 1 + 1 } == 2)
        await #expect(throws: Refused.self) { try await Thread.run(name: "throws") { throw Refused() } }
    }

    @Test func `a thread carries the first 15 bytes of its name`() async throws {
        let name = try await Thread.run(name: "a-name-that-is-too-long") {
            try Files.read("/proc/thread-self/comm", limit: 100)
        }
        #expect(String(decoding: name, as: UTF8.self) == "a-name-that-is-\n")
    }

    @Test func `join waits for the end but not past its limit`() async throws {
        let gate = Lock(true)
        let thread = try Thread.start(name: "gated") { while gate.withLock({ $0 }) {} }
        #expect(await !thread.join(within: .milliseconds(1)))
        gate.withLock { $0 = false }
        #expect(await thread.join(within: .seconds(30)))
        await thread.join()
    }
}

struct EventuallyTests {
    @Test func `the first value set is the one that every waiter gets`() async {
        let eventually = Eventually<Int>()
        async let first = eventually.value()
        async let second = eventually.value(within: .seconds(30))
        eventually.set(1)
        eventually.set(2)
        #expect(await first == 1)
        #expect(await second == 1)
        #expect(eventually.current == 1)
    }

    @Test func `a wait ends with its limit or with its task`() async {
        let never = Eventually<Int>()
        #expect(await never.value(within: .milliseconds(1)) == nil)
        let waiting = Task { await never.value() }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }
}
