import SLSProtocol

/// The tags by which a dead letter says which target has refused it, and for whom: behind the log group's own bytes, so
/// that these can be had again as they were. Groups may share a dead-letter logstore; each deals with its own.
struct DeadLetterTag: Sendable {
    static let key = "__refused_by__"
    static let readerKey = "__read_by__"
    /// Raised whenever `origin(of:)` accepts letters that it did not before. A replay's keys hold it: those that were left out
    /// then have ids below ones that are used, and would be taken for written.
    static let readerVersion = 2
    /// A tag behind these two says that the log group is sealed. It is the last of all, so none of the source looks like one.
    static let seal = LogGroup(logs: [], tags: [LogGroup.Pair("__sealed__", "1")]).serialized

    /// Protobuf fields to stand behind a log group's own, by target index.
    let fields: [[UInt8]]
    /// These under every name that the hosts may have been spoken to by, by target index.
    private let endings: [[[UInt8]]]

    init(_ settings: DispatcherSettings) {
        func field(_ target: LaneKeys.Place, _ source: LaneKeys.Place) -> [UInt8] {
            let tags = [
                LogGroup.Pair(Self.key, Self.text(target)),
                LogGroup.Pair(Self.readerKey, "\(Self.text(source))/\(settings.group)"),
            ]
            return LogGroup(logs: [], tags: tags).serialized
        }
        fields = settings.targets.map { field($0.keyed, settings.source.keyed) }
        endings = settings.targets.map { target in
            target.aliases.flatMap { target in settings.source.aliases.map { field(target, $0) } }
        }
    }

    private static func text(_ place: LaneKeys.Place) -> String { "\(place.host)/\(place.project)/\(place.logstore)" }

    /// Which target has refused a dead letter, and the log group as it was; nil where no target's tag stands at its end, but
    /// for those that the dead-letter logstore has appended.
    func origin(of letter: ArraySlice<UInt8>) -> (target: Int, logGroup: ArraySlice<UInt8>)? {
        var letter = letter
        while let shorter = AppendedTags.withoutLast(letter) { letter = shorter }
        let isSealed = letter.suffix(Self.seal.count).elementsEqual(Self.seal)
        let tagged = isSealed ? letter.dropLast(Self.seal.count) : letter
        for (target, endings) in endings.enumerated() {
            if let ending = endings.first(where: { tagged.suffix($0.count).elementsEqual($0) }) {
                let content = tagged.dropLast(ending.count)
                return isSealed ? SealedLetter.open(content).map { (target, $0[...]) } : (target, content)
            }
        }
        return nil
    }

    /// Which target has refused a dead letter, and for whom, as its tags say; nil where it has none.
    static func words(of letter: ArraySlice<UInt8>) -> String? {
        // What is no log group names nobody.
        guard let tags = try? LogGroup(serialized: Array(letter)).tags,
            let target = tags.last(where: { $0.key == key }),
            let reader = tags.last(where: { $0.key == readerKey })
        else { return nil }
        return "refused by \(target.value), read by \(reader.value)"
    }
}
