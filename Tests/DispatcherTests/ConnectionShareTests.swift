import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Answers once its gate is open, 10 s later by the test's clock, and knows how many requests it had at once.
private final class SlowTransport: Transport {
    private let clock: ScaledClock
    private let state = Lock((now: 0, most: 0, urls: [String](), timeouts: [Duration]()))

    let gate = Eventually<Void>()

    init(_ clock: ScaledClock, isOpen: Bool = true) {
        self.clock = clock
        if isOpen { gate.set(()) }
    }

    var most: Int { state.withLock { $0.most } }
    var urls: [String] { state.withLock { $0.urls } }
    var timeouts: [Duration] { state.withLock { $0.timeouts } }

    func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
            state.urls.append(request.url)
            state.timeouts.append(request.timeout)
        }
        _ = await gate.value()
        await clock.sleep(for: .seconds(10))
        state.withLock { $0.now -= 1 }
        return TransportResponse(status: 200, headers: [], body: [])
    }
}

@Suite struct ConnectionShareTests {
    private func request(_ number: Int, timeout: Duration) -> TransportRequest {
        TransportRequest(
            call: .putLogs, method: "POST", url: "http://demo/\(number)", headers: [], body: [], connectTo: nil,
            timeout: timeout)
    }

    /// Sends six requests, each once the one before is sent or stands in the queue; answers come when all six do.
    private func sendSix(over slow: SlowTransport, _ share: ConnectionShare) async throws {
        let transport = share.over(slow)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask { _ = try await transport.send(request(number, timeout: .seconds(100_000))) }
                try await wait(for: "request \(number) is sent or waits") {
                    slow.urls.count + share.waitingCount == number + 1
                }
            }
            slow.gate.set(())
            try await group.waitForAll()
        }
    }

    @Test func `those who wait go in order, with what is left of their time`() async throws {
        let clock = ScaledClock(speed: 100)
        let slow = SlowTransport(clock, isOpen: false)
        try await sendSix(over: slow, ConnectionShare(limit: 1, clock: clock.consumerClock))
        #expect(slow.most == 1)
        #expect(slow.urls == (0..<6).map { "http://demo/\($0)" })
        #expect(slow.timeouts[0] == .seconds(100_000) && slow.timeouts[5] <= .seconds(99_950))
    }

    @Test func `a share is never exceeded`() async throws {
        let clock = ScaledClock(speed: 100)
        let slow = SlowTransport(clock, isOpen: false)
        try await sendSix(over: slow, ConnectionShare(limit: 2, clock: clock.consumerClock))
        #expect(slow.most == 2 && slow.urls.count == 6)
    }

    @Test func `who waits longer than its time was not sent, and leaves its place to others`() async throws {
        let clock = ScaledClock(speed: 100)
        let slow = SlowTransport(clock, isOpen: false)
        let transport = ConnectionShare(limit: 1, clock: clock.consumerClock).over(slow)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<3 {
                group.addTask {
                    do throws(ClientError) {
                        _ = try await transport.send(request(number, timeout: .seconds(8)))
                        return true
                    } catch {
                        return !error.isCancelled
                    }
                }
            }
            // The one that was sent has no answer yet; the others' time is up.
            #expect(await group.next() == false)
            #expect(await group.next() == false)
            slow.gate.set(())
            #expect(await group.next() == true)
        }
        #expect(slow.urls.count == 1)
        _ = try await transport.send(request(9, timeout: .seconds(8)))
        #expect(slow.urls.last == "http://demo/9")
    }

    @Test func `targets share the connections in equal parts, but none gets fewer than eight`() {
        #expect([1, 2, 3, 8, 20].map { ConnectionShare.limit(of: $0) } == [64, 32, 21, 8, 8])
    }
}

extension DispatcherTests {
    @Test func `with forty shards a target that hangs takes no more than its share, and the others have all theirs`()
        async throws
    {
        let service = try ScriptedService(["source": 40, "web": 1, "audit": 1, "clicks": 1])
        try await service.fill(0..<600)
        service.follow { $0.api == .putLogs && $0.request.url.contains("/audit/") ? .hang : nil }
        let dispatcher = try LiveDispatcher("a", of: service)
        try await running(dispatcher) {
            try await wait(for: "the others have theirs") {
                let counts = dispatcher.dispatcher.status.totals.accepted
                return counts[0] == 200 && counts[2] == 200
            }
            let hung = service.calls(.putLogs).filter { $0.request.url.contains("/audit/") }
            let most = hung.map { call in
                hung.count { $0.sent <= call.sent && ($0.ended.map { $0 > call.sent } ?? true) }
            }.max()
            #expect(try #require(most) <= 21)
            service.heal()
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered() }
        }
    }
}
