internal import SLSProtocol
internal import SQLite

/// The rules of writing and reading log groups.
final class LogService {
    /// Raw bytes of one pull's answer, unless its first group alone is larger. The service publishes none; its read
    /// quota of 10 MB a second for each shard suggests this.
    static let pullByteBudget = 10_485_760

    let store: Store
    let live: LiveStateBox
    private let logstores: LogstoreService
    let shards: ShardService
    let quotas: QuotaService
    /// How writes are judged.
    var rules: WriteRules { live.state.rules.writes }

    init(store: Store, live: LiveStateBox, logstores: LogstoreService, shards: ShardService, quotas: QuotaService) {
        self.store = store
        self.live = live
        self.logstores = logstores
        self.shards = shards
        self.quotas = quotas
    }

    // MARK: Writing

    /// What a write says beside its log groups.
    struct WriteHead {
        /// Decides the shard; without one, each shard that can be written in turn.
        var key: HashKey?
        /// At least 1. The write is refused unless it is above the last one accepted for the key. Needs a key.
        var sequenceID: Int64?
        /// Where the request came from, numeric.
        var clientAddress: String
    }

    /// Appends log groups to one shard: all or, when anything is thrown, none.
    ///
    /// The sequence id is judged before the log groups are looked at: a group that was stored, but whose answer was lost,
    /// must not turn into a refusal of its data (consumer-group.md 5.6).
    ///
    /// - Parameter groups: Reads the log groups, at least one, and throws what is wrong with them.
    /// - Throws: `InvalidSequenceId` for an id that is not above the last one; 403 for a quota that is used up.
    func put(
        _ head: WriteHead, to logstore: LogstoreRef, now: Moment, groups: () throws(APIError) -> [StoredLogGroup]
    ) throws(APIError) {
        let row = try logstores.find(logstore)
        try checkSequenceID(head, logstore: row, now: now)
        var groups = try groups()
        let shard = try admit(groups, head.key, to: logstore, row, now)
        if row.appendMeta {
            let tags = Self.metaTags(clientAddress: head.clientAddress, received: now.wall.timestamp)
            for index in groups.indices { try groups[index].append(tags) }
        }
        var changed = try live.logstore(row.key)
        let extent = try changed.extent(shard.id)
        let received = max(extent.newestReceived ?? now.wall.timestamp, now.wall.timestamp)
        var cursor = changed.cursors.take(groups.count, in: shard.id)
        for group in groups {
            try store.insertLogGroup(group, at: extent.logGroupKey(cursor), received: received)
            cursor = cursor.advanced(by: 1)
        }
        changed.extents[shard.id]?.newestReceived = received
        if extent.oldestReceived == nil { changed.extents[shard.id]?.oldestReceived = received }
        live.state.logstores[row.key] = changed
        if let key = head.key, let number = head.sequenceID {
            try store.setSequenceID(number, of: key, logstore: row.key, accepted: now.wall.nanoseconds)
        }
    }

    /// - Throws: 401 `Unauthorized` for a logstore without `enable_tracking`; the code is assumed.
    func checkTracking(_ logstore: LogstoreRef) throws(APIError) {
        guard try logstores.find(logstore).enableTracking else {
            throw APIError(.unauthorized, "logstore \(logstore.name) does not enable tracking")
        }
    }

    private func checkSequenceID(_ head: WriteHead, logstore: LogstoreRow, now: Moment) throws(APIError) {
        guard let key = head.key, let number = head.sequenceID else { return }
        let last = try store.sequenceID(of: key, logstore: logstore.key)
        guard rules.sequenceRule.accepts(number, after: last, now: now.wall.nanoseconds) else {
            throw APIError(
                .invalidSequenceID,
                "sequence id \(number) of key \(key) is not above the last one, \(last?.number ?? 0)",
                status: rules.refusedSequenceIDStatus)
        }
    }

    /// What a logstore with `appendMeta` puts behind each log group: two tags, as protobuf fields.
    private static func metaTags(clientAddress: String, received: Timestamp) -> [UInt8] {
        let tags = [
            LogGroup.Pair("__client_ip__", clientAddress), LogGroup.Pair("__receive_time__", "\(received)"),
        ]
        return LogGroup(logs: [], tags: tags).serialized
    }

    // MARK: Cursors

    /// Where reading may start.
    enum Position: Equatable {
        /// The oldest log group that is kept.
        case begin
        /// Behind the newest one.
        case end
        /// The first log group received at or after this time.
        case received(Timestamp)
    }

    func cursor(_ position: Position, of shard: ShardID, in logstore: LogstoreRef) throws(APIError) -> Cursor {
        let span = try span(of: shard, in: logstore)
        switch position {
        case .begin: return span.begin
        case .end: return span.end
        case .received(let time):
            // Receive times never go back within a shard.
            var (low, high) = (span.begin.number, span.end.number)
            while low < high {
                let middle = low + (high - low) / 2
                if try received(Cursor(number: middle), span) < time { low = middle + 1 } else { high = middle }
            }
            return Cursor(number: low)
        }
    }

    /// When the log group behind a cursor was received; the server's time for the end cursor.
    ///
    /// - Throws: `InvalidCursor` for a cursor that no log group of the shard has.
    func time(of cursor: Cursor, shard: ShardID, in logstore: LogstoreRef, now: Moment) throws(APIError) -> Timestamp {
        let span = try span(of: shard, in: logstore)
        try span.check(cursor)
        return cursor == span.end ? now.wall.timestamp : try received(cursor, span)
    }

    // MARK: Reading

    /// What a pull gives.
    struct Pulled {
        var list: PulledList
        var count = 0
        /// Where to go on; the cursor that was asked for when there is nothing.
        var next: Cursor
        /// The receive time that belongs to `next`, as GetCursorTime gives it.
        var nextTime: Timestamp
        /// Whether `next` is the shard's end.
        var isAtEnd: Bool
    }

    /// Reads log groups from a cursor on, at most `count`, at most the byte budget but at least one if there is one.
    ///
    /// - Parameters:
    ///   - stop: Reading ends before this cursor.
    ///   - compression: How the list is to go out; nil for plain.
    func pull(
        from cursor: Cursor, to stop: Cursor?, count: Int, as compression: CompressionType?, shard: ShardID,
        in logstore: LogstoreRef, now: Moment
    ) throws(APIError) -> Pulled {
        let span = try span(of: shard, in: logstore)
        try span.check(cursor)
        let holder = QuotaLedger.Holder.shard(span.extent.key)
        try quotas.charge(1, .shardReadCalls, holder, now: now)
        try quotas.charge(0, .shardReadBytes, holder, now: now)
        let last = max(cursor, min(span.end, stop ?? span.end, cursor.advanced(by: count)))
        var pulled = Pulled(
            list: PulledList(compression), next: cursor, nextTime: now.wall.timestamp, isAtEnd: cursor == span.end)
        if cursor < last { try read(from: cursor, to: last, span, into: &pulled) }
        try quotas.charge(pulled.list.rawByteCount, .shardReadBytes, holder, now: now)
        pulled.next = cursor.advanced(by: pulled.count)
        pulled.isAtEnd = pulled.next == span.end
        if !pulled.isAtEnd { pulled.nextTime = try received(pulled.next, span) }
        return pulled
    }

    private func read(from start: Cursor, to end: Cursor, _ span: Span, into pulled: inout Pulled) throws(APIError) {
        var broken: CompressionError?
        try store.forEachLogGroup(
            from: span.extent.logGroupKey(start), to: span.extent.logGroupKey(end)
        ) { group in
            let byteCount = pulled.list.rawByteCount + LogGroupListWriter.framedByteCount(group.rawByteCount)
            if pulled.count > 0 && byteCount > Self.pullByteBudget { return .stop }
            do throws(CompressionError) {
                try pulled.list.append(group)
            } catch {
                broken = error
                return .stop
            }
            pulled.count += 1
            return .next
        }
        if let broken { throw APIError(.internalServerError, "a stored log group cannot be read: \(broken)") }
    }

    // MARK: The extent of a shard

    private struct Span {
        let shard: ShardID
        let begin: Cursor
        let end: Cursor
        let extent: LiveLogstore.Extent

        func check(_ cursor: Cursor) throws(APIError) {
            guard begin <= cursor, cursor <= end else {
                throw APIError(
                    .invalidCursor, "cursor \(cursor) is outside shard \(shard), which reaches from \(begin) to \(end)")
            }
        }
    }

    /// - Throws: 400 `ShardNotExist`.
    private func span(of shard: ShardID, in logstore: LogstoreRef) throws(APIError) -> Span {
        let found = try live.logstore(try logstores.find(logstore).key)
        _ = try found.shards.shard(shard)
        let extent = try found.extent(shard)
        guard let end = found.cursors.end(of: shard) else { throw .shardNotExist(shard) }
        return Span(shard: shard, begin: extent.keptFrom, end: end, extent: extent)
    }

    private func received(_ cursor: Cursor, _ span: Span) throws(APIError) -> Timestamp {
        guard let time = try store.receiveTime(at: span.extent.logGroupKey(cursor)) else {
            throw APIError(.internalServerError, "log group \(cursor) of shard \(span.shard) is not in the store")
        }
        return time
    }
}

extension LiveLogstore {
    /// The extent of a shard of the map: each has one.
    func extent(_ shard: ShardID) throws(APIError) -> Extent {
        guard let extent = extents[shard] else { throw .shardNotExist(shard) }
        return extent
    }
}

extension StoredLogGroup {
    /// The serialized message as the producer made it.
    func rawBytes() throws(CompressionError) -> [UInt8] {
        guard let compression else { return data }
        return try Compression.decompress(data, as: compression, rawByteCount: rawByteCount)
    }

    /// Appends protobuf fields; what was there stays byte for byte. The group is kept plain from then on.
    fileprivate mutating func append(_ fields: [UInt8]) throws(APIError) {
        do throws(CompressionError) {
            let raw = try rawBytes() + fields
            self = StoredLogGroup(compression: nil, rawByteCount: raw.count, data: raw)
        } catch {
            throw APIError(.postBodyUncompressError, "\(error)")
        }
    }
}
