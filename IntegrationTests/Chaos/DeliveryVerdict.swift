/// What targets hold against what they are owed, by bytes.
struct DeliveryVerdict: Equatable, CustomStringConvertible {
    private(set) var owed = 0
    private(set) var lost = 0
    private(set) var duplicated = 0
    private(set) var foreign = 0

    /// Takes in one target.
    ///
    /// - Parameters:
    ///   - owed: Every log group the source routes to it; one that is there twice is owed twice.
    ///   - held: Every log group in its store.
    mutating func add(owed: [[UInt8]], held: [[UInt8]]) {
        var rest: [[UInt8]: Int] = [:]
        for group in owed { rest[group, default: 0] += 1 }
        let known = Set(rest.keys)
        for group in held {
            if !known.contains(group) {
                foreign += 1
            } else if let left = rest[group], left > 0 {
                rest[group] = left - 1
            } else {
                duplicated += 1
            }
        }
        self.owed += owed.count
        lost += rest.values.reduce(0, +)
    }

    var isExact: Bool { lost == 0 && duplicated == 0 && foreign == 0 }

    var description: String { "\(owed) log groups owed: \(lost) lost, \(duplicated) duplicated, \(foreign) foreign" }
}
