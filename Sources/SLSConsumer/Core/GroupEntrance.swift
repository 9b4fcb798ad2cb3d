package import SLSClient
package import SLSProtocol

/// How a consumer enters its group: adopts the one that exists, or makes it.
///
/// An existing group is never changed: other members live by its timeout. Whoever makes it with a start position that
/// moves (`end`, relative) resolves that position for every listed shard before, and saves it right after: later askers
/// would find another one (consumer-group.md 4.4).
///
/// Whoever hears no answer to its request to make the group cannot know whose the group is that it then finds. It acts as
/// the maker if no shard has a checkpoint yet. That skips nothing even if it errs: it has seen that there was no group
/// after it had resolved its positions, so they lie before all that any member of the group is owed; at worst a shard is
/// set back, and what was handed over meanwhile comes again.
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
        /// See which shards have a checkpoint.
        case readCheckpoints
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
        /// The group exists now, made by somebody.
        case created(by: Maker)
        /// These shards have a checkpoint.
        case checkpointsRead(of: Set<ShardID>)
        /// The checkpoint was saved.
        case saved
    }

    /// Who has made the group.
    package enum Maker: Equatable, Sendable {
        /// We: our request was answered so.
        case us
        /// Somebody else: our only request was refused, as the group existed.
        case somebodyElse
        /// The group exists, and an earlier request of ours got no answer: it may have made it.
        case unknown
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
        /// Once more, with the positions resolved: they must be older than the group.
        case lookingAgain
        case creating
        case saving(next: Int)
        case adopting(as: Maker)
        case checking
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
        case .listing, .looking, .resolving, .lookingAgain: true
        case .creating, .saving, .adopting, .checking: isStartFixed
        }
    }

    /// The first checkpoints that were saved here, once the consumer may enter: it is the maker, if there are any.
    package var savedFirst: [ShardID: Cursor] {
        guard case .saving = state else { return [:] }
        return Dictionary(uniqueKeysWithValues: initial.map { ($0.shard, $0.cursor) })
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
            return savesFirst ? resolve(shards.sorted(by: >)) : create()
        case (.resolving(let left), .resolved(let cursor)):
            guard let shard = left.first else { preconditionFailure("no cursor was asked for: \(self)") }
            initial.append((shard, cursor))
            return resolve(Array(left.dropFirst()))
        case (.lookingAgain, .groupFound(let found)): return found.map { adopt($0) } ?? create()
        case (.creating, .created(.us)): return save(0)
        case (.creating, .created(let maker)):
            state = .adopting(as: maker)
            return .findGroup
        case (.adopting(let maker), .groupFound(let found)):
            guard let found else { return .refuse(.groupDeleted) }
            // With another timeout it is not what we have asked for.
            guard maker == .unknown, savesFirst, found == timeout else { return adopt(found) }
            state = .checking
            return .readCheckpoints
        case (.checking, .checkpointsRead(let saved)): return saved.isEmpty ? save(0) : adopt(timeout)
        case (.saving(let next), .saved): return save(next)
        default: preconditionFailure("\(event) does not answer the last step: \(self)")
        }
    }

    /// Whether its maker saves the first checkpoint of each shard.
    private var savesFirst: Bool { !isStartFixed && safeguards.contains(.makersCheckpoints) }

    private mutating func resolve(_ left: [ShardID]) -> Step {
        guard let shard = left.first else {
            state = .lookingAgain
            return .findGroup
        }
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
