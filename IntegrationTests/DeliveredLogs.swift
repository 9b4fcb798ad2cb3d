import Foundation

/// What lies in some logstores, as the official SDK reads it: how often each log's `id` is there.
struct DeliveredLogs {
    /// By logstore, then by id.
    private var counts: [String: [String: Int]] = [:]
    /// Topics found, by logstore.
    private(set) var topics: [String: Set<String>] = [:]

    /// Reads whole logstores.
    static func read(_ logstores: [String], environment: [String: String]) async throws -> DeliveredLogs {
        var delivered = DeliveredLogs()
        for line in try await PythonScript.run("reader", logstores + ["--field", "id"], environment: environment) {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count == 3 else { throw HarnessError("reader.py printed \(line)") }
            delivered.counts[parts[0], default: [:]][parts[2], default: 0] += 1
            delivered.topics[parts[0], default: []].insert(parts[1])
        }
        return delivered
    }

    /// The ids in a logstore.
    func ids(in logstore: String) -> Set<String> { Set((counts[logstore] ?? [:]).keys) }

    /// How many logs are there more than once, copies beyond the first counted.
    func duplicateCount(in logstore: String) -> Int { (counts[logstore] ?? [:]).values.map { $0 - 1 }.reduce(0, +) }

    /// The ids that `producer.py` gives the groups of one topic: number modulo the count of topics.
    static func expectedIDs(prefix: String = "a", groups: Int, logs: Int, topic: Int, of topicCount: Int) -> Set<String>
    {
        Set(
            stride(from: topic, to: groups, by: topicCount).flatMap { group in
                (0..<logs).map { "\(prefix)-\(group)-\($0)" }
            })
    }
}
