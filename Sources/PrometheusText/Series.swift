import CoreMetrics
import System

/// What one series holds, in the order in which the text format prints it.
protocol Series: AnyObject, Sendable {
    /// The word behind `# TYPE`.
    static var kind: String { get }
    /// The lines of this series: a suffix to the metric's name, a label of the line's own, and the value.
    var samples: [Sample] { get }
}

/// One line of the text format.
struct Sample {
    var suffix = ""
    var label: (name: String, value: String)?
    let value: Double
}

/// A number that only grows, until it is reset.
final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
    static let kind = "counter"
    private let value = Lock(0.0)

    var samples: [Sample] { [Sample(value: value.withLock { $0 })] }

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func reset() { value.withLock { $0 = 0 } }
}

/// A number that goes up and down.
final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    static let kind = "gauge"
    private let value = Lock(0.0)

    var samples: [Sample] { [Sample(value: value.withLock { $0 })] }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
}

/// How many values fell below each of some fixed bounds, their number and their sum. Timers count in seconds.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    static let kind = "histogram"

    private struct State {
        var counts: [Int]
        var sum = 0.0
    }
    /// Upper bounds, inclusive, ascending; one more bucket behind them has none.
    private let bounds: [Double]
    private let state: Lock<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Lock(State(counts: [Int](repeating: 0, count: bounds.count + 1)))
    }

    var samples: [Sample] {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var below = 0
        var samples: [Sample] = []
        for (count, bound) in zip(counts, bounds + [.infinity]) {
            below += count
            samples.append(Sample(suffix: "_bucket", label: ("le", TextFormat.number(bound)), value: Double(below)))
        }
        samples.append(Sample(suffix: "_sum", value: sum))
        samples.append(Sample(suffix: "_count", value: Double(below)))
        return samples
    }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func preferDisplayUnit(_ unit: TimeUnit) {}
}
