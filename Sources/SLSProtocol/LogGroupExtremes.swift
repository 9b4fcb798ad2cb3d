/// The outermost values of one log group, for rules about what a log group may hold. Nothing is decoded or copied.
public struct LogGroupExtremes: Equatable, Sendable {
    /// The earliest log's time, unix seconds; nil without logs.
    public private(set) var earliest: UInt32?
    /// The latest log's time.
    public private(set) var latest: UInt32?
    /// Bytes of the longest key of a content.
    public private(set) var keyByteCount = 0
    /// Bytes of the longest value of a content.
    public private(set) var valueByteCount = 0
    /// Bytes of the topic.
    public private(set) var topicByteCount = 0
    /// Bytes of the source.
    public private(set) var sourceByteCount = 0

    /// Walks a serialized group.
    ///
    /// - Throws: `ProtobufError` when it is cut off or malformed. Not retriable.
    public init(_ group: [UInt8]) throws(ProtobufError) {
        var reader = ProtobufReader(0..<group.count)
        while let field = try reader.next(in: group.span) {
            guard field.wireType == .lengthDelimited else { continue }
            switch LogGroupField(rawValue: field.number) {
            case .logs: try take(log: field.value, in: group.span)
            case .topic: topicByteCount = max(topicByteCount, field.value.count)
            case .source: sourceByteCount = max(sourceByteCount, field.value.count)
            default: continue
            }
        }
    }

    private mutating func take(log: Range<Int>, in bytes: Span<UInt8>) throws(ProtobufError) {
        var time: UInt32 = 0
        var reader = ProtobufReader(log)
        while let field = try reader.next(in: bytes) {
            switch (field.number, field.wireType) {
            case (1, .varint):
                var value = ProtobufReader(field.value)
                time = UInt32(truncatingIfNeeded: try value.varint(in: bytes))
            case (2, .lengthDelimited): try take(content: field.value, in: bytes)
            default: continue
            }
        }
        earliest = min(earliest ?? time, time)
        latest = max(latest ?? time, time)
    }

    private mutating func take(content: Range<Int>, in bytes: Span<UInt8>) throws(ProtobufError) {
        var reader = ProtobufReader(content)
        while let field = try reader.next(in: bytes) {
            guard field.wireType == .lengthDelimited else { continue }
            if field.number == 1 { keyByteCount = max(keyByteCount, field.value.count) }
            if field.number == 2 { valueByteCount = max(valueByteCount, field.value.count) }
        }
    }
}
