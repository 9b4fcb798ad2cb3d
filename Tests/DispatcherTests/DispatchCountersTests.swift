import Metrics
import SLSProtocol
import System
import Testing

@testable import Dispatcher

@Suite struct DispatchCountersTests {
    /// Keeps what its one gauge was set to, in order.
    private final class Recording: MetricsFactory, RecorderHandler {
        let values = Lock<[Int64]>([])

        func record(_ value: Int64) { values.withLock { $0.append(value) } }
        func record(_ value: Double) { record(Int64(value)) }

        func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
            self
        }
        func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            NOOPMetricsHandler.instance
        }
        func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            NOOPMetricsHandler.instance
        }
        func destroyCounter(_ handler: any CounterHandler) {}
        func destroyRecorder(_ handler: any RecorderHandler) {}
        func destroyTimer(_ handler: any TimerHandler) {}
    }

    @Test func `the gauge of what is in flight is set in the order in which that changed`() async {
        let metrics = Recording()
        let counters = DispatchCounters(routes: ["web"], factory: metrics)
        // Each adds only: what is recorded must never go down.
        await withTaskGroup(of: Void.self) { group in
            for shard in 0..<4 {
                group.addTask {
                    var entry = Ledger.Entry(targetCount: 1)
                    entry.targets[0].routed = 1
                    for count in 1...5_000 {
                        entry.targets[0].inFlight = count
                        counters.add(entry, of: ShardID(shard))
                    }
                }
            }
        }
        let values = metrics.values.withLock { $0 }
        #expect(values.count == 20_000 && values.last == 20_000)
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
    }
}
