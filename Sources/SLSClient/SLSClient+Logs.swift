public import SLSProtocol

/// Where in a shard to begin.
public enum CursorPosition: Hashable, Sendable {
    /// The oldest group that is kept.
    case begin
    /// Behind the newest group.
    case end
    /// The first group received at this time or later; by the server's clock, not by the logs' own times.
    case received(Timestamp)
}

extension SLSClient {
    /// Writes one log group.
    ///
    /// The service does not notice repetitions unless the target has a sequence id: after a lost answer the group may
    /// have been stored, and trying again stores it twice.
    ///
    /// - Throws: `PostBodyInvalid`, `PostBodyTooLarge`, `LogStoreNotExist`; quotas; `InvalidSequenceId`, which tells
    ///   that this or a later write under the key was accepted before.
    public func putLogs(
        _ body: PutLogsBody, to logstore: LogstoreName, target: PutLogsTarget = .loadBalanced
    ) async throws(ClientError) {
        var query: [(name: String, value: String)] = []
        var path = CallRequest.path(logstore, "/shards/lb")
        if case .key(let key, let sequenceID) = target {
            path = CallRequest.path(logstore, "/shards/route")
            query.append(("key", key.hex))
            if let sequenceID { query.append(("seqid", "\(sequenceID)")) }
        }
        _ = try await perform(
            CallRequest(call: .putLogs, method: "POST", path: path, query: query, content: .logs(body)))
    }

    /// The cursor of a position.
    ///
    /// - Throws: `ShardNotExist`, `ParameterInvalid`, `LogStoreNotExist`.
    public func getCursor(
        of shard: ShardID, in logstore: LogstoreName, from position: CursorPosition
    ) async throws(ClientError) -> Cursor {
        let from =
            switch position {
            case .begin: "begin"
            case .end: "end"
            case .received(let time): "\(time)"
            }
        let answer = try await perform(
            CallRequest(
                call: .getCursor, method: "GET", path: CallRequest.path(logstore, "/shards/\(shard)"),
                query: [("type", "cursor"), ("from", from)]))
        let text = try answer.json(CursorAnswer.self).cursor
        guard let cursor = Cursor(encoded: text) else { throw answer.malformed("the cursor is no number") }
        return cursor
    }

    /// The time at which the service received the group behind the cursor; its present time at the shard's end.
    ///
    /// - Throws: `InvalidCursor` outside of what is kept.
    public func getCursorTime(
        _ cursor: Cursor, of shard: ShardID, in logstore: LogstoreName
    ) async throws(ClientError) -> Timestamp {
        let answer = try await perform(
            CallRequest(
                call: .getCursorTime, method: "GET", path: CallRequest.path(logstore, "/shards/\(shard)"),
                query: [("type", "cursor_time"), ("cursor", cursor.encoded)]))
        let seconds = try answer.json(CursorTimeAnswer.self).cursorTime
        guard seconds >= 0 else { throw answer.malformed("cursor_time is \(seconds)") }
        return Timestamp(seconds: seconds)
    }

    /// Reads log groups from a cursor on. Never waits for new ones.
    ///
    /// The body is asked for in LZ4 and decompressed here, once. What the answer's headers say of it is checked against
    /// each other and against `rawByteLimit`; the groups inside are not looked at.
    ///
    /// - Parameters:
    ///   - count: At most this many groups, 1 to 1000; the service also stops at about 10 MB.
    ///   - end: Stops before this cursor; nil does not.
    /// - Throws: `InvalidCursor` when the cursor is outside of what is kept, `ShardNotExist`, `LogStoreNotExist`;
    ///   quotas.
    public func pullLogs(
        from cursor: Cursor, of shard: ShardID, in logstore: LogstoreName, count: Int = 1000, end: Cursor? = nil
    ) async throws(ClientError) -> PulledLogs {
        var query = [(name: "type", value: "log"), (name: "cursor", value: cursor.encoded)]
        query.append(("count", "\(count)"))
        if let end { query.append(("end_cursor", end.encoded)) }
        let answer = try await perform(
            CallRequest(
                call: .pullLogs, method: "GET", path: CallRequest.path(logstore, "/shards/\(shard)"), query: query,
                content: .untyped, headers: [("Accept", "application/x-protobuf"), ("Accept-Encoding", "lz4")]))
        return try PulledLogs(answer, from: cursor, rawByteLimit: rawByteLimit)
    }
}
