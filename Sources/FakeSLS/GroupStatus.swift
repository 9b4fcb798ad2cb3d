/// Where a consumer group stands: who is a member, who works on which shard, how far behind each one is.
public struct GroupStatus: Equatable, Sendable, Codable {
    /// One shard, as the group sees it.
    public struct Shard: Equatable, Sendable, Codable {
        /// Its id.
        public var shard: Int
        /// Whether it can no longer be written.
        public var isReadOnly: Bool
        /// `WAIT`, `NOT_ALLOC`, `ALLOC`, `TRANSFER` or `OVER`: the vendor's automaton.
        public var state: String
        /// Who works on it; in `ALLOC` and `TRANSFER` only.
        public var holder: String?
        /// Who gets it when the holder stops reporting it; in `TRANSFER` only.
        public var next: String?
        /// The saved cursor as it came; nil when nothing was ever saved.
        public var checkpoint: String?
        /// When it was saved, in microseconds since 1970; 0 when nothing was ever saved.
        public var updateTimeMicroseconds: Int64
        /// Who saved it, where the save named anyone.
        public var savedBy: String?
        /// Where the oldest log group that is kept stands.
        public var beginCursor: String
        /// Behind the newest log group.
        public var endCursor: String
        /// How many log groups lie between the checkpoint, or the oldest that is kept, and the end; 0 and up.
        public var lagLogGroups: Int
        /// How long the first of those has been there, in whole seconds; 0 where there is none.
        public var lagSeconds: Int
    }

    /// One member.
    public struct Consumer: Equatable, Sendable, Codable {
        /// Its name.
        public var name: String
        /// How long ago its last heartbeat came; after a restart of the emulator, how long ago that was.
        public var secondsSinceHeartbeat: Double
        /// The shards that are its own, ascending, those it is to give up included.
        public var shards: [Int]
    }

    /// The logstore's project.
    public var project: String
    /// The logstore.
    public var logstore: String
    /// The group's name.
    public var consumerGroup: String
    /// How long a consumer may be silent.
    public var timeoutSeconds: Int
    /// Whether shards wait for those they came from.
    public var inOrder: Bool
    /// Ascending by id.
    public var shards: [Shard]
    /// In the order of joining.
    public var consumers: [Consumer]
}
