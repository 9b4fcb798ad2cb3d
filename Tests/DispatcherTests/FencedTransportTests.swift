import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Keeps the deadline of each request, and answers nothing.
private final class DeadlineRecorder: Transport {
    let deadlines = Lock<[ContinuousClock.Instant?]>([])

    func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
        deadlines.withLock { $0.append(request.deadline) }
        throw .transport(TransportFailure(.connectionLost, "nobody there"))
    }
}

@Suite struct FencedTransportTests {
    @Test func `a write's time counts from before the look at the lease, not from when it is sent`() async throws {
        let service = try ScriptedService.withTargets()
        let recorder = DeadlineRecorder()
        let looks = Lock<[ContinuousClock.Instant]>([])
        let fenced = try service.client(
            by: FencedTransport(recorder) {
                looks.withLock { $0.append(.now) }
                return true
            }
        ).limited(to: .seconds(5))
        let web = try LogstoreName("web")
        await #expect(throws: ClientError.self) {
            try await fenced.putLogs(PutLogsBody(plain: ScriptedService.group(1)), to: web)
        }
        let look = try #require(looks.withLock { $0.first })
        let deadline = try #require(recorder.deadlines.withLock { $0.first } ?? nil)
        #expect(deadline <= look + .seconds(5))
    }

    @Test func `a write that was decided before a long stop of the process is not sent after it`() async throws {
        let service = try ScriptedService.withTargets()
        let clock = service.clock
        let client = try service.client()
        let source = try LogstoreName("source")
        let results = Lock<[Bool]>([])
        var configuration = Consumer.Configuration(
            logstore: source, group: try ConsumerGroupName("cg"), consumer: try ConsumerName("a"))
        configuration.byteBudget = 1_000_000
        let consumer = try Consumer(
            configuration, client: try service.client(by: service.line("a")),
            heartbeatTransport: service.line("a-heart"), clock: clock.consumerClock)
        let stop = Eventually<Void>()
        try await service.fill(0..<1)
        let outcome = try await consumer.run(until: stop) { held in
            for await _ in held.batches {
                let fenced = client.over(
                    FencedTransport(service.line("target")) { held.allowsWrite(now: clock.consumerClock.now()) })
                for jump in [Duration.zero, .seconds(16)] {
                    clock.jump(by: jump)
                    do throws(ClientError) {
                        try await fenced.putLogs(
                            PutLogsBody(plain: ScriptedService.group(1)), to: source)
                        results.withLock { $0.append(true) }
                    } catch {
                        results.withLock { $0.append(false) }
                        if !error.isCancelled { Issue.record("\(error)") }
                    }
                }
                stop.set(())
            }
            return ProcessingResult(sentUpTo: nil)
        }
        #expect(results.withLock { $0 }.prefix(2) == [true, false])
        #expect(outcome.isSettled)
    }
}
