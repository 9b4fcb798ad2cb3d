import SLSClient
import SLSProtocol

/// How large a history is.
package enum Size: String, CaseIterable, Sendable {
    /// Two or three consumers for half a minute: some hundreds of events, with a crash and a take-over.
    case small
    /// Four consumers and eight shards for ten minutes: tens of thousands of events.
    case full
}

/// What one history is made of; all of it follows from the seed. Each history has some of the faults, by chance: with
/// all of them in each, none would get far.
struct Plan {
    /// Where a shard without a checkpoint begins.
    enum Start {
        case begin
        /// A time of day that has passed.
        case absolute
        case end
    }

    var consumerCount = 2
    var shardCount = 2
    var topicCount = 3
    var start = Start.begin
    var inOrder = false
    var isMadeByHand = false
    var isSplitBefore = false
    var timeoutSeconds = 6
    var putsInFlight = 4
    /// Log groups in one answer to a pull, at most.
    var pullLimit = 8
    /// Between two log groups of the source.
    var sourcePace = TrueTime.milliseconds(400)
    /// When somebody at work ends whose shards are taken over; three seconds later at the latest.
    var takeOverTime = TrueTime.seconds(8)
    /// How long faults go on.
    var faultsEnd = TrueTime.seconds(25)
    /// Within which all must settle then; see `docs/simulation.md` for the sum it is.
    var settleSpan = TrueTime.seconds(180)
    /// By how much clocks may be wrong, in millionths.
    var clockError = 0
    var latency = TrueTime.milliseconds(1)...TrueTime.milliseconds(20)
    /// How long a message takes from task to task inside a process.
    var mailboxDelay = TrueTime.zero
    var lossPerMille = 0
    var slowPerMille = 0
    var doublePerMille = 0
    var putFailurePerMille = 0
    /// Faults that begin again and again, and the mean time between two.
    var recurring: [(fault: Fault, mean: TrueTime)] = []
    /// Log groups before whose numbers some are left out.
    var gapPerMille = 0
    /// Faults that no client can fence may happen.
    var isUnfenceable = false

    /// Where a shard without a checkpoint begins, as configured.
    func position(_ absoluteStart: Timestamp) -> CursorPosition {
        switch start {
        case .begin: .begin
        case .absolute: .received(absoluteStart)
        case .end: .end
        }
    }

    /// The plan of a seed.
    init(_ size: Size, _ chance: inout Chance) {
        switch size {
        case .small: small(&chance)
        case .full: full(&chance)
        }
        start = chance.pick([.begin, .absolute, .end, .end])
        isSplitBefore = chance.happens(perMille: 400)
        isMadeByHand = chance.happens(perMille: 250)
        inOrder = isMadeByHand && chance.happens(perMille: 700)
        putsInFlight = chance.pick([1, 2, 8])
        pullLimit = chance.pick([1, 3, 20])
        if chance.happens(perMille: 600) { clockError = 48_000 }
        if chance.happens(perMille: 500) { mailboxDelay = chance.pick([.milliseconds(1), .milliseconds(30)]) }
        if chance.happens(perMille: 300) { latency = TrueTime.milliseconds(1)...TrueTime.milliseconds(900) }
        if chance.happens(perMille: 500) { lossPerMille = chance.within(5...100) }
        if chance.happens(perMille: 500) { slowPerMille = chance.within(5...150) }
        if chance.happens(perMille: 500) { doublePerMille = chance.within(5...150) }
        if chance.happens(perMille: 400) { putFailurePerMille = chance.within(20...500) }
        isUnfenceable = chance.happens(perMille: 120)
    }

    /// What was added when seeds were known by what they bring: drawn apart, so that most of them still bring it.
    mutating func addLater(_ size: Size, _ chance: inout Chance) {
        let means = size == .full ? [40, 80, 150] : [4, 8, 15]
        if chance.happens(perMille: 120) { recurring.append((.targetShut, .seconds(chance.pick(means)))) }
        if chance.happens(perMille: 120) { gapPerMille = chance.within(5...300) }
    }

    private mutating func small(_ chance: inout Chance) {
        consumerCount = chance.within(2...3)
        shardCount = chance.within(1...3)
        timeoutSeconds = chance.pick([6, 6, 7, 8, 8, 10, 12, 30])
        sourcePace = .milliseconds(chance.within(150...700))
        faultsEnd = .seconds(chance.within(13...22))
        let means = [5, 10, 10, 15, 20, 30]
        enableSome(perMille: 250, mean: { chance in .seconds(chance.pick(means)) }, &chance)
    }

    private mutating func full(_ chance: inout Chance) {
        consumerCount = 4
        shardCount = 8
        timeoutSeconds = chance.pick([8, 10, 15, 20, 30])
        sourcePace = .milliseconds(chance.within(100...400))
        faultsEnd = .seconds(600)
        settleSpan = .seconds(300)
        recurring = [(.crash, .seconds(60))]
        enableSome(perMille: 500, mean: { chance in .seconds(chance.within(20...150)) }, &chance)
    }

    private mutating func enableSome(perMille: Int, mean: (inout Chance) -> TrueTime, _ chance: inout Chance) {
        let choice: [Fault] = [
            .crash, .longPause, .hiccup, .shutDown, .partition, .deafness, .split, .merge, .serverRestart, .targetDown,
            .targetRefusal,
        ]
        for fault in choice where chance.happens(perMille: perMille) { recurring.append((fault, mean(&chance))) }
    }
}
