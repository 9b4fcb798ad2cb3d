/// What goes wrong in a history; each must have fired in a run, or the run proves nothing about it.
package enum Fault: Int, CaseIterable, Sendable {
    /// A consumer ends without a word. It comes back under the same name, soon or late.
    case crash
    /// Its shards were given to another consumer.
    case takeOver
    /// It comes back before the server has forgotten it.
    case restartWithinTimeout
    /// A consumer is stopped for longer than its lease, and goes on.
    case longPause
    /// A consumer is stopped for a moment.
    case hiccup
    /// A consumer is told to stop.
    case shutDown
    /// The consumer that makes the group ends before all first checkpoints are saved.
    case makerCrash
    /// Nothing passes between a consumer and the server for a while.
    case partition
    /// A consumer is heard, but hears nothing, for a while.
    case deafness
    /// A request gets lost.
    case requestLost
    /// An answer gets lost: what was asked has happened all the same.
    case answerLost
    /// A request or answer takes longer than anybody waits for it.
    case slowMessage
    /// A request arrives twice.
    case doubledRequest
    /// A save arrives after a later one.
    case lateSave
    /// A first checkpoint of the group's maker arrives when others have begun. No client can fence it.
    case lateFirstSave
    /// A shard is split.
    case split
    /// Two shards are merged.
    case merge
    /// The server is gone for a moment, and reads its state from the store.
    case serverRestart
    /// A target answers 5xx to everything for a while.
    case targetDown
    /// A target refuses log groups for good, for a while.
    case targetRefusal
    /// A target refuses everybody for a while: by 401 or 404, which says nothing of the log groups.
    case targetShut
    /// Clocks run at rates up to a tenth apart.
    case clockRates
    /// Log groups do not fill the cursors of their pull.
    case sparseNumbers
    /// The shards have a history of splits before the group is made.
    case splitBefore
    /// The group is made by somebody else, without first checkpoints.
    case madeByHand
    /// Another library sets T to less. No client can fence it.
    case timeoutLowered
    /// Another library sets T to more.
    case timeoutRaised
    /// The group is deleted and made anew under live consumers. No client can fence it.
    case groupRemade
    /// A copy of a heartbeat arrives after a later one. No client can fence it.
    case heartbeatCopy

    // MARK: Exactly once

    /// A target has refused a sequence id.
    case refusedID
    /// A write arrives when its shard has been begun anew since.
    case zombie
    /// The same where requests live no longer than D after their sender stopped.
    case straggler
    /// A request that would have lived longer is lost.
    case tooLate
    /// A proxy sends a write twice, and passes on what the second one is answered.
    case proxyRepeat
    /// One of a target's nodes refuses for what is in it what the others take.
    case nodeRefusal
    /// A request is larger than its target takes.
    case tooLarge
    /// A target has no room for more writes for a while.
    case quotaStorm
    /// Nobody can be reached at a target for a while.
    case unreachable
    /// A target loses a transaction with everything in it, or ends before its commit.
    case lostCommit
    /// A target answers 5xx to what it has stored.
    case falseError
    /// A target's shard is split or merged.
    case targetCut
    /// A target has forgotten a sequence id.
    case idsForgotten
    /// A log group that its target refuses for good stands among the dead letters.
    case deadLetter
    /// A dead letter that its logstore has refused as it is stands there sealed.
    case sealedLetter
    /// Somebody else writes under a key of ours.
    case foreignWriter
    /// A checkpoint is set back by hand.
    case rewind
    /// A checkpoint is set by hand to before the configured start, and the shard is held.
    case resetBeforeStart
    /// A shard's log groups have keys of two epochs.
    case epochCrossing
    /// Everybody is stopped, and started with other routes.
    case cleanChange
    /// A shard goes to a process with other routes.
    case mixedSetups
}

/// How often each fault has fired.
package struct FaultCounts: Sendable {
    private var counts = [Int](repeating: 0, count: Fault.allCases.count)

    package init() {}

    package subscript(fault: Fault) -> Int {
        get { counts[fault.rawValue] }
        set { counts[fault.rawValue] = newValue }
    }

    package static func += (a: inout FaultCounts, b: FaultCounts) {
        for fault in Fault.allCases { a[fault] += b[fault] }
    }
}
