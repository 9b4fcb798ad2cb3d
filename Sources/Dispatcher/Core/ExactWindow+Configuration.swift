package import SLSConsumer
public import SLSProtocol

extension ExactWindow {
    /// How much one request may carry.
    public struct BatchLimit: Equatable, Sendable {
        /// Log groups, 1 to 1,000. Default 128.
        public var count = 128
        /// Their bytes, uncompressed; one log group alone may be larger. Default 4 MB.
        public var byteCount = 4_000_000

        /// The defaults.
        public init() {}
    }

    /// What a window must know, and what it may be told.
    public struct Configuration: Sendable {
        /// The shard of the source.
        public var shard: ShardID
        /// Whose keys are written under; says how many lanes each target has.
        public var keys: LaneKeys
        /// The targets, by index.
        public var targets: [LaneKeys.Place]
        /// Where log groups go that a target refuses for their data; nil blocks their lane.
        public var deadLetter: LaneKeys.Place?
        /// How much one request may carry; nil for one log group. Default nil.
        public private(set) var batchLimit: BatchLimit?
        /// D, the longest that a request may live after its sender stopped; zero where `batchLimit` is not set.
        public private(set) var batchWait = Duration.zero
        /// Nothing is sent before this: D after the shard was taken over, where `batchLimit` is set.
        public var firstWrite: Instant
        package var safeguards = Safeguards.all

        /// Single log groups, from this moment on.
        public init(
            shard: ShardID, keys: LaneKeys, targets: [LaneKeys.Place], deadLetter: LaneKeys.Place? = nil,
            firstWrite: Instant
        ) {
            self.shard = shard
            self.keys = keys
            self.targets = targets
            self.deadLetter = deadLetter
            self.firstWrite = firstWrite
        }

        /// Lets a request carry several log groups, after a wait for those of the previous owner.
        ///
        /// - Parameter wait: D, the longest that a request may live after its sender stopped.
        package mutating func batch(_ limit: BatchLimit, after wait: Duration) {
            batchLimit = limit
            if safeguards.contains(.waitToTakeApart) { batchWait = wait }
            if safeguards.contains(.waitForStragglers) { firstWrite = firstWrite + wait }
        }
    }
}
