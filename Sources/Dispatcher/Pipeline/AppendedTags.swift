import SLSProtocol

/// The tags that a logstore with `appendMeta` puts behind those of a log group.
enum AppendedTags {
    private static let keys = ["__client_ip__", "__receive_time__"]

    /// A log group without the last of them; nil where none stands at its end.
    static func withoutLast(_ logGroup: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        // A short tag: its field's number, its length in one byte, and as many bytes.
        for length in 0..<max(0, min(128, logGroup.count - 1)) {
            let field = logGroup.suffix(length + 2)
            guard field[field.startIndex + 1] == UInt8(length), let tag = onlyTag(of: field) else { continue }
            if keys.contains(tag.key) { return logGroup.dropLast(field.count) }
        }
        return nil
    }

    /// The tag of a log group that holds nothing else.
    private static func onlyTag(of field: ArraySlice<UInt8>) -> LogGroup.Pair? {
        // What is no log group has none.
        guard let group = try? LogGroup(serialized: Array(field)), group.tags.count == 1 else { return nil }
        return group == LogGroup(logs: [], tags: group.tags) ? group.tags[0] : nil
    }
}
