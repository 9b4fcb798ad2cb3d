import SLSClient
public import SLSProtocol

extension DispatcherSettings {
    /// Takes the mode of delivery that a probe allows; for settings in which no mode is given.
    ///
    /// - Parameter now: The time that takes the place of a moving start.
    /// - Returns: What a person should know of it.
    public mutating func adopt(_ record: IdempotenceProbe.Record, now: Timestamp) -> String {
        let probed = "\(record.project) at \(record.endpoint)"
        let places = Set(targets.map { "\($0.keyed.project) at \($0.keyed.host)" })
        guard places == [probed] else {
            return
                "the probe file is of project \(probed), the targets are in \(places.sorted().joined(separator: ", ")), of "
                + "which it says nothing: delivered at least once"
        }
        guard record.isPassed else {
            return record.isFailed
                ? "the probe ruled exactly once out: delivered at least once"
                : "the probe is not finished (its last question is asked a day later): delivered at least once"
        }
        var exact = self
        exact.delivery.mode = .exactlyOnce
        let mistakes = exact.deliveryMistakes(now: now)
        guard mistakes.isEmpty else {
            return
                "the endpoint passed the probe, but these settings rule exactly once out: delivered at least once; "
                + mistakes.joined(separator: "; ")
        }
        self = exact
        return "the endpoint passed the probe: delivered exactly once"
    }
}
