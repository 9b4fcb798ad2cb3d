import SLSProtocol

/// The tags by which a dead letter says which target has refused it, and for whom: behind the log group's own bytes, so
/// that these can be had again as they were. Groups may share a dead-letter logstore; each deals with its own.
struct DeadLetterTag: Sendable {
    static let key = "__refused_by__"
    static let readerKey = "__read_by__"

    /// Protobuf fields to stand behind a log group's own, by target index.
    let fields: [[UInt8]]

    init(_ settings: DispatcherSettings) {
        let reader = LogGroup.Pair(Self.readerKey, "\(Self.text(settings.source))/\(settings.group)")
        fields = settings.targets.map { target in
            LogGroup(logs: [], tags: [LogGroup.Pair(Self.key, Self.text(target)), reader]).serialized
        }
    }

    private static func text(_ place: DispatcherSettings.Place) -> String {
        "\(place.keyed.host)/\(place.project)/\(place.logstore)"
    }

    /// Which target has refused a dead letter, and the log group as it was; nil where no target's tag stands at its end.
    func origin(of letter: ArraySlice<UInt8>) -> (target: Int, logGroup: ArraySlice<UInt8>)? {
        guard let target = fields.firstIndex(where: { letter.suffix($0.count).elementsEqual($0) }) else { return nil }
        return (target, letter.dropLast(fields[target].count))
    }
}
