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
        let letter = Self.withoutAppended(letter)
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

    /// The same without the tags at its end that a logstore with `appendMeta` puts there, in any order.
    private static func withoutAppended(_ letter: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        // A short tag: its field's number, its length in one byte, and as many bytes.
        for length in 0..<max(0, min(128, letter.count - 1)) {
            let field = letter.suffix(length + 2)
            guard field[field.startIndex + 1] == UInt8(length), let tag = onlyTag(of: field) else { continue }
            if ["__client_ip__", "__receive_time__"].contains(tag.key) {
                return withoutAppended(letter.dropLast(field.count))
            }
        }
        return letter
    }

    /// The tag of a log group that holds nothing else.
    private static func onlyTag(of field: ArraySlice<UInt8>) -> LogGroup.Pair? {
        // What is no log group has none.
        guard let group = try? LogGroup(serialized: Array(field)), group.tags.count == 1 else { return nil }
        return group == LogGroup(logs: [], tags: group.tags) ? group.tags[0] : nil
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
