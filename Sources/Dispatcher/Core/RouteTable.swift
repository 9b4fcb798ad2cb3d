/// Which targets a log group goes to, by its topic alone.
///
/// Topics match exactly, byte for byte and case by case.
public struct RouteTable: Equatable, Sendable {
    /// One topic and the target it goes to.
    public struct Route: Equatable, Sendable {
        /// The topic; "" for log groups without one.
        public let topic: String
        /// The index of the target.
        public let target: Int

        /// A route for a topic.
        public init(topic: String, target: Int) {
            self.topic = topic
            self.target = target
        }
    }

    /// The routes in the order they were given.
    public let routes: [Route]
    /// Each topic once, with its targets.
    private let topics: [(bytes: [UInt8], targets: [Int])]

    /// A table of these routes; several with one topic make its log groups go to each of their targets, once.
    public init(_ routes: [Route]) {
        self.routes = routes
        var topics: [(bytes: [UInt8], targets: [Int])] = []
        for route in routes {
            let bytes = Array(route.topic.utf8)
            if let index = topics.firstIndex(where: { $0.bytes == bytes }) {
                if !topics[index].targets.contains(route.target) { topics[index].targets.append(route.target) }
            } else {
                topics.append((bytes, [route.target]))
            }
        }
        self.topics = topics
    }

    /// Tables of equal routes in the same order are equal.
    public static func == (a: RouteTable, b: RouteTable) -> Bool { a.routes == b.routes }

    /// The targets of a log group whose topic stands at `topic`; none when no route names it.
    public func targets(ofTopic topic: Range<Int>?, in bytes: Span<UInt8>) -> [Int] {
        let topic = topic ?? 0..<0
        for candidate in topics where candidate.bytes.count == topic.count {
            if isEqual(candidate.bytes, topic, in: bytes) { return candidate.targets }
        }
        return []
    }

    /// A topic of the table that somebody may have meant; nil when none is near.
    ///
    /// The article spells `ngnix`; producers that spell `nginx` are told so.
    public func hint(for topic: String) -> String? {
        routes.first { route in
            !route.topic.utf8.elementsEqual(topic.utf8) && !route.topic.isEmpty
                && (route.topic.lowercased() == topic.lowercased() || isTransposed(route.topic, topic))
        }?.topic
    }

    private func isEqual(_ candidate: [UInt8], _ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        for (offset, byte) in candidate.enumerated() where bytes[range.lowerBound + offset] != byte { return false }
        return true
    }

    /// Whether two texts differ by one exchange of neighbouring letters, as `ngnix` and `nginx` do, whatever their case.
    private func isTransposed(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.lowercased().utf8), Array(b.lowercased().utf8))
        guard a.count == b.count, a.count > 2 else { return false }
        let differing = a.indices.filter { a[$0] != b[$0] }
        guard differing.count == 2, let first = differing.first, differing[1] == first + 1 else { return false }
        return a[first] == b[first + 1] && a[first + 1] == b[first]
    }
}
