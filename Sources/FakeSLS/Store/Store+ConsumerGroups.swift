internal import SLSProtocol
internal import SQLite

/// A row of the table of consumer groups.
struct ConsumerGroupRow: Equatable, Sendable {
    let key: Int64
    let logstore: Int64
    let name: String
    let timeoutSeconds: Int
    let inOrder: Bool
}

extension Store {
    /// All consumer groups of all logstores, in the order of their creation.
    func consumerGroups() throws(APIError) -> [ConsumerGroupRow] {
        try rows("SELECT key, logstore, name, timeout, in_order FROM consumer_group ORDER BY key") { row in
            ConsumerGroupRow(
                key: row.int64(0), logstore: row.int64(1), name: row.text(2), timeoutSeconds: row.int(3),
                inOrder: row.bool(4))
        }
    }

    /// - Returns: The new row's key.
    func insertConsumerGroup(
        _ name: ConsumerGroupName, ofLogstore logstore: Int64, timeoutSeconds: Int, inOrder: Bool, time: Timestamp
    ) throws(APIError) -> Int64 {
        try run(
            "INSERT INTO consumer_group (logstore, name, timeout, in_order, create_time) VALUES (?, ?, ?, ?, ?)",
            logstore, name.value, timeoutSeconds, inOrder, time.seconds)
        return lastInsertedRowID
    }

    func updateConsumerGroup(_ key: Int64, timeoutSeconds: Int, inOrder: Bool) throws(APIError) {
        try run("UPDATE consumer_group SET timeout = ?, in_order = ? WHERE key = ?", timeoutSeconds, inOrder, key)
    }

    /// Deletes the group with its consumers and checkpoints.
    func deleteConsumerGroup(_ key: Int64) throws(APIError) {
        try run("DELETE FROM consumer_group WHERE key = ?", key)
    }

    /// The members of a group, in the order of joining.
    func consumers(ofGroup key: Int64) throws(APIError) -> [GroupCoordinator.ConsumerRow] {
        let found = try rows(
            "SELECT name, join_number FROM consumer WHERE consumer_group = ? ORDER BY join_number", key
        ) { (name: $0.text(0), joinSequence: $0.int(1)) }
        var consumers: [GroupCoordinator.ConsumerRow] = []
        for row in found {
            consumers.append(
                GroupCoordinator.ConsumerRow(name: try ConsumerName(row.name), joinSequence: row.joinSequence))
        }
        return consumers
    }

    /// What a group knows of its shards, ascending.
    func groupShards(ofGroup key: Int64) throws(APIError) -> [GroupCoordinator.ShardRow] {
        let found = try rows(
            """
            SELECT shard, state, holder, next_holder, checkpoint, update_time, saved_by
            FROM group_shard WHERE consumer_group = ? ORDER BY shard
            """, key
        ) { row in
            GroupCoordinator.ShardRow(
                shard: ShardID(row.int(0)), state: GroupCoordinator.State(rawValue: row.text(1)) ?? .notAllocated,
                holder: row.textIfPresent(2).flatMap { ConsumerName(stored: $0) },
                next: row.textIfPresent(3).flatMap { ConsumerName(stored: $0) },
                checkpoint: Checkpoint(stored: row.text(4)), updateMicroseconds: row.int64(5),
                savedBy: row.textIfPresent(6).flatMap { ConsumerName(stored: $0) })
        }
        return found
    }

    /// Writes what changed in a group.
    func apply(_ changes: GroupCoordinator.Changes, toGroup key: Int64) throws(APIError) {
        if let consumers = changes.consumers {
            try run("DELETE FROM consumer WHERE consumer_group = ?", key)
            for consumer in consumers {
                try run(
                    "INSERT INTO consumer (consumer_group, name, join_number) VALUES (?, ?, ?)", key,
                    consumer.name.value, consumer.joinSequence)
            }
        }
        for shard in changes.removedShards {
            try run("DELETE FROM group_shard WHERE consumer_group = ? AND shard = ?", key, shard.value)
        }
        for row in changes.shards {
            try run(
                """
                INSERT OR REPLACE INTO group_shard
                    (consumer_group, shard, state, holder, next_holder, checkpoint, update_time, saved_by)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """, key, row.shard.value, row.state.rawValue, row.holder?.value, row.next?.value,
                row.checkpoint?.text ?? "", row.updateMicroseconds, row.savedBy?.value)
        }
    }
}

extension ConsumerName {
    /// A name that was checked before it was stored.
    fileprivate init?(stored text: String) {
        // Only a damaged store can hold a name that is refused; then the shard counts as held by nobody.
        guard let name = try? ConsumerName(text) else { return nil }
        self = name
    }
}
