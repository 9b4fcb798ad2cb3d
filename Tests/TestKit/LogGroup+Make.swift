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
        // Length prefixes take up to four bytes each; written by hand, so that 10 MB cost nothing.
        for padding in stride(from: count - 13, through: max(0, count - 28), by: -1) {
            let content = framed(0x0A, [0x6B]) + framed(0x12, [UInt8](repeating: 0x78, count: padding))
            let bytes = framed(0x0A, [0x08, 0x01] + framed(0x12, content))
            if bytes.count == count { return bytes }
        }
        preconditionFailure("no log group of this builder has \(count) bytes")
    }

    /// A length-delimited field.
    private static func framed(_ tag: UInt8, _ value: [UInt8]) -> [UInt8] {
        var bytes = [tag]
        var rest = value.count
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes + value
    }
}
