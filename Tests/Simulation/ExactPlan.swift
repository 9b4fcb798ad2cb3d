import Dispatcher
import FakeSLS
import SLSClient
import SLSConsumer
import SLSProtocol

/// What an exactly-once history has beside its `Plan`.
struct ExactPlan {
    var targetCount = 2
    /// Topics that a route wants; with many others beside them the ids of a lane are sparse.
    var routedTopicCount = 2
    var hasFanOut = false
    var laneCount = 2
    /// Log groups in one request, at most; nil where each goes alone.
    var batchCount: Int?
    /// D.
    var batchWait = Duration.seconds(5)
    var hasDeadLetter = false
    /// Log groups that every target refuses for what is in them.
    var poisonPerMille = 0
    /// How the targets remember ids.
    var sequenceRule = SequenceRule()
    /// How many log groups before the end of an epoch the source's numbers begin; nil for anywhere.
    var epochDistance: Int?
    /// Whether processes are started with one of two configurations.
    var isMixed = false
    /// How long a target gathers requests for one transaction.
    var turnLength = TrueTime.zero
    var lostCommitPerMille = 0
    var falseErrorPerMille = 0
    var proxyRepeatPerMille = 0
    /// Writes of which somebody on the way makes a copy that comes soon after.
    var copyPerMille = 0
    /// Writes that take as long as they like.
    var zombiePerMille = 0
    var recurring: [(fault: Fault, mean: TrueTime)] = []
    var isReset = false
    /// Requests that a target refuses for what is in them, and takes when they come again.
    var nodeRefusalPerMille = 0
    /// The most bytes that a request of several log groups may carry, and the most that a target takes in any.
    var requestByteCount = 4_000_000
    var targetByteCount = Int.max

    /// Within which a shard settles that began again and again, or was held: see `docs/simulation.md`.
    static let extraSettleSpan = TrueTime.seconds(120)

    init(_ mode: DeliveryMode, _ plan: inout Plan, _ chance: inout Chance) {
        // A start that moves is refused by the settings.
        if plan.start == .end { plan.start = chance.pick([.begin, .absolute]) }
        plan.settleSpan = plan.settleSpan + Self.extraSettleSpan
        targetCount = chance.within(1...3)
        plan.topicCount = chance.pick([3, 3, 5, 12])
        routedTopicCount = min(plan.topicCount - 1, chance.within(1...4))
        hasFanOut = targetCount > 1 && chance.happens(perMille: 400)
        if chance.happens(perMille: 600) { plan.sourcePace = .milliseconds(chance.within(40...200)) }
        laneCount = chance.pick([1, 2, 2, 3, 8])
        if mode == .exactlyOnceBatched {
            batchCount = chance.pick([2, 3, 5, 100])
            batchWait = .seconds(chance.pick([3, 5]))
            // The first writes come that much later.
            plan.takeOverTime = plan.takeOverTime + .seconds(8)
            plan.faultsEnd = plan.faultsEnd + .seconds(20)
        }
        hasDeadLetter = chance.happens(perMille: 600)
        if hasDeadLetter, chance.happens(perMille: 600) { poisonPerMille = chance.within(10...250) }
        if chance.happens(perMille: 120) { sequenceRule.forgetsOnSplit = true }
        if chance.happens(perMille: 80) { sequenceRule.lifetime = .seconds(chance.within(3...20)) }
        if chance.happens(perMille: 300) { epochDistance = chance.within(1...60) }
        isMixed = chance.happens(perMille: 150)
        if chance.happens(perMille: 300) { turnLength = .milliseconds(chance.within(1...40)) }
        if chance.happens(perMille: 400) { lostCommitPerMille = chance.within(5...100) }
        if chance.happens(perMille: 400) { falseErrorPerMille = chance.within(5...150) }
        if chance.happens(perMille: 250) { proxyRepeatPerMille = chance.within(5...60) }
        if chance.happens(perMille: 500) { zombiePerMille = chance.within(5...150) }
        if batchCount != nil, chance.happens(perMille: 500) { zombiePerMille = chance.within(150...400) }
        isReset = plan.start == .absolute && chance.happens(perMille: 300)
        recur(&plan, &chance)
    }

    /// The same of what only exactly once has.
    mutating func addLater(_ chance: inout Chance) {
        if chance.happens(perMille: 100) { nodeRefusalPerMille = chance.within(5...80) }
        if batchCount != nil, chance.happens(perMille: 400) { requestByteCount = chance.within(1_000...5_000) }
        if chance.happens(perMille: 150) { targetByteCount = chance.within(3_000...6_000) }
        // Now and then one refuses a batch whose copy another takes, between the parts.
        if batchCount != nil, nodeRefusalPerMille > 0, chance.happens(perMille: 500) {
            nodeRefusalPerMille = chance.within(50...200)
            copyPerMille = chance.within(100...300)
        }
    }

    /// How large a log group is: one that no target takes only where it has somewhere else to go.
    func byteCount(_ chance: inout Chance) -> Int {
        let count = chance.within(1...(chance.happens(perMille: 30) ? 6_000 : 1_500))
        return hasDeadLetter ? count : min(count, targetByteCount)
    }

    private func recur(_ plan: inout Plan, _ chance: inout Chance) {
        // A target that refuses for a while what it takes before and after breaks "not both": played less often.
        if !chance.happens(perMille: 400) { plan.recurring.removeAll { $0.fault == .targetRefusal } }
        let means = plan.faultsEnd > .seconds(60) ? [30, 60, 120] : [3, 6, 12]
        for fault in [Fault.quotaStorm, .unreachable, .targetCut, .rewind] where chance.happens(perMille: 300) {
            plan.recurring.append((fault, .seconds(chance.pick(means))))
        }
        if chance.happens(perMille: 150) { plan.recurring.append((.foreignWriter, .seconds(chance.pick(means)))) }
        // What was just sent is often still under way when its sender comes back.
        if batchCount != nil, chance.happens(perMille: 500) { plan.recurring.append((.crash, .seconds(means[1]))) }
    }

    /// Whether everybody is stopped in the end and started with other routes.
    func changesRoutes(_ seed: UInt64) -> Bool {
        var chance = Chance(seed: ~seed)
        return !isMixed && chance.happens(perMille: 300)
    }

    /// The number below the first cursor of the source.
    var highestNumber: Int64 {
        epochDistance.map { LaneKeys.epochLength * 1_000_000 - Int64($0) } ?? 0
    }

    /// The configurations of its processes, by `SetupChoice`.
    func setups(
        topics: [UInt8], start: CursorPosition, _ places: Setup.Places, _ safeguards: Safeguards, _ chance: inout Chance
    ) -> [Setup] {
        var main = topics.indices.map { $0 < routedTopicCount ? [$0 % targetCount] : [] }
        if hasFanOut { main[0] = Array(0..<targetCount) }
        var rerouted = main
        for topic in 0..<routedTopicCount where chance.happens(perMille: 500) {
            rerouted[topic] = [chance.below(targetCount)]
        }
        guard let anew = DeliveryIdentity("anew") else { preconditionFailure("no identity") }
        return [(main, start, .none), (rerouted, start, .none), (main, .begin, .none), (main, .begin, anew)].map {
            wanted, start, identity in
            Setup(
                topics: topics, wanted: wanted, start: start, identity: identity, laneCount: laneCount, among: places,
                safeguards: safeguards)
        }
    }
}
