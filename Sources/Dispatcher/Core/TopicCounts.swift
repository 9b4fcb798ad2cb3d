/// How many log groups of each topic no route wanted; bounded, since topics come from outside.
public struct TopicCounts: Equatable, Sendable {
    /// Topics counted by name; the rest share one count.
    public static let limit = 100

    /// Counts by topic.
    public private(set) var counts: [String: Int] = [:]
    /// The count of all topics beyond the limit.
    public private(set) var others = 0

    /// No topic so far.
    public init() {}

    /// Counts log groups of a topic.
    ///
    /// - Returns: Whether this is the first of its topic, so that it can be logged once.
    public mutating func add(_ topic: String, _ count: Int = 1) -> Bool {
        if counts[topic] == nil, counts.count >= Self.limit {
            others += count
            return false
        }
        counts[topic, default: 0] += count
        return counts[topic] == count
    }

    /// Topics with their counts, the most frequent first.
    public var ranked: [(topic: String, count: Int)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (topic: $0.key, count: $0.value) }
    }
}
