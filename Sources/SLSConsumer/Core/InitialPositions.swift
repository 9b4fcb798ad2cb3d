package import SLSClient
package import SLSProtocol

extension CursorPosition {
    /// Whether the position means the same whenever it is asked for, so that every shard may ask by itself.
    ///
    /// `end`, a relative or a future time mean another position at each asking: a shard that is born later would skip
    /// what was written to it before (consumer-group.md 4.4, A1).
    package func isFixed(at now: Timestamp) -> Bool {
        switch self {
        case .begin: true
        case .end: false
        case .received(let time): time <= now
        }
    }
}

/// The rule for a shard without a checkpoint, and what the group's creator has seen.
package struct InitialPositions: Equatable, Sendable {
    /// Where such a shard begins.
    package enum Decision: Equatable, Sendable {
        /// At this position, to be resolved by GetCursor; `isSurprising` where a person should be told.
        case resolve(CursorPosition, isSurprising: Bool)
        /// Not decided yet: the group's creator may still be about to save it.
        case wait
    }

    /// How long others wait for the creator to save the first checkpoints.
    static let patience = Duration.seconds(10)

    private let configured: CursorPosition
    /// Whether every shard may resolve the configured position by itself, whenever it does.
    package let isFixed: Bool
    private let listedBeforeJoining: Set<ShardID>
    private let safeguards: Safeguards

    /// - Parameters:
    ///   - isFixed: `CursorPosition.isFixed` at the time the program started; a relative time is not.
    ///   - listedBeforeJoining: The shards listed before the first heartbeat.
    package init(configured: CursorPosition, isFixed: Bool, listedBeforeJoining: Set<ShardID>) {
        self.init(
            configured: configured, isFixed: isFixed, listedBeforeJoining: listedBeforeJoining, safeguards: .all)
    }

    package init(
        configured: CursorPosition, isFixed: Bool, listedBeforeJoining: Set<ShardID>, safeguards: Safeguards
    ) {
        self.configured = configured
        self.isFixed = isFixed
        self.listedBeforeJoining = listedBeforeJoining
        self.safeguards = safeguards
    }

    /// Decides for one shard.
    ///
    /// - Parameters:
    ///   - withCheckpoint: The shards of the group that have a checkpoint now.
    ///   - waited: How long this shard has been without a decision.
    package func decide(_ shard: ShardID, withCheckpoint: Set<ShardID>, waited: Duration) -> Decision {
        if isFixed { return .resolve(configured, isSurprising: false) }
        if waited < Self.patience, safeguards.contains(.patientPositions) { return .wait }
        // Made after the group: it begins at its beginning, or what was written since the split would be skipped.
        let isLater = withCheckpoint.contains { $0 < shard } || !listedBeforeJoining.contains(shard)
        if isLater, safeguards.contains(.childrenFromBeginning) {
            return .resolve(.begin, isSurprising: false)
        }
        return .resolve(configured, isSurprising: true)
    }
}
