/// What targets hold against what they are owed, by bytes.
struct DeliveryVerdict: Equatable, CustomStringConvertible {
    private(set) var owed = 0
    private(set) var lost = 0
    private(set) var duplicated = 0
    private(set) var foreign = 0
    /// Log groups that are in the dead letters in a target's place, or beside it.
    private(set) var deadLettered = 0

    /// Takes in one target.
    ///
    /// - Parameters:
    ///   - owed: Every log group the source routes to it; one that is there twice is owed twice.
    ///   - held: Every log group in its store.
    ///   - deadLetters: Those that it refused, once each. It refuses only for a while, so one that was sent again meanwhile
    ///     may be there too, and counts once.
    mutating func add(owed: [[UInt8]], held: [[UInt8]], deadLetters: [[UInt8]] = []) {
        var rest: [[UInt8]: Int] = [:]
        for group in owed { rest[group, default: 0] += 1 }
        let known = Set(rest.keys)
        var refused = rest
        for group in held {
            if !known.contains(group) {
                foreign += 1
            } else if let left = rest[group], left > 0 {
                rest[group] = left - 1
            } else {
                duplicated += 1
            }
        }
        for group in deadLetters {
            if !known.contains(group) {
                foreign += 1
            } else if let left = refused[group], left > 0 {
                refused[group] = left - 1
                rest[group] = max(0, (rest[group] ?? 0) - 1)
                deadLettered += 1
            } else {
                duplicated += 1
            }
        }
        self.owed += owed.count
        lost += rest.values.reduce(0, +)
    }

    /// Takes in what is nowhere owed.
    mutating func add(foreign count: Int) { foreign += count }

    var isExact: Bool { lost == 0 && duplicated == 0 && foreign == 0 }

    var description: String { "\(owed) log groups owed: \(lost) lost, \(duplicated) duplicated, \(foreign) foreign" }
}
