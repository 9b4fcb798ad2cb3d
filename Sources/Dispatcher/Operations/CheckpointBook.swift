public import SLSClient
public import SLSProtocol

/// The checkpoints of the settings' group, to look at and to set by hand.
public struct CheckpointBook: Sendable {
    /// One shard.
    public struct Row: Equatable, Sendable {
        /// The shard.
        public let shard: ShardID
        /// nil where none was ever saved.
        public let checkpoint: Cursor?
        /// When the log group behind it was received; nil where that cannot be told.
        public let time: Timestamp?
        /// The oldest log group that is kept.
        public let begin: Cursor
        /// Behind the newest log group.
        public let end: Cursor

        /// Log groups that are not covered yet.
        public var behind: Int64 { end.number - standing.number }
        /// The first log group that is kept and not covered.
        fileprivate var standing: Cursor { max(checkpoint ?? begin, begin) }
    }

    /// Where a checkpoint is to be set.
    public enum Destination: Equatable, Sendable {
        /// At this cursor.
        case cursor(Cursor)
        /// At the cursor of this position.
        case position(CursorPosition)

        /// Reads a cursor (its number, or as it travels), `begin`, `end`, or a time as `SLS_CURSOR_START` takes it.
        public init?(_ text: String, now: Timestamp) {
            if text.utf8.count > 12, let number = Int64(text), number > 0 {
                self = .cursor(Cursor(number: number))
            } else if let start = StartSetting(text, now: now) {
                self = .position(start.position)
            } else if let cursor = Cursor(encoded: text) {
                self = .cursor(cursor)
            } else {
                return nil
            }
        }
    }

    /// What allows a move that exactly once does not bear by itself. How the group's processes deliver is not known here:
    /// they may have been told by options of their own, or by a probe file.
    public enum Permission: Equatable, Sendable {
        /// Nothing does.
        case none
        /// A person says that every process of the group delivers at least once.
        case atLeastOnce
        /// Every process of the group gets another identity with it.
        case newIdentity
        /// A person says that all from there on was delivered under the identity and the settings that stay: for a move back.
        case sameIdentity
        /// A person says that every process of the group delivers exactly once, from this start on: for a move up to it. The
        /// command's own start would not do, for the processes may have another one; and those that deliver at least once owe
        /// what lies before theirs.
        case exactlyOnce(from: StartSetting)
    }

    /// One checkpoint that may be set.
    public struct Move: Sendable {
        /// How the shard stands before.
        public let before: Row
        /// Where the checkpoint is to stand.
        public let cursor: Cursor

        /// Log groups that are not read by that, though no checkpoint covers them and they are kept.
        public var skipped: Int64 { max(0, cursor.number - before.standing.number) }
    }

    /// Why a checkpoint was not set.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A call failed.
        case call(ClientError)
        /// The cursor lies outside what the shard retains.
        case outside(Cursor, begin: Cursor, end: Cursor)
        /// Log groups would be skipped whose ids the target would later refuse.
        case forward(from: Cursor, to: Cursor)
        /// Log groups would be gone back to that may never have been written under the ids that the target remembers.
        case back(from: Cursor, to: Cursor)
        /// The time is still to come for the service, which gives the end for it.
        case ahead(Timestamp, now: Timestamp)
        /// Of several shards, why that one's was not set.
        indirect case of(ShardID, Failure)

        /// A sentence for a person, with what to do.
        public var description: String {
            switch self {
            case .call(let error): "\(error)"
            case .outside(let cursor, let begin, let end):
                "cursor \(cursor) is outside what the shard keeps, which is from \(begin) to \(end)"
            case .forward(let from, let to):
                "from \(from) to \(to) would skip \(to.number - from.number) log groups. In an exactly-once mode they could "
                    + "never be gone back to: the target would refuse them as if they were stored. Give a new identity "
                    + "with it (--new-identity WORD) and set SLS_IDENTITY to that word for every process of the group; or "
                    + "say --delivery at-least-once, if that is how every process of the group delivers; or --cursor-start "
                    + "TIME, if every one delivers exactly once with that SLS_CURSOR_START and the move goes no further."
            case .back(let from, let to):
                "from \(from) to \(to) would go back by \(from.number - to.number) log groups. In an exactly-once mode nothing "
                    + "comes again by that, and what was not delivered under the present identity and settings (before the "
                    + "group delivered exactly once, or by other routes) would be refused as if it were stored. Give a new identity "
                    + "with it (--new-identity WORD) and set SLS_IDENTITY to that word for every process of the group; or say "
                    + "--same-identity, if all from there on was delivered under the present one; or --delivery at-least-once, "
                    + "if that is how every process of the group delivers."
            case .ahead(let time, let now):
                "\(time.iso8601) is still to come for the service, whose clock says \(now.iso8601): write end for what is newest"
            case .of(let shard, let failure): "shard \(shard): \(failure)"
            }
        }
    }

    private let session: OperatorSession

    /// The book of that session's group.
    public init(_ session: OperatorSession) { self.session = session }

    private var logstore: LogstoreName { session.settings.source.logstore }

    /// Every shard of the source, ascending.
    public func rows() async throws(ClientError) -> [Row] {
        let client = session.source
        var saved: [ShardID: Cursor] = [:]
        for checkpoint in try await client.listCheckpoints(of: session.settings.group, in: logstore) {
            saved[ShardID(checkpoint.shard)] = Cursor(encoded: checkpoint.checkpoint)
        }
        var rows: [Row] = []
        for shard in try await client.listShards(of: logstore).map({ ShardID($0.id) }).sorted() {
            rows.append(try await row(shard, saved[shard]))
        }
        return rows
    }

    /// The moves of these shards' checkpoints; all of them are allowed, or it throws.
    ///
    /// Up to what is owed a checkpoint may always go: up to the oldest log group that is kept.
    ///
    /// - Parameters:
    ///   - shards: nil for all there are.
    ///   - permission: What allows it to go further than that, or back.
    public func moves(
        of shards: [ShardID]?, to destination: Destination, by permission: Permission = .none
    ) async throws(Failure) -> [Move] {
        let client = session.source
        if case .position(.received(let time)) = destination {
            let now = try await calling { () async throws(ClientError) in try await client.serviceTime(of: logstore) }
            if time > now ?? session.now { throw .ahead(time, now: now ?? session.now) }
        }
        var chosen = shards ?? []
        if shards == nil {
            chosen = try await calling { () async throws(ClientError) in try await client.listShards(of: logstore) }
                .map { ShardID($0.id) }.sorted()
        }
        var moves: [Move] = []
        for shard in chosen {
            do throws(Failure) {
                moves.append(try await move(of: shard, to: destination, by: permission))
            } catch {
                throw chosen.count > 1 ? .of(shard, error) : error
            }
        }
        return moves
    }

    /// Sets a checkpoint, by force.
    public func perform(_ move: Move) async throws(Failure) {
        do throws(ClientError) {
            try await session.source.saveCheckpoint(
                move.cursor, of: move.before.shard, in: session.settings.group, of: logstore, as: .forced())
        } catch {
            throw .of(move.before.shard, .call(error))
        }
    }

    private func move(
        of shard: ShardID, to destination: Destination, by permission: Permission
    ) async throws(Failure) -> Move {
        let client = session.source
        let before = try await calling { () async throws(ClientError) in
            let saved = try await client.listCheckpoints(of: session.settings.group, in: logstore, shard: shard).first
            return try await row(shard, saved.flatMap { Cursor(encoded: $0.checkpoint) })
        }
        let cursor: Cursor
        switch destination {
        case .cursor(let given): cursor = given
        case .position(let position):
            cursor = try await calling { () async throws(ClientError) in
                try await client.getCursor(of: shard, in: logstore, from: position)
            }
        }
        guard before.begin <= cursor, cursor <= before.end else {
            throw .outside(cursor, begin: before.begin, end: before.end)
        }
        try await examine(cursor, before, permission)
        return Move(before: before, cursor: cursor)
    }

    private func examine(_ cursor: Cursor, _ before: Row, _ permission: Permission) async throws(Failure) {
        var owed = before.standing
        switch permission {
        case .atLeastOnce, .newIdentity: return
        case .sameIdentity: break
        case .none, .exactlyOnce:
            if let standing = before.checkpoint, cursor < standing { throw .back(from: standing, to: cursor) }
            if case .exactlyOnce(let start) = permission { owed = max(owed, try await first(from: start, before)) }
        }
        if cursor > owed { throw .forward(from: owed, to: cursor) }
    }

    /// The first log group from that start on; the oldest that is kept for a start that cannot be that of processes that
    /// deliver exactly once, for it moves.
    private func first(from start: StartSetting, _ row: Row) async throws(Failure) -> Cursor {
        let position = start.position
        guard start.isFixed, !start.isOfHostZone, case .received(let time) = position else { return row.begin }
        let client = session.source
        let (now, first) = try await calling { () async throws(ClientError) in
            (
                try await client.serviceTime(of: logstore),
                try await client.getCursor(of: row.shard, in: logstore, from: position)
            )
        }
        // This host's clock may be ahead of the service's, for which that start is still to come.
        guard let now, time <= now else { return row.begin }
        return first
    }

    private func row(_ shard: ShardID, _ checkpoint: Cursor?) async throws(ClientError) -> Row {
        let client = session.source
        let begin = try await client.getCursor(of: shard, in: logstore, from: .begin)
        let end = try await client.getCursor(of: shard, in: logstore, from: .end)
        var time: Timestamp?
        if let checkpoint, begin <= checkpoint, checkpoint <= end {
            time = try await client.getCursorTime(checkpoint, of: shard, in: logstore)
        }
        return Row(shard: shard, checkpoint: checkpoint, time: time, begin: begin, end: end)
    }

    private func calling<Value: Sendable>(
        _ call: () async throws(ClientError) -> Value
    ) async throws(Failure) -> Value {
        do throws(ClientError) { return try await call() } catch { throw .call(error) }
    }
}
