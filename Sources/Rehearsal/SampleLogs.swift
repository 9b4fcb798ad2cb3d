import SLSProtocol

/// Log groups of several topics, each log with a field that no other has, so that a lost or doubled one is told.
struct SampleLogs: Sendable {
    /// The topics that are routed, with the logstore each goes to, as in the article.
    static let routes: [(topic: String, logstore: String)] = [
        ("ngnix", "web-access"), ("sql_audit", "sql-audit"), ("click", "click-stream"),
    ]
    /// A topic that nobody wants: counted by the dispatchers, not forwarded.
    static let unroutedTopic = "nginx"
    /// The field that tells logs apart.
    static let uniqueField = "unique_id"

    private static let logsPerGroup = 6

    /// How many log groups there are in all.
    let groupCount: Int
    /// When the logs were written, unix seconds.
    let time: Timestamp

    /// The `number`-th log group, from 0; always the same one for the same number.
    func group(_ number: Int) -> LogGroup {
        let topic = topic(number)
        return LogGroup(
            logs: (0..<Self.logsPerGroup).map { index in
                LogGroup.Log(
                    time: UInt32(time.seconds), nanoseconds: UInt32(number % 1_000_000),
                    contents: [.init(Self.uniqueField, "\(number)-\(index)")] + contents(topic, number, index))
            }, topic: topic, source: "192.0.2.\(number % 250 + 1)", tags: [.init("__hostname__", "host-\(number % 7)")])
    }

    /// Whose log group it is: one in fifty belongs to no route.
    func topic(_ number: Int) -> String {
        number % 50 == 49 ? Self.unroutedTopic : Self.routes[number % Self.routes.count].topic
    }

    /// The unique fields of the log groups that must reach a topic's target, each with its log group's number.
    func expected(_ topic: String) -> [String: Int] {
        var expected: [String: Int] = [:]
        for number in 0..<groupCount where self.topic(number) == topic {
            for index in 0..<Self.logsPerGroup { expected["\(number)-\(index)"] = number }
        }
        return expected
    }

    private func contents(_ topic: String, _ number: Int, _ index: Int) -> [LogGroup.Pair] {
        switch topic {
        case "sql_audit":
            [
                .init("user", "app_\(number % 13)"), .init("statement", "SELECT * FROM orders WHERE id = \(number)"),
                .init("latency_us", "\(100 + number * 7 % 900)"),
            ]
        case "click":
            [
                .init("page", "/item/\(number % 101)"), .init("session", "s\(number * 31 % 9_973)"),
                .init("x", "\(index)"),
            ]
        default:
            [
                .init("remote_addr", "198.51.100.\(number % 250)"), .init("status", number % 17 == 0 ? "404" : "200"),
                .init("request", "GET /index.html?page=\(number) HTTP/1.1"), .init("bytes", "\(number * 13 % 5_000)"),
            ]
        }
    }
}
