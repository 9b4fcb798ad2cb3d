/// Every rule for what is unpublished, by the name it has in a `--rules` file and on the page `/_fake/rules`.
public struct Rules: Equatable, Sendable {
    /// How writes are judged.
    public var writes = WriteRules()
    /// How consumer groups behave.
    public var groups = GroupRules()

    /// The defaults, but for what is given.
    public init(writes: WriteRules = WriteRules(), groups: GroupRules = GroupRules()) {
        self.writes = writes
        self.groups = groups
    }

    /// A rule that is on or off; off by default.
    public enum Switch: String, CaseIterable, Sendable {
        case judgesEndsOnSaveOnly = "judges-ends-on-save-only"
        case misspellsCodes = "misspells-codes"
        case showsLastSaver = "shows-last-saver"
        case checksLogTimes = "checks-log-times"
        case checksLogContents = "checks-log-contents"
        case forgetsSequenceIDsOnSplit = "forgets-sequence-ids-on-split"
    }

    /// A rule that is a number.
    public enum Figure: String, CaseIterable, Sendable {
        case consumerNotMatchStatus = "consumer-not-match-status"
        case groupQuotaStatus = "group-quota-status"
        case refusedSequenceIDStatus = "refused-sequence-id-status"
        case shortestTimeoutSeconds = "shortest-timeout-seconds"
        case longestTimeoutSeconds = "longest-timeout-seconds"
        case sequenceIDLifetimeSeconds = "sequence-id-lifetime-seconds"

        /// What it may be. Statuses stay below 500: SDKs try those again.
        public var range: ClosedRange<Int> {
            switch self {
            case .consumerNotMatchStatus, .groupQuotaStatus, .refusedSequenceIDStatus: 400...499
            case .shortestTimeoutSeconds, .longestTimeoutSeconds, .sequenceIDLifetimeSeconds: 1...Int(Int32.max)
            }
        }
    }

    /// Whether that rule is on.
    public subscript(name: Switch) -> Bool {
        get { self[keyPath: Self.path(name)] }
        set { self[keyPath: Self.path(name)] = newValue }
    }

    /// The number of that rule; nil where it has no effect. A bound of timeouts that would pass the other moves it along.
    public subscript(name: Figure) -> Int? {
        get {
            switch name {
            case .consumerNotMatchStatus: groups.consumerNotMatchStatus
            case .groupQuotaStatus: groups.groupQuotaStatus
            case .refusedSequenceIDStatus: writes.refusedSequenceIDStatus
            case .shortestTimeoutSeconds: groups.timeoutSeconds.lowerBound
            case .longestTimeoutSeconds: groups.timeoutSeconds.upperBound
            case .sequenceIDLifetimeSeconds: writes.sequenceIDLifetime.map { Int($0.components.seconds) }
            }
        }
        set {
            let bounds = groups.timeoutSeconds
            switch name {
            case .consumerNotMatchStatus:
                groups.consumerNotMatchStatus = newValue ?? GroupRules().consumerNotMatchStatus
            case .groupQuotaStatus: groups.groupQuotaStatus = newValue ?? GroupRules().groupQuotaStatus
            case .refusedSequenceIDStatus:
                writes.refusedSequenceIDStatus = newValue ?? WriteRules().refusedSequenceIDStatus
            case .shortestTimeoutSeconds:
                let shortest = newValue ?? GroupRules().timeoutSeconds.lowerBound
                groups.timeoutSeconds = shortest...max(shortest, bounds.upperBound)
            case .longestTimeoutSeconds:
                let longest = newValue ?? GroupRules().timeoutSeconds.upperBound
                groups.timeoutSeconds = min(longest, bounds.lowerBound)...longest
            case .sequenceIDLifetimeSeconds: writes.sequenceIDLifetime = newValue.map { .seconds($0) }
            }
        }
    }

    private static func path(_ name: Switch) -> WritableKeyPath<Rules, Bool> {
        switch name {
        case .judgesEndsOnSaveOnly: \.groups.judgesEndsOnSaveOnly
        case .misspellsCodes: \.groups.misspellsCodes
        case .showsLastSaver: \.groups.showsLastSaver
        case .checksLogTimes: \.writes.checksLogTimes
        case .checksLogContents: \.writes.checksLogContents
        case .forgetsSequenceIDsOnSplit: \.writes.forgetsSequenceIDsOnSplit
        }
    }
}
