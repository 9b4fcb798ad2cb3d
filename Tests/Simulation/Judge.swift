import FakeSLS
import SLSConsumer
import SLSProtocol

/// A promise that was not kept.
package struct Violation: Sendable {
    /// The promises of `docs/simulation.md`, by their names there.
    package enum Property: String, CaseIterable, Sendable {
        /// At the start of a write the server's table names the writer.
        case writeByHolder = "a write by another than the holder"
        /// The same of a save.
        case saveByHolder = "a save by another than the holder"
        /// Never two tasks in RUN or DRAIN on one shard.
        case oneWorker = "two at work on one shard"
        /// What lies below a checkpoint and is owed stands in its target.
        case nothingLost = "lost: below a checkpoint and not in its target"
        /// Nothing accepted before the configured start arrives.
        case nothingEarly = "delivered from before the start"
        /// Each log group arrives where it belongs.
        case rightTarget = "delivered to another target"
        /// In order: no child before its parents are over.
        case parentsFirst = "a child before its parents were over"
        /// Nobody wakes again and again without having anything to do.
        case rests = "wakes without end"
        /// Within one configuration a log group stands once in its target.
        case storedOnce = "stored twice"
        /// It stands in its target or among the dead letters.
        case notBoth = "stored both in its target and among the dead letters"
        /// After a stop that ended with nothing left to save, other routes bring nothing again.
        case notAnew = "delivered again under other routes"
        /// Only what its target has refused goes to the dead letters.
        case onlyRefused = "a dead letter that its target has not refused"
        /// Each lane's log groups stand in the order of the source.
        case inOrder = "out of order within a lane"
        /// What somebody else displaced under our keys is not passed over in silence.
        case nothingUntold = "passed over in silence: displaced by somebody else"
        /// A request of several log groups has no more bytes than it may.
        case fits = "a request of several that is too large"
        /// When faults stop, all settles in time.
        case settles = "not settled in time"
    }

    package let property: Property
    package let time: Double
    package let detail: String
}

/// What came of a history.
package struct History: Sendable {
    package var violation: Violation?
    package var eventCount: Int
    package var faults: FaultCounts
    /// Between the end of the faults and the moment when all was settled.
    var settledAfter: TrueTime
    /// How often one of the three unfenceable faults broke a promise, as it may.
    package var weakCount: Int
    /// Log groups in their targets, and how often one came again.
    package var storedCount: Int
    package var repeatedCount: Int
    /// Whether something happened that allows copies, or excuses a log group; then the promises were weaker.
    package var isWeakened: Bool
}

/// A log group and the target that it is meant for.
struct Refusal: Hashable {
    let content: Content
    let target: Int
}

/// Who knows the truth: the server's table, the source, the targets' stores. It never asks the code what it believes.
struct Judge {
    var violation: Violation?
    var isSettled = false
    /// When the faults were over.
    var calmed = TrueTime.zero
    /// Whether somebody at work has ended, with another to take over.
    var hasCrashedAtWork = false
    var weakCount = 0
    var storedCount = 0
    var repeatedCount = 0

    /// The number of the latest heartbeat of each process that the server has heard.
    var lastHeartbeat = [Int](repeating: 0, count: 8)
    /// Whether it was granted a shard that it does not report: a copy of it that comes later takes that back.
    var hasGrantedMore = [Bool](repeating: false, count: 8)
    /// The latest save of each shard that was heard, by its number.
    var lastSave: [ShardID: Int] = [:]
    /// Who has worked on a shard, to notice take-overs.
    var lastWorker: [ShardID: Int] = [:]
    /// How many log groups of each shard are known to be stored or not owed, from the first on.
    var provenCounts: [Int] = []

    /// When the first consumer was started: nothing from before it is wanted by those that start at the end.
    var firstStart: TrueTime?
    /// Whoever is making the group: which process, which life.
    var maker: (process: Int, life: Int)?
    /// When the maker had done what it has to.
    var makerDone: TrueTime?
    var isGroupMade = false
    /// When the group that now exists was made.
    var groupMade = TrueTime.zero
    /// When every shard of it first had a checkpoint; nil before.
    var startCompleted: TrueTime?
    /// Whether the group's maker was hindered from saving the first checkpoints: then floods are possible (4.4).
    var isFloodPossible = false

    /// Others wait ten seconds for the first checkpoints, by their clocks, and then act as after a crash of the maker.
    var mayFlood: Bool {
        guard let makerDone, !isFloodPossible else { return true }
        return makerDone - groupMade > .seconds(9)
    }

    // MARK: Exactly once

    /// The configurations that processes were started with.
    var usedSetups: [Int] = []
    /// The configuration that a person has given everybody, where a shard was held.
    var answer: Int?
    /// How far the change of routes is, and whether everybody ended with nothing left to save.
    var change = RouteChange.none
    var isChangeClean = false
    /// What a target has refused alone for a while, and did not hold then.
    var refused: Set<Refusal> = []
    /// The same of the dead-letter logstore, for letters as they are.
    var refusedLetters: Set<Refusal> = []
    /// What a target has refused alone for what is in it: only that may become a dead letter.
    var refusedData: Set<Refusal> = []
    /// Whether two may have been at work on one shard, by a fault that no client can fence.
    var isUnfenced = false
    /// What a target has refused because somebody else had written under its key.
    var displaced: Set<Refusal> = []
    /// The latest window of a shard, the configuration of who worked on it last, and the epoch of what was last stored.
    var lastWindow: [ShardID: Int] = [:]
    var lastSetup: [ShardID: Int] = [:]
    var lastEpoch: [ShardID: Int64] = [:]

    mutating func noteFirstStart(_ now: TrueTime) { firstStart = firstStart ?? now }

    mutating func noteGroupMade(byHand: Bool, at now: TrueTime) {
        isGroupMade = true
        groupMade = now
        startCompleted = nil
        if byHand { isFloodPossible = true }
    }

    /// What must be known before the server acts: whether there is no group to be made yet, whether the shard of a first
    /// checkpoint has one already.
    func before(_ request: Request, _ server: SimulatedServer) -> Bool {
        switch request {
        case .createGroup: server.group == nil
        case .save(let shard, _, nil, _, _):
            server.group?.shardRows.contains { $0.shard == shard && $0.checkpoint != nil } ?? false
        default: false
        }
    }
}
