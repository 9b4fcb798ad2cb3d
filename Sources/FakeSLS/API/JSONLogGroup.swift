internal import SLSProtocol

/// A log group as JSON: `{"__topic__", "__source__", "__logs__": [{"__time__", "k": "v"}], "__tags__": {}}`.
///
/// Source: aliyun-log-java-sdk, `putLogs` with its JSON serializer; page "PutWebtracking".
enum JSONLogGroup {
    /// What a log's time is.
    enum LogTimes {
        /// Its own `__time__`, where it has none the time it was received (assumed).
        case own(received: Timestamp)
        /// The time it was received, whatever it says.
        case received(Timestamp)
    }

    /// - Throws: `PostBodyInvalid`.
    static func decode(_ bytes: [UInt8], times: LogTimes) throws(APIError) -> LogGroup {
        guard let body = OrderedJSON(bytes), body.members != nil else { throw invalid("the body is no JSON object") }
        guard case .array(let logs)? = body.member("__logs__") else { throw invalid("__logs__ is missing or no array") }
        var group = LogGroup(logs: [])
        group.topic = try text(body, "__topic__")
        group.source = try text(body, "__source__")
        for log in logs { group.logs.append(try decode(log: log, times: times)) }
        if let tags = body.member("__tags__"), tags != .null {
            guard let members = tags.members else { throw invalid("__tags__ is no object") }
            for tag in members { group.tags.append(LogGroup.Pair(tag.name, try text(tag))) }
        }
        return group
    }

    private static func decode(log: OrderedJSON, times: LogTimes) throws(APIError) -> LogGroup.Log {
        guard let members = log.members else { throw invalid("a member of __logs__ is no object") }
        var decoded: LogGroup.Log
        var takesOwnTime = false
        switch times {
        case .own(let received):
            decoded = LogGroup.Log(time: UInt32(clamping: received.seconds), contents: [])
            takesOwnTime = true
        case .received(let received):
            decoded = LogGroup.Log(time: UInt32(clamping: received.seconds), contents: [])
        }
        for member in members {
            switch member.name {
            case "__time__":
                guard let seconds = UInt32(try text(member)) else { throw invalid("__time__ is no unix time") }
                if takesOwnTime { decoded.time = seconds }
            case "__time_ns_part__":
                guard let part = UInt32(try text(member)), part < 1_000_000_000 else {
                    throw invalid("__time_ns_part__ is no part of a second")
                }
                if takesOwnTime { decoded.nanoseconds = part }
            default: decoded.contents.append(LogGroup.Pair(member.name, try text(member)))
            }
        }
        return decoded
    }

    private static func text(_ body: OrderedJSON, _ name: String) throws(APIError) -> String? {
        guard let value = body.member(name), value != .null else { return nil }
        guard let text = value.text else { throw invalid("\(name) is no text") }
        return text
    }

    private static func text(_ member: OrderedJSON.Member) throws(APIError) -> String {
        guard let text = member.value.text else { throw invalid("the value of \(member.name.prefix(40)) is no text") }
        return text
    }

    private static func invalid(_ message: String) -> APIError { APIError(.postBodyInvalid, message) }
}
