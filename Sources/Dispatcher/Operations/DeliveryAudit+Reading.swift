import SLSClient
import SLSConsumer
import SLSProtocol

/// What an audit reads, and up to where.
extension DeliveryAudit {
    /// A logstore as it was at one moment.
    struct Extent {
        let audit: DeliveryAudit
        let place: DispatcherSettings.Place
        /// Each shard with its end at that moment.
        let ends: [(shard: ShardID, end: Cursor)]

        /// Everything that was received since then, up to the ends.
        func forEachGroup(
            since: Timestamp, _ body: (ShardID, Cursor, [UInt8], ScannedLogGroup) -> Void
        ) async throws(Failure) {
            for (shard, end) in ends {
                let from = try await audit.cursor(.position(.received(since)), of: shard, in: place)
                try await forEachGroup(of: shard, from: from, to: end) { body(shard, $0, $1, $2) }
            }
        }

        func forEachGroup(
            of shard: ShardID, from: Cursor, to: Cursor, _ body: (Cursor, [UInt8], ScannedLogGroup) -> Void
        ) async throws(Failure) {
            var pages = ShardPages(
                client: audit.session.client(for: place), logstore: place.logstore, shard: shard, position: from,
                end: to,
                clock: audit.clock)
            while !pages.isAtEnd {
                let page: ShardPages.Page
                do throws(ShardPages.Failure) { page = try await pages.next() } catch { throw .reading(error) }
                for (index, group) in page.groups.enumerated() {
                    body(page.numbering.first.advanced(by: index), page.bytes, group)
                }
            }
        }
    }

    /// That logstore as it is now.
    func extent(of place: DispatcherSettings.Place) async throws(Failure) -> Extent {
        let client = session.client(for: place)
        let shards = try await calling { () async throws(ClientError) in try await client.listShards(of: place.logstore)
        }
        var ends: [(shard: ShardID, end: Cursor)] = []
        for shard in shards.map({ ShardID($0.id) }) {
            ends.append((shard, try await cursor(.position(.end), of: shard, in: place)))
        }
        return Extent(audit: self, place: place, ends: ends)
    }

    func ends(of range: Range) async throws(Failure) -> (from: Cursor, to: Cursor) {
        let source = session.settings.source
        func cursor(_ destination: CheckpointBook.Destination) async throws(Failure) -> Cursor {
            try await self.cursor(destination, of: range.shard, in: source)
        }
        let (from, to) = (try await cursor(range.from), try await cursor(range.to))
        let begin = try await cursor(.position(.begin))
        let end = try await cursor(.position(.end))
        if from < begin { throw .expired(from: from, begin: begin) }
        // The service gives the oldest that is kept for any time before it, as if there had been nothing else.
        if let kept = try await oldestKept(in: source) {
            for place in [range.from, range.to] {
                if case .position(.received(let time)) = place, time < kept {
                    throw .uncertain(time, kept: kept, begin: begin)
                }
            }
        }
        if min(to, end) < from { throw .backwards(from: from, to: min(to, end)) }
        return (from, min(to, end))
    }

    func cursor(
        _ destination: CheckpointBook.Destination, of shard: ShardID, in place: DispatcherSettings.Place
    ) async throws(Failure) -> Cursor {
        switch destination {
        case .cursor(let cursor): cursor
        case .position(let position):
            try await calling { () async throws(ClientError) in
                try await session.client(for: place).getCursor(of: shard, in: place.logstore, from: position)
            }
        }
    }

    func time(of cursor: Cursor, _ shard: ShardID) async throws(Failure) -> Timestamp {
        try await calling { () async throws(ClientError) in
            try await session.source.getCursorTime(cursor, of: shard, in: session.settings.source.logstore)
        }
    }

    /// The group's; nil where there is no such group.
    func checkpoints() async throws(Failure) -> [ShardID: Cursor]? {
        let settings = session.settings
        var found: [ShardID: Cursor] = [:]
        do throws(ClientError) {
            for saved in try await session.source.listCheckpoints(of: settings.group, in: settings.source.logstore) {
                found[ShardID(saved.shard)] = Cursor(encoded: saved.checkpoint)
            }
        } catch {
            if error.means(.consumerGroupNotExist) { return nil }
            throw .call(error)
        }
        return found
    }

    /// What the source owes, by target.
    struct Due {
        /// What should be there.
        var settled: [Counts]
        /// What need not be there yet.
        var open: [Counts]
        /// Both, and what came before.
        var known: [Set<[UInt8]>]
    }

    /// What all shards of the source owe each target since then, and what they had from the margin before on: what stands at
    /// the edge of the targets' stretch was read in the source a while before.
    func due(
        in source: Extent, since: Timestamp, margin: Int, _ standing: Standing
    ) async throws(Failure) -> Due {
        let settings = session.settings
        var due = Due(
            settled: settings.targets.map { _ in [:] }, open: settings.targets.map { _ in [:] },
            known: settings.targets.map { _ in [] })
        func forEachRoute(
            _ bytes: [UInt8], _ group: ScannedLogGroup, _ shard: ShardID, _ cursor: Cursor,
            _ body: (Int, [UInt8]) -> Void
        ) {
            let targets = settings.routes.targets(ofTopic: group.topic, in: bytes.span)
            if targets.isEmpty { return }
            let digest = digest(bytes, group, shard, cursor)
            for target in targets { body(target, digest) }
        }
        for (shard, end) in source.ends {
            let before = try await cursor(.position(.received(since + -margin)), of: shard, in: source.place)
            let edge = min(try await cursor(.position(.received(since)), of: shard, in: source.place), end)
            try await source.forEachGroup(of: shard, from: before, to: edge) { cursor, bytes, group in
                forEachRoute(bytes, group, shard, cursor) { due.known[$0].insert($1) }
            }
            try await source.forEachGroup(of: shard, from: edge, to: end) { cursor, bytes, group in
                forEachRoute(bytes, group, shard, cursor) { target, digest in
                    due.known[target].insert(digest)
                    if standing.leavesOpen(cursor, of: shard) {
                        due.open[target][digest, default: 0] += 1
                    } else {
                        due.settled[target][digest, default: 0] += 1
                    }
                }
            }
        }
        return due
    }

    /// What is in the dead letters in each target's place; nothing where there are none.
    func deadLetters(in letters: Extent?, since: Timestamp) async throws(Failure) -> [Counts] {
        let settings = session.settings
        let tag = DeadLetterTag(settings)
        var found: [Counts] = settings.targets.map { _ in [:] }
        try await letters?.forEachGroup(since: since) { _, _, bytes, group in
            guard let (target, logGroup) = tag.origin(of: bytes[group.bytes]) else { return }
            found[target][Digest.sha256(Array(logGroup)), default: 0] += 1
        }
        return found
    }

    /// The digest of the bytes that a log group arrives as.
    func digest(_ bytes: [UInt8], _ group: ScannedLogGroup, _ shard: ShardID, _ cursor: Cursor) -> [UInt8] {
        var written = Array(bytes[group.bytes])
        if session.settings.delivery.tagsOrigin {
            written += OriginTag(source: session.settings.source).fields(shard: shard, cursor: cursor)
        }
        return Digest.sha256(written)
    }

    private func calling<Value: Sendable>(
        _ call: () async throws(ClientError) -> Value
    ) async throws(Failure) -> Value {
        do throws(ClientError) { return try await call() } catch { throw .call(error) }
    }
}
