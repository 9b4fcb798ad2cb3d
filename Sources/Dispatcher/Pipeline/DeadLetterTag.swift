import SLSProtocol

/// The tag by which a dead letter says which target has refused it: behind the log group's own bytes, so that these can be
/// had again as they were.
struct DeadLetterTag: Sendable {
    static let key = "__refused_by__"

    /// Protobuf fields to stand behind a log group's own, by target index.
    let fields: [[UInt8]]

    init(targets: [DispatcherSettings.Place]) {
        fields = targets.map { target in
            let text = "\(target.keyed.host)/\(target.project)/\(target.logstore)"
            return LogGroup(logs: [], tags: [LogGroup.Pair(Self.key, text)]).serialized
        }
    }

    /// Which target has refused a dead letter, and the log group as it was; nil where no target's tag stands at its end.
    func origin(of letter: ArraySlice<UInt8>) -> (target: Int, logGroup: ArraySlice<UInt8>)? {
        guard let target = fields.firstIndex(where: { letter.suffix($0.count).elementsEqual($0) }) else { return nil }
        return (target, letter.dropLast(fields[target].count))
    }
}
