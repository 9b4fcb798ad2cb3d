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

    /// What that record says of these targets, for an exact mode.
    public func verdict(of record: IdempotenceProbe.Record, for mode: DeliveryMode = .exactlyOnce) -> ProbeVerdict {
        let probed = "\(record.project) at \(record.endpoint)"
        let places = Set(targets.map { "\($0.keyed.project) at \($0.keyed.host)" })
        guard places == [probed] else {
            return .unknown(
                "the probe file is of project \(probed), the targets are in \(places.sorted().joined(separator: ", ")), of "
                    + "which it says nothing")
        }
        let failed = record.steps.filter { $0.isAsNeeded == false }
        let batches = mode == .exactlyOnceBatched ? [] : IdempotenceProbe.batchQuestions
        if let step = failed.first(where: { !batches.contains($0.question) }) {
            return .ruledOut("\(step.question): \(step.answer)")
        }
        if !failed.isEmpty {
            return .unknown("the probe ruled exactly-once-batched out, and was not asked its last question after that")
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
    ///   - mode: The exact mode in which log groups are written.
    ///   - use: What was asked for.
    ///   - alternative: What needs no sequence ids; nil where nothing does.
    /// - Returns: What a person should know of it; nil where the probe passed.
    /// - Throws: `SettingsError` where the probe ruled it out.
    public func examine(
        _ record: IdempotenceProbe.Record, in mode: DeliveryMode = .exactlyOnce, for use: String,
        instead alternative: String?
    ) throws(SettingsError) -> String? {
        switch verdict(of: record, for: mode) {
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
