import SLSClient
import SLSProtocol

extension DispatcherSettings {
    /// Takes the mode of delivery that a probe allows; for settings in which no mode is given.
    ///
    /// - Returns: What a person should know of it.
    public mutating func adopt(_ record: IdempotenceProbe.Record) -> String {
        let hosts = Set(targets.map(\.keyed.host)).sorted()
        guard hosts == [record.endpoint] else {
            return
                "the probe file is of \(record.endpoint), the targets are at \(hosts.joined(separator: ", ")), of which it "
                + "says nothing: delivered at least once"
        }
        guard record.isPassed else {
            return record.isFailed
                ? "the probe ruled exactly once out: delivered at least once"
                : "the probe is not finished (its last question is asked a day later): delivered at least once"
        }
        guard start.isFixed else {
            return
                "the endpoint passed the probe, but a start that moves rules exactly once out: delivered at least once; "
                + "write SLS_CURSOR_START as begin or as a time to change that"
        }
        delivery.mode = .exactlyOnce
        return "the endpoint passed the probe: delivered exactly once"
    }
}
