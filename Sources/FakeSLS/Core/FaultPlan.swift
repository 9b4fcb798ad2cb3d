import SLSProtocol

/// The faults that are to come: which requests are struck, decided by nothing but the rules and the requests so far.
public struct FaultPlan: Sendable {
    /// A rule, and how often it has struck.
    public struct Entry: Equatable, Sendable {
        /// Names the rule; no other rule of this plan ever has the same.
        public let id: Int
        /// What was asked for.
        public let rule: FaultRule
        /// How many requests it has struck.
        public fileprivate(set) var firedCount = 0
        fileprivate var chance: Chance

        /// True when it will strike no more.
        public var isSpent: Bool {
            if case .next(let count) = rule.extent { firedCount >= count } else { false }
        }
    }

    /// A fault that strikes now, and the rule it comes from.
    struct Strike: Equatable {
        let id: Int
        let fault: Fault
    }

    /// How many rules there may be; spent ones make room for new ones.
    public static let ruleLimit = 100

    /// In the order in which they were added, spent ones included.
    public private(set) var entries: [Entry] = []
    private var lastID = 0

    /// No faults.
    init() {}

    /// Adds a rule behind those that are there.
    ///
    /// - Returns: Its id.
    /// - Throws: `ParameterInvalid` for a rule that is out of range, `ExceedQuota` when no more fit.
    mutating func add(_ rule: FaultRule) throws(APIError) -> Int {
        try rule.check()
        if entries.count >= Self.ruleLimit {
            guard let spent = entries.firstIndex(where: \.isSpent) else {
                throw APIError(.exceedQuota, "there are \(Self.ruleLimit) faults already: take some back")
            }
            entries.remove(at: spent)
        }
        lastID += 1
        var seed: UInt64 = 0
        if case .fraction(_, let given) = rule.extent { seed = given }
        entries.append(Entry(id: lastID, rule: rule, chance: Chance(seed: seed)))
        return lastID
    }

    /// Takes a rule back.
    ///
    /// - Returns: Whether there was one.
    mutating func remove(_ id: Int) -> Bool {
        let count = entries.count
        entries.removeAll { $0.id == id }
        return entries.count < count
    }

    /// Adds rules again that were taken back, in their places and as they were.
    mutating func putBack(_ gone: [Entry]) {
        let there = Set(entries.map(\.id))
        entries = (entries + gone.filter { !there.contains($0.id) }).sorted { $0.id < $1.id }
    }

    /// Takes all rules back.
    mutating func clear() { entries = [] }

    /// What happens to a request that has just come: the first rule that fits and strikes, and is not spent.
    mutating func strike(_ subject: FaultSubject) -> Strike? {
        for index in entries.indices where !entries[index].isSpent && entries[index].rule.fits(subject) {
            if case .fraction(let part, _) = entries[index].rule.extent, !entries[index].chance.hits(part) { continue }
            entries[index].firedCount += 1
            return Strike(id: entries[index].id, fault: entries[index].rule.fault)
        }
        return nil
    }
}

/// The chance of one rule: the same draws for the same seed, whatever other rules do.
private struct Chance: Equatable, Sendable, RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func hits(_ part: Double) -> Bool { Double.random(in: 0..<1, using: &self) < part }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
