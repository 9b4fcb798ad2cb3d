public import CoreMetrics
import System

/// A backend of swift-metrics that answers with Prometheus' text format.
///
/// Counters, meters (gauges) and non-aggregating recorders (gauges) are one line each; timers, in seconds, and
/// aggregating recorders are histograms. A label given twice to the same metric makes one series.
public final class PrometheusFactory: MetricsFactory {
    /// What can be tuned; everything has a default.
    public struct Configuration: Sendable {
        /// Series that are kept, all metrics together; what is asked for beyond is counted and goes nowhere. 2,000.
        public var seriesLimit = 2000
        /// What stands behind `# HELP`, by metric name. Metrics that are not named have no such line.
        public var help: [String: String] = [:]
        /// Upper bounds of the histograms, ascending, by metric name.
        public var bounds: [String: [Double]] = [:]
        /// The bounds of timers that `bounds` does not name; in seconds. 1 ms to 60 s.
        public var timerBounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]
        /// The bounds of aggregating recorders that `bounds` does not name. 1 to 10^9, three a decade.
        public var recorderBounds: [Double] = (0..<9).flatMap { power in
            [1.0, 2, 5].map { $0 * (0..<power).reduce(1.0) { product, _ in product * 10 } }
        }
        /// The name of the counter of series that found no room; none is printed without a name.
        public var droppedSeriesName: String?

        /// All defaults.
        public init() {}
    }

    /// The media type of `text()`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private struct Key: Hashable, Comparable {
        /// `name`, as printed.
        let name: String
        /// `{a="b"}`, as printed, labels sorted by name.
        let labels: String
        static func < (one: Key, other: Key) -> Bool { (one.name, one.labels) < (other.name, other.labels) }
    }
    private struct Entry {
        let labels: [(name: String, value: String)]
        let series: any Series
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        /// The first kind asked for under a name; another kind under the same name would be an invalid text.
        var kinds: [String: String] = [:]
        var droppedCount = 0
    }
    private let configuration: Configuration
    private let state = Lock(State())

    /// Makes an empty factory, to be given to `MetricsSystem.bootstrap` or to single metrics.
    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// Series that were asked for and not kept: beyond the limit, or a second kind under one name.
    public var droppedSeriesCount: Int { state.withLock { $0.droppedCount } }

    /// All series with their values of now, sorted by name and labels.
    public func text() -> String {
        let (entries, dropped) = state.withLock { state in
            (state.entries.sorted { $0.key < $1.key }.map { (name: $0.key.name, entry: $0.value) }, state.droppedCount)
        }
        var lines: [String] = []
        var previous: String?
        for (name, entry) in entries {
            if name != previous { lines += header(of: name, kind: type(of: entry.series).kind) }
            previous = name
            for sample in entry.series.samples {
                let labels = TextFormat.labels(entry.labels + (sample.label.map { [$0] } ?? []))
                lines.append("\(name)\(sample.suffix)\(labels) \(TextFormat.number(sample.value))")
            }
        }
        if let name = configuration.droppedSeriesName {
            lines += header(of: name, kind: CounterSeries.kind) + ["\(name) \(dropped)"]
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func header(of name: String, kind: String) -> [String] {
        let help = configuration.help[name].map { ["# HELP \(name) \(TextFormat.help($0))"] } ?? []
        return help + ["# TYPE \(name) \(kind)"]
    }

    // MARK: - MetricsFactory

    /// A counter; `label` is printed as it is, so it ends in `_total`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions) { CounterSeries() }
    }

    /// A counter that takes fractions.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions) { CounterSeries() }
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions) { GaugeSeries() }
    }

    /// A histogram, or a gauge where nothing is to be aggregated.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if !aggregate { return series(label, dimensions) { GaugeSeries() } }
        let bounds = configuration.bounds[label] ?? configuration.recorderBounds
        return series(label, dimensions) { HistogramSeries(bounds: bounds) }
    }

    /// A histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let bounds = configuration.bounds[label] ?? configuration.timerBounds
        return series(label, dimensions) { HistogramSeries(bounds: bounds) }
    }

    /// Takes the series out of the text.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Takes the series out of the text.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    /// Takes the series out of the text.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Takes the series out of the text.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    /// Takes the series out of the text.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// The series of that name and those labels; a new one, kept while there is room, if there is none yet.
    private func series<Kind: Series>(
        _ label: String, _ dimensions: [(String, String)], make: () -> Kind
    ) -> Kind {
        let name = TextFormat.name(label)
        let labels = dimensions.map { (name: TextFormat.name($0.0), value: $0.1) }.sorted { $0 < $1 }
        let key = Key(name: name, labels: TextFormat.labels(labels))
        let new = make()
        return state.withLock { state in
            if let known = state.entries[key]?.series as? Kind { return known }
            let kind = state.kinds[name, default: Kind.kind]
            guard kind == Kind.kind, state.entries.count < configuration.seriesLimit else {
                state.droppedCount += 1
                return new
            }
            state.kinds[name] = kind
            state.entries[key] = Entry(labels: labels, series: new)
            return new
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            guard let key = state.entries.first(where: { $0.value.series === handler })?.key else { return }
            state.entries[key] = nil
            if !state.entries.keys.contains(where: { $0.name == key.name }) { state.kinds[key.name] = nil }
        }
    }
}
