/// A position between two log groups of one shard.
///
/// On the wire it is the standard base64 of a decimal 64-bit number; numbers grow by exactly 1 with each log group of a
/// shard, so a log group's own cursor is the position just before it.
///
/// Source: aliyun-log-go-sdk `log_store.go`, aliyun-log-python-sdk `logclient.py` (`get_previous_cursor_time`).
public struct Cursor: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The decoded number, not negative.
    public let number: Int64

    /// - Precondition: `number` is not negative.
    public init(number: Int64) {
        precondition(number >= 0, "a cursor cannot be negative: \(number)")
        self.number = number
    }

    /// Reads a cursor as it travels, with or without base64 padding; nil for anything else.
    public init?(encoded: String) {
        guard encoded.utf8.count <= 32, let bytes = Base64.decode(encoded), (1...19).contains(bytes.count),
            bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int64(String(decoding: bytes, as: UTF8.self))
        else { return nil }
        self.number = number
    }

    /// The text for a query parameter or a JSON value; not URL-encoded.
    public var encoded: String { Base64.encode(Array(String(number).utf8)) }

    /// The position `count` log groups further on, or the last that there can be: cursors come from outside.
    public func advanced(by count: Int) -> Cursor {
        let (sum, isTooFar) = number.addingReportingOverflow(Int64(count))
        return Cursor(number: isTooFar ? .max : sum)
    }

    /// Cursors of one shard compare by position; those of different shards mean nothing to each other.
    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
    /// The decoded number.
    public var description: String { String(number) }
}
