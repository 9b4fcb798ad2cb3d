import SLSProtocol

/// The tag by which readers of a target tell a log group that arrived twice: where it comes from.
struct OriginTag: Sendable {
    static let key = "__dispatch_id__"

    let source: DispatcherSettings.Place

    /// Protobuf fields to stand behind a log group's own; what was there stays byte for byte.
    func fields(shard: ShardID, cursor: Cursor) -> [UInt8] {
        let id = "\(source.project)/\(source.logstore)/\(shard)/\(cursor)"
        return LogGroup(logs: [], tags: [LogGroup.Pair(Self.key, id)]).serialized
    }

    /// Whether such a tag, of any source, may stand at the end of these bytes.
    static func stands(at bytes: ArraySlice<UInt8>) -> Bool {
        bytes.suffix(longest).firstRange(of: Array(key.utf8)) != nil
    }

    /// More than the key, names of project and logstore, two numbers and their framing can take.
    private static let longest = 256
}
