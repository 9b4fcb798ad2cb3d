/// The rules that keep the promises under faults, each by name, so that the simulation can leave one out and show what
/// then breaks (`docs/simulation.md`). Outside of it all of them are on.
package struct Safeguards: OptionSet, Hashable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Every rule.
    package static let all = Safeguards(rawValue: -1)

    /// How many there are.
    package static let count = 29

    /// A lease counts from the sending of the heartbeat, not from its answer.
    package static let leaseFromSending = Safeguards(rawValue: 1 << 0)
    /// A lease ends earlier than the server's.
    package static let margin = Safeguards(rawValue: 1 << 1)
    /// At the end of the lease everything is dropped, whatever the network does.
    package static let watchdog = Safeguards(rawValue: 1 << 2)
    /// Nothing leaves the process without a look at the lease.
    package static let fence = Safeguards(rawValue: 1 << 3)
    /// Checkpoints are saved in the holder's name, not forced.
    package static let unforcedSaves = Safeguards(rawValue: 1 << 4)
    /// A shard that is drained is reported until it is let go.
    package static let reportsDraining = Safeguards(rawValue: 1 << 5)
    /// A shard that comes back while it is drained is stopped before it is started anew.
    package static let stopBeforeStart = Safeguards(rawValue: 1 << 6)
    /// A shard made after the group begins at its beginning.
    package static let childrenFromBeginning = Safeguards(rawValue: 1 << 7)
    /// Others wait for the first checkpoints of the group's maker.
    package static let patientPositions = Safeguards(rawValue: 1 << 8)
    /// The group's maker resolves a start that moves before, and saves it for every shard.
    package static let makersCheckpoints = Safeguards(rawValue: 1 << 9)
    /// The first position of a shard is saved before anything is done with it.
    package static let firstSave = Safeguards(rawValue: 1 << 10)
    /// The end of a read-only shard is saved again and again.
    package static let repeatedSave = Safeguards(rawValue: 1 << 11)
    /// A log group is acknowledged when its target has answered.
    package static let acknowledgesAnswers = Safeguards(rawValue: 1 << 12)
    /// A shorter timeout of the group shortens the present lease.
    package static let followsTimeout = Safeguards(rawValue: 1 << 13)
    /// A task of an earlier lease may do nothing under a later one.
    package static let leaseGenerations = Safeguards(rawValue: 1 << 14)
    /// Checkpoints are read back: a late copy of an older save is saved over.
    package static let lookOut = Safeguards(rawValue: 1 << 15)

    // MARK: Exactly once

    /// One request is in flight under a key.
    package static let oneInFlight = Safeguards(rawValue: 1 << 16)
    /// A new owner sends single log groups until one is accepted.
    package static let singlesFirst = Safeguards(rawValue: 1 << 17)
    /// A new owner of batches waits until no request of the old one can be under way.
    package static let waitForStragglers = Safeguards(rawValue: 1 << 18)
    /// Other routes mean other keys.
    package static let routesInKeys = Safeguards(rawValue: 1 << 19)
    /// Nothing is written from before the configured start.
    package static let startCheck = Safeguards(rawValue: 1 << 20)
    /// A try that was answered 4xx explains no refusal of the next one.
    package static let answeredIsNotStored = Safeguards(rawValue: 1 << 21)
    /// A refused id that nothing explains is no success.
    package static let refusalNeedsReason = Safeguards(rawValue: 1 << 22)
    /// The dead letters of each target have keys of their own.
    package static let deadLetterKeys = Safeguards(rawValue: 1 << 23)
    /// A batch that is refused for its data is taken apart; what is in it is not to blame together.
    package static let takesApart = Safeguards(rawValue: 1 << 24)
    /// It is taken apart when no earlier try of it can be under way any more.
    package static let waitToTakeApart = Safeguards(rawValue: 1 << 25)
    /// A refusal that says nothing of the log groups makes no dead letter of them.
    package static let refusalsApart = Safeguards(rawValue: 1 << 26)
    /// Where log groups do not fill their cursors, fewer are pulled, until each has its own.
    package static let ownCursors = Safeguards(rawValue: 1 << 27)
    /// A request of several log groups has a bound of bytes.
    package static let requestBound = Safeguards(rawValue: 1 << 28)
}
