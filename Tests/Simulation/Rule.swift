import SLSConsumer

/// A rule that can be left out, and what breaks then: the table of `docs/simulation.md` as data, executed by a test.
package struct Rule: Sendable {
    package let name: String
    package let rules: Rules
    package let mode: DeliveryMode
    /// What brings it out.
    package let fault: String
    /// Which promise breaks first, and in which history; nil where no world can tell.
    package let broken: (property: Violation.Property, seed: UInt64)?

    package static let table: [Rule] = [
        Rule("lease-from-sending", .leaseFromSending, "slow answers to heartbeats, then silence", .saveByHolder, 3101),
        Rule("margin", .margin, "clock rates a tenth apart, then silence", .oneWorker, 754),
        Rule("watchdog", .watchdog, "a partition longer than the lease", .oneWorker, 552),
        Rule("fence", .fence, "a stop between the decision and the act", .saveByHolder, 28),
        Rule("unforced-saves", .unforcedSaves, "a save that arrives after later ones", .parentsFirst, 1874),
        Rule("reports-draining", .reportsDraining, "a consumer that joins", .oneWorker, 80),
        Rule("stop-before-start", .stopBeforeStart, "a shard that comes back while it is drained"),
        Rule("children-from-beginning", .childrenFromBeginning, "a split, start at the end", .nothingLost, 5),
        Rule("patient-positions", .patientPositions, "two that start at once, start at the end"),
        Rule("makers-checkpoints", .makersCheckpoints, "shards split before, start at the end", .nothingEarly, 5),
        Rule("first-save", .firstSave, "a shard that stays empty", .settles, 1),
        Rule("look-out", .lookOut, "a save that arrives after later ones", .settles, 256),
        Rule("repeated-save", [.repeatedSave, .lookOut], "the same, at a read-only end", .settles, 5),
        Rule("acknowledges-answers", .acknowledgesAnswers, "a target that fails", .nothingLost, 2),
        Rule("follows-timeout", .followsTimeout, "another library lowers T, then silence", .oneWorker, 5038),
        Rule("lease-generations", .leaseGenerations, "slow mailboxes"),
    ]

    /// The rules of exactly once.
    package static let exactly: [Rule] = [
        Rule("one-in-flight", .exactlyOnce, Rules(.oneInFlight), "a write that fails", (.nothingLost, 1)),
        Rule(
            "routes-in-keys", .exactlyOnce, Rules(.routesInKeys), "processes with different routes",
            (.nothingLost, 1028)),
        Rule("start-check", .exactlyOnce, Rules(.startCheck), "a reset to before the start", (.nothingLost, 56)),
        Rule(
            "refusal-needs-reason", .exactlyOnce, Rules(.refusalNeedsReason), "somebody else under our keys",
            (.nothingUntold, 212)),
        Rule(
            "answered-is-not-stored", .exactlyOnce, Rules(.answeredIsNotStored), "the same, and a target without room",
            (.nothingUntold, 9711)),
        Rule("dead-letter-keys", .exactlyOnce, Rules(.deadLetterKeys), "two targets that refuse", (.nothingLost, 17)),
        Rule("singles-first", .exactlyOnceBatched, Rules(.singlesFirst), "a take-over", (.storedOnce, 1)),
        Rule(
            "wait-for-stragglers", .exactlyOnceBatched, Rules(.waitForStragglers), "a batch that arrives late",
            (.storedOnce, 1002)),
        Rule(
            "taken-apart", .exactlyOnceBatched, Rules(.takesApart), "a log group that is refused in a batch",
            (.onlyRefused, 5)),
        Rule(
            "wait-to-take-apart", .exactlyOnceBatched, Rules(.waitToTakeApart),
            "the same, and a copy that arrives soon", (.storedOnce, 106)),
        Rule(
            "refusals-apart", .exactlyOnce, Rules(.refusalsApart), "a target that refuses everybody",
            (.onlyRefused, 21)),
        Rule(
            "own-cursors", .exactlyOnce, Rules(.ownCursors), "log groups that do not fill their cursors",
            (.storedOnce, 51)),
        Rule(
            "request-bound", .exactlyOnceBatched, Rules(.requestBound), "log groups of many sizes", (.fits, 3)),
        Rule(
            "id-before-data", .exactlyOnce, Rules(store: .idBeforeData), "a lost answer, then a refusal",
            (.notBoth, 676)),
        Rule(
            "answers-after-commit", .exactlyOnce, Rules(store: .answersAfterCommit), "a lost transaction",
            (.nothingLost, 20)),
        Rule(
            "fresh-numbers", .exactlyOnce, Rules(store: .freshNumbers), "a restart of the source",
            (.nothingLost, 721)),
    ]

    private init(
        _ name: String, _ safeguards: Safeguards, _ fault: String, _ property: Violation.Property, _ seed: UInt64
    ) {
        self.init(name, .atLeastOnce, Rules(safeguards), fault, (property, seed))
    }

    private init(_ name: String, _ safeguards: Safeguards, _ fault: String) {
        self.init(name, .atLeastOnce, Rules(safeguards), fault)
    }

    private init(
        _ name: String, _ mode: DeliveryMode, _ rules: Rules, _ fault: String,
        _ broken: (property: Violation.Property, seed: UInt64)? = nil
    ) {
        self.name = name
        self.mode = mode
        self.rules = rules
        self.fault = fault
        self.broken = broken
    }
}
