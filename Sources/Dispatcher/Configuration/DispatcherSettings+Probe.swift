import SLSClient
public import SLSProtocol

extension DispatcherSettings {
    /// What a probe's record says of sequence ids at the targets.
    public enum ProbeVerdict: Equatable, Sendable {
        /// All that exactly once needs was seen.
        case passed
        /// Something that rules exactly once out was seen: the question, with its answer.
        case ruledOut(String)
        /// It says nothing yet, or nothing of these targets, in a sentence.
        case unknown(String)
    }

    /// What that record says of these targets.
    public func verdict(of record: IdempotenceProbe.Record) -> ProbeVerdict {
        let probed = "\(record.project) at \(record.endpoint)"
        let places = Set(targets.map { "\($0.keyed.project) at \($0.keyed.host)" })
        guard places == [probed] else {
            return .unknown(
                "the probe file is of project \(probed), the targets are in \(places.sorted().joined(separator: ", ")), of "
                    + "which it says nothing")
        }
        if let step = record.steps.first(where: { $0.isAsNeeded == false }) {
            return .ruledOut("\(step.question): \(step.answer)")
        }
        guard record.hasTodaysQuestions else {
            return .unknown(
                "the probe file was made by another version, whose questions are not those of this one (sls-dispatch check "
                    + "with another file asks these)")
        }
        return record.isPassed
            ? .passed : .unknown("the probe is not finished (its last question is asked a day later)")
    }

    /// Takes the mode of delivery that a probe allows; for settings in which no mode is given.
    ///
    /// - Parameter now: The time that takes the place of a moving start.
    /// - Returns: What a person should know of it.
    public mutating func adopt(_ record: IdempotenceProbe.Record, now: Timestamp) -> String {
        switch verdict(of: record) {
        case .passed: break
        case .ruledOut: return "the probe ruled exactly once out: delivered at least once"
        case .unknown(let reason): return "\(reason): delivered at least once"
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

    /// Holds what was asked for by name, and rests on sequence ids, against what a probe has found.
    ///
    /// - Parameters:
    ///   - use: What was asked for.
    ///   - alternative: What needs no sequence ids; nil where nothing does.
    /// - Returns: What a person should know of it; nil where the probe passed.
    /// - Throws: `SettingsError` where the probe ruled it out.
    public func examine(
        _ record: IdempotenceProbe.Record, for use: String, instead alternative: String?
    ) throws(SettingsError) -> String? {
        switch verdict(of: record) {
        case .passed: return nil
        case .unknown(let reason): return "\(reason): what \(use) rests on is not known here"
        case .ruledOut(let answer):
            throw SettingsError(mistakes: [
                "\(use): the probe of \(record.project) at \(record.endpoint) ruled out what it rests on (\(answer)): log groups "
                    + "could be lost or come twice. \(alternative.map { "Write \($0), or leave" } ?? "Leave") the probe file "
                    + "(SLS_PROBE_FILE) out, if you know better"
            ])
        }
    }
}
