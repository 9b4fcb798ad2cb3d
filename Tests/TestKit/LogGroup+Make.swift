public import SLSProtocol

extension LogGroup {
    /// A log group in which only what the test is about need be named.
    ///
    /// - Parameters:
    ///   - logs: How many logs it holds; each has a `message` that tells it from the others.
    ///   - marker: Told by each message, to tell groups apart.
    ///   - time: The first log's time; each one is a second later than the one before.
    public static func make(
        topic: String? = "nginx", logs count: Int = 1, marker: String = "m", source: String? = "192.0.2.1",
        tags: [Pair] = [], time: UInt32 = 1_709_618_828, nanoseconds: UInt32? = nil
    ) -> LogGroup {
        let logs = (0..<count).map { index in
            Log(
                time: time + UInt32(index), nanoseconds: nanoseconds,
                contents: [Pair("message", "\(marker)-\(index)"), Pair("level", "INFO")])
        }
        return LogGroup(logs: logs, topic: topic, source: source, tags: tags)
    }

    /// A serialized group of exactly that many bytes.
    ///
    /// - Parameter count: At least 20; the few sizes at which a length prefix grows cannot be made.
    public static func bytes(count: Int) -> [UInt8] {
        let empty = LogGroup(logs: [Log(time: 1, contents: [Pair("k", "")])]).serialized.count
        // Length prefixes take up to a dozen bytes of what the value would have alone.
        for padding in stride(from: count - empty, through: max(0, count - empty - 16), by: -1) {
            let value = String(repeating: "x", count: padding)
            let bytes = LogGroup(logs: [Log(time: 1, contents: [Pair("k", value)])]).serialized
            if bytes.count == count { return bytes }
        }
        preconditionFailure("no log group of this builder has \(count) bytes")
    }
}
