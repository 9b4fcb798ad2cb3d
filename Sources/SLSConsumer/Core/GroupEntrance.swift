package import SLSClient
package import SLSProtocol

/// How a consumer enters its group: adopts the one that exists, or makes it.
///
/// An existing group is never changed: other members live by its timeout. Whoever makes it with a start position that
/// moves (`end`, relative) resolves that position for every listed shard before, and saves it right after: later askers
/// would find another one (consumer-group.md 4.4).
package struct GroupEntrance: Sendable {
    /// What to do next; each step but the last two brings one event.
    package enum Step: Equatable, Sendable {
        /// List the logstore's shards.
        case listShards
        /// Look for the group.
        case findGroup
        /// Ask for the cursor of a position.
        case resolve(ShardID, CursorPosition)
        /// Make the group with this timeout.
        case create(timeout: Duration)
        /// Save a shard's first checkpoint, forced, in nobody's name.
        case save(ShardID, Cursor)
        /// The consumer may send its first heartbeat.
        case enter(GroupTiming, InitialPositions)
        /// It cannot.
        case refuse(Refusal)
    }

    /// What came of a step.
    package enum Event: Equatable, Sendable {
        /// These shards exist.
        case shardsListed([ShardID])
        /// The group exists with this timeout, or does not exist.
        case groupFound(timeout: Duration?)
        /// The cursor that was asked for.
        case resolved(Cursor)
        /// The group was made; false when somebody else had made it meanwhile.
        case created(isOurs: Bool)
        /// The checkpoint was saved.
        case saved
    }

    /// Why a consumer cannot enter.
    package enum Refusal: Equatable, Sendable {
        /// The group's timeout leaves no time to work in.
        case timeoutTooShort(Duration)
        /// The group vanished while we entered.
        case groupDeleted
    }

    private enum State {
        case listing
        case looking
        case resolving(left: [ShardID])
        case creating
        case saving(next: Int)
        case adopting
    }

    private let timeout: Duration
    private let start: CursorPosition
    private let isStartFixed: Bool
    private let safeguards: Safeguards
    private var state = State.listing
    private var shards: [ShardID] = []
    /// Where each shard begins, highest id first: whoever finds a lower one's checkpoint may take a missing one for that
    /// of a shard born later.
    private var initial: [(shard: ShardID, cursor: Cursor)] = []

    /// - Parameters:
    ///   - timeout: T, for a group that is made here.
    ///   - start: Where a shard without a checkpoint begins.
    ///   - isStartFixed: `CursorPosition.isFixed` at the time the program started; a relative time is not.
    package init(
        timeout: Duration, start: CursorPosition, isStartFixed: Bool, safeguards: Safeguards = .all
    ) {
        self.timeout = timeout
        self.start = start
        self.isStartFixed = isStartFixed
        self.safeguards = safeguards
    }

    /// The first step.
    package var first: Step { .listShards }

    /// Whether the consumer may leave at this point. A group without the checkpoints of its maker would begin later for
    /// everybody: once its making has begun, it is finished.
    package var isStoppable: Bool {
        switch state {
        case .listing, .looking, .resolving: true
        case .creating, .saving, .adopting: isStartFixed
        }
    }

    /// Takes in what came of the last step and says the next one.
    package mutating func handle(_ event: Event) -> Step {
        switch (state, event) {
        case (.listing, .shardsListed(let listed)):
            shards = listed
            state = .looking
            return .findGroup
        case (.looking, .groupFound(let found)):
            if let found { return adopt(found) }
            let isMakerAsked = !isStartFixed && safeguards.contains(.makersCheckpoints)
            return isMakerAsked ? resolve(shards.sorted(by: >)) : create()
        case (.resolving(let left), .resolved(let cursor)):
            guard let shard = left.first else { preconditionFailure("no cursor was asked for: \(self)") }
            initial.append((shard, cursor))
            return resolve(Array(left.dropFirst()))
        case (.creating, .created(let isOurs)):
            if isOurs { return save(0) }
            state = .adopting
            return .findGroup
        case (.adopting, .groupFound(let found)): return found.map { adopt($0) } ?? .refuse(.groupDeleted)
        case (.saving(let next), .saved): return save(next)
        default: preconditionFailure("\(event) does not answer the last step: \(self)")
        }
    }

    private mutating func resolve(_ left: [ShardID]) -> Step {
        guard let shard = left.first else { return create() }
        state = .resolving(left: left)
        return .resolve(shard, start)
    }

    private mutating func create() -> Step {
        guard GroupTiming(timeout: timeout, safeguards: safeguards) != nil else {
            return .refuse(.timeoutTooShort(timeout))
        }
        state = .creating
        return .create(timeout: timeout)
    }

    private mutating func save(_ index: Int) -> Step {
        guard index < initial.count else { return adopt(timeout) }
        state = .saving(next: index + 1)
        return .save(initial[index].shard, initial[index].cursor)
    }

    private func adopt(_ timeout: Duration) -> Step {
        guard let timing = GroupTiming(timeout: timeout, safeguards: safeguards) else {
            return .refuse(.timeoutTooShort(timeout))
        }
        return .enter(
            timing,
            InitialPositions(
                configured: start, isFixed: isStartFixed, listedBeforeJoining: Set(shards), safeguards: safeguards))
    }
}
