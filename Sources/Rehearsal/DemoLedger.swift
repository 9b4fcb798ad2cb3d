import SLSProtocol

/// What should have reached one target and what did, counted from the target's own log groups.
struct DemoLedger: Sendable {
    /// One target's row of the final table.
    struct Row: Equatable, Sendable {
        let logstore: String
        let topic: String
        let expectedGroups: Int
        let arrivedGroups: Int
        let expectedLogs: Int
        let arrivedLogs: Int
        let lostLogs: Int
        let duplicatedLogs: Int
        /// Logs that belong elsewhere.
        let foreignLogs: Int
        let lostGroups: Int
        let duplicatedGroups: Int
    }

    private let logstore: String
    private let topic: String
    /// The unique field of each log that must come, with the number of its log group.
    private let expected: [String: Int]
    private var copies: [String: Int] = [:]
    private var groupCopies: [Int: Int] = [:]
    private var foreign = 0
    private var groups = 0

    init(logstore: String, topic: String, expected: [String: Int]) {
        self.logstore = logstore
        self.topic = topic
        self.expected = expected
    }

    /// Takes in one log group of the target.
    mutating func add(_ group: LogGroup) {
        groups += 1
        var numbers: Set<Int> = []
        for log in group.logs {
            guard group.topic == topic,
                let unique = log.contents.first(where: { $0.key == SampleLogs.uniqueField })?.value,
                let number = expected[unique]
            else {
                foreign += 1
                continue
            }
            copies[unique, default: 0] += 1
            numbers.insert(number)
        }
        for number in numbers { groupCopies[number, default: 0] += 1 }
    }

    var row: Row {
        let expectedGroups = Set(expected.values).count
        return Row(
            logstore: logstore, topic: topic, expectedGroups: expectedGroups, arrivedGroups: groups,
            expectedLogs: expected.count, arrivedLogs: copies.values.reduce(0, +) + foreign,
            lostLogs: expected.count - copies.count,
            duplicatedLogs: copies.values.reduce(0) { $0 + $1 - 1 }, foreignLogs: foreign,
            lostGroups: expectedGroups - groupCopies.count,
            duplicatedGroups: groupCopies.values.reduce(0) { $0 + $1 - 1 })
    }
}
