package import SLSProtocol

/// What a consumer group must know of a shard of its logstore; its caller says so again after every change.
package struct ShardFacts: Equatable, Sendable {
    package let id: ShardID
    /// Every shard it came from, parents of parents included; those that no longer exist do no harm.
    package let ancestors: [ShardID]
    /// The end cursor of a read-only shard, which moves no more; nil while the shard can be written.
    package let finalEnd: Cursor?

    package init(id: ShardID, ancestors: [ShardID] = [], finalEnd: Cursor? = nil) {
        self.id = id
        self.ancestors = ancestors
        self.finalEnd = finalEnd
    }
}

/// A position a consumer wants to be saved: an encoded cursor, which may lie anywhere.
package struct Checkpoint: Equatable, Sendable {
    /// As it came, and as it is given back.
    package let text: String
    /// The position; nil where the text is base64 of something else, which the service does not look at either.
    package let cursor: Cursor?

    /// - Throws: `InvalidShardCheckPoint` when the text is empty or not base64; comes before all other checks of a save.
    package init(_ text: String) throws(APIError) {
        guard !text.isEmpty, Base64.decode(text) != nil else {
            throw APIError(.invalidShardCheckPoint, "shard checkpoint not encoded by base64")
        }
        self.text = text
        cursor = Cursor(encoded: text)
    }

    /// A checkpoint as it was stored; nil for "", which stands for none.
    package init?(stored text: String) {
        if text.isEmpty { return nil }
        self.text = text
        cursor = Cursor(encoded: text)
    }
}

extension GroupCoordinator {
    /// Where a shard stands in the vendor's automaton (consumer-group.md 1.4). The raw values are what is stored.
    package enum State: String, CaseIterable, Sendable {
        /// Some ancestor is not consumed yet, and the group wants order.
        case wait = "WAIT"
        /// Free to be given to a consumer.
        case notAllocated = "NOT_ALLOC"
        /// Its holder works on it.
        case allocated = "ALLOC"
        /// Its holder is asked to give it up for `next`.
        case transfer = "TRANSFER"
        /// Read-only and consumed to its end.
        case over = "OVER"
    }

    /// One member of the group, as it is stored; it has a row only while it counts as alive.
    ///
    /// The time of its last heartbeat is not stored: after a restart each member gets a fresh full timeout.
    package struct ConsumerRow: Equatable, Sendable {
        package let name: ConsumerName
        /// Ascending in the order of joining.
        package let joinSequence: Int
    }

    /// One shard of the group, as it is stored.
    package struct ShardRow: Equatable, Sendable {
        package let shard: ShardID
        package var state: State
        /// Set in ALLOC and TRANSFER only.
        package var holder: ConsumerName?
        /// Set in TRANSFER only: who gets the shard when the holder stops reporting it.
        package var next: ConsumerName?
        /// Nil when nothing was ever saved.
        package var checkpoint: Checkpoint?
        /// Wall time of the last save in microseconds since 1970, 0 when nothing was ever saved.
        package var updateMicroseconds: Int64
        /// Who saved last, where the save named anyone.
        package var savedBy: ConsumerName?

        package init(
            shard: ShardID, state: State, holder: ConsumerName? = nil, next: ConsumerName? = nil,
            checkpoint: Checkpoint? = nil, updateMicroseconds: Int64 = 0, savedBy: ConsumerName? = nil
        ) {
            self.shard = shard
            self.state = state
            self.holder = holder
            self.next = next
            self.checkpoint = checkpoint
            self.updateMicroseconds = updateMicroseconds
            self.savedBy = savedBy
        }
    }

    /// What the store must write to hold the coordinator's present state.
    package struct Changes: Equatable, Sendable {
        /// All members, in the order of joining, to take the place of those stored; nil when nobody joined or left.
        package var consumers: [ConsumerRow]?
        /// Rows to insert or replace, ascending by shard.
        package var shards: [ShardRow] = []
        /// Shards whose rows go.
        package var removedShards: [ShardID] = []

        package var isEmpty: Bool { self == Changes() }
    }

    /// The members, in the order of joining.
    package var consumerRows: [ConsumerRow] {
        consumers.map { ConsumerRow(name: $0.name, joinSequence: $0.joinSequence) }
    }

    /// Every shard of the group, ascending: for the store, and for status views.
    package var shardRows: [ShardRow] { shards.map(\.row) }

    /// What changed since the last call, or since the coordinator was made or restored.
    package mutating func takeChanges() -> Changes {
        guard hasChanges else { return Changes() }
        hasChanges = false
        var changes = Changes(consumers: haveConsumersChanged ? consumerRows : nil, removedShards: removedShards)
        haveConsumersChanged = false
        removedShards = []
        for index in shards.indices where shards[index].isChanged {
            changes.shards.append(shards[index].row)
            shards[index].isChanged = false
        }
        return changes
    }
}
