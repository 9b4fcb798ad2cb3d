package import SLSProtocol

/// Where the checkpoints of a group stand, for the question of what they cover.
package struct CheckpointTable: Equatable, Sendable {
    /// Those that are cursors, by shard.
    package let cursors: [ShardID: Cursor]
    /// The other shards that there are: without a checkpoint, or with one that is no cursor.
    package let withoutCursor: Set<ShardID>

    /// A table of these shards.
    package init(_ cursors: [ShardID: Cursor], withoutCursor: Set<ShardID> = []) {
        self.cursors = cursors
        self.withoutCursor = withoutCursor
    }

    /// Whether a shard is listed. One that is not has been split or merged, and its data has expired: nobody can read it
    /// again, whatever was sent of it.
    package func lists(_ shard: ShardID) -> Bool { cursors[shard] != nil || withoutCursor.contains(shard) }
}
