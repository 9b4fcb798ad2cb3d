import CoreMetrics
import Metrics
import PrometheusText
import Testing

struct PrometheusFactoryTests {
    private func factory(_ change: (inout PrometheusFactory.Configuration) -> Void = { _ in }) -> PrometheusFactory {
        var configuration = PrometheusFactory.Configuration()
        change(&configuration)
        return PrometheusFactory(configuration)
    }

    @Test func `nothing recorded is an empty text`() {
        #expect(factory().text() == "")
    }

    @Test func `counters and gauges are sorted by name and labels, one header a name`() {
        let factory = factory { $0.help = ["requests_total": "Requests by\nkind."] }
        Counter(label: "requests_total", dimensions: [("code", "500")], factory: factory).increment()
        Counter(label: "requests_total", dimensions: [("code", "200")], factory: factory).increment(by: 3)
        Counter(label: "requests_total", dimensions: [("code", "200")], factory: factory).increment(by: 4)
        Meter(label: "connections", factory: factory).set(2.5)
        Gauge(label: "age_seconds", factory: factory).record(-1)
        FloatingPointCounter(label: "cpu_seconds_total", factory: factory).increment(by: 0.25)
        #expect(
            factory.text() == """
                # TYPE age_seconds gauge
                age_seconds -1
                # TYPE connections gauge
                connections 2.5
                # TYPE cpu_seconds_total counter
                cpu_seconds_total 0.25
                # HELP requests_total Requests by\\nkind.
                # TYPE requests_total counter
                requests_total{code="200"} 7
                requests_total{code="500"} 1

                """)
    }

    @Test func `labels are sorted by name, and the same labels in another order are the same series`() {
        let factory = factory()
        Counter(label: "puts_total", dimensions: [("route", "a"), ("code", "b")], factory: factory).increment()
        Counter(label: "puts_total", dimensions: [("code", "b"), ("route", "a")], factory: factory).increment()
        #expect(factory.text().hasSuffix("puts_total{code=\"b\",route=\"a\"} 2\n"))
    }

    @Test func `label values are escaped and names are made valid`() {
        let factory = factory()
        Counter(label: "9 odd-näme", dimensions: [("a.b", "quote \" slash \\ line\nend")], factory: factory).increment()
        #expect(
            factory.text() == """
                # TYPE _9_odd_n_me counter
                _9_odd_n_me{a_b="quote \\" slash \\\\ line\\nend"} 1

                """)
    }

    @Test func `a timer is a cumulative histogram of seconds`() {
        let factory = factory { $0.bounds = ["wait_seconds": [0.1, 1]] }
        let timer = Timer(label: "wait_seconds", dimensions: [("route", "a")], factory: factory)
        timer.recordMilliseconds(100)
        timer.recordMilliseconds(500)
        timer.recordSeconds(3)
        #expect(
            factory.text() == """
                # TYPE wait_seconds histogram
                wait_seconds_bucket{route="a",le="0.1"} 1
                wait_seconds_bucket{route="a",le="1"} 2
                wait_seconds_bucket{route="a",le="+Inf"} 3
                wait_seconds_sum{route="a"} 3.6
                wait_seconds_count{route="a"} 3

                """)
    }

    @Test func `a recorder that aggregates is a histogram`() {
        let factory = factory { $0.recorderBounds = [10] }
        let recorder = Recorder(label: "body_bytes", factory: factory)
        recorder.record(10)
        recorder.record(11.5)
        #expect(factory.text().contains("body_bytes_bucket{le=\"10\"} 1\nbody_bytes_bucket{le=\"+Inf\"} 2\n"))
        #expect(factory.text().contains("body_bytes_sum 21.5\nbody_bytes_count 2\n"))
    }

    @Test func `series beyond the limit are counted, work, and are not printed`() {
        let factory = factory {
            $0.seriesLimit = 2
            $0.droppedSeriesName = "dropped_series_total"
        }
        for number in 0..<5 {
            Counter(label: "seen_total", dimensions: [("topic", "\(number)")], factory: factory).increment()
        }
        Counter(label: "seen_total", dimensions: [("topic", "0")], factory: factory).increment()
        #expect(factory.droppedSeriesCount == 3)
        #expect(
            factory.text() == """
                # TYPE seen_total counter
                seen_total{topic="0"} 2
                seen_total{topic="1"} 1
                # TYPE dropped_series_total counter
                dropped_series_total 3

                """)
    }

    @Test func `a second kind under one name is not printed`() {
        let factory = factory()
        Counter(label: "twice", factory: factory).increment()
        Meter(label: "twice", factory: factory).set(9)
        Meter(label: "twice", dimensions: [("a", "b")], factory: factory).set(9)
        #expect(factory.text() == "# TYPE twice counter\ntwice 1\n")
        #expect(factory.droppedSeriesCount == 2)
    }

    @Test func `a destroyed series leaves the text and makes room`() {
        let factory = factory { $0.seriesLimit = 1 }
        let lag = Meter(label: "lag_seconds", dimensions: [("shard", "0")], factory: factory)
        lag.set(1)
        lag.destroy()
        #expect(factory.text() == "")
        Counter(label: "lag_seconds", factory: factory).increment()
        #expect(factory.text() == "# TYPE lag_seconds counter\nlag_seconds 1\n")
    }

    @Test func `a counter can be reset and numbers keep the format's spelling`() {
        let factory = factory()
        let counter = Counter(label: "a_total", factory: factory)
        counter.increment(by: 5)
        counter.reset()
        Meter(label: "b", factory: factory).set(Double.nan)
        Meter(label: "c", factory: factory).set(-Double.infinity)
        Meter(label: "d", factory: factory).set(9_007_199_254_740_991.0)
        Meter(label: "e", factory: factory).set(1e20)
        let values = factory.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(values == ["a_total 0", "b NaN", "c -Inf", "d 9007199254740991", "e 1e+20"])
    }

    @Test func `many threads count without loss`() async {
        let factory = factory()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<1000 { Counter(label: "n_total", factory: factory).increment() }
                }
            }
        }
        #expect(factory.text().hasSuffix("n_total 4000\n"))
    }
}
