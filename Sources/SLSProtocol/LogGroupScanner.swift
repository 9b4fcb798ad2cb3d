/// Where a log group stands in a pulled body, and what routing needs to know of it; nothing is decoded or copied.
public struct ScannedLogGroup: Equatable, Sendable {
    /// The serialized `LogGroup` message, without the framing of the list.
    public let bytes: Range<Int>
    /// The topic's text, nil when the group has none, which means the empty topic. A field repeated counts by its last.
    public let topic: Range<Int>?
    /// How many logs the group holds.
    public let logCount: Int
}

/// Finds log groups in serialized bytes by skipping over their logs.
///
/// Source: `log_logs.proto` of aliyun-log-python-sdk; its field numbers in `LogGroupField`.
public enum LogGroupScanner {
    /// Finds every group of a `LogGroupList`, in order.
    ///
    /// - Throws: `ProtobufError` when the list or a group in it is cut off or malformed; what is wrong inside a log or a
    ///   tag is not seen. Not retriable.
    public static func groups(inList bytes: Span<UInt8>) throws(ProtobufError) -> [ScannedLogGroup] {
        var groups: [ScannedLogGroup] = []
        var list = ProtobufReader(0..<bytes.count)
        while let field = try list.next(in: bytes) {
            guard field.number == 1, field.wireType == .lengthDelimited else { continue }
            groups.append(try group(field.value, in: bytes))
        }
        return groups
    }

    /// Finds every group of a `LogGroupList` held in an array.
    public static func groups(inList bytes: [UInt8]) throws(ProtobufError) -> [ScannedLogGroup] {
        try groups(inList: bytes.span)
    }

    /// Looks at the top-level fields of the one group that fills `range`.
    ///
    /// - Throws: `ProtobufError` when they are cut off or malformed; what is wrong inside a log or a tag is not seen.
    public static func group(_ range: Range<Int>, in bytes: Span<UInt8>) throws(ProtobufError) -> ScannedLogGroup {
        var topic: Range<Int>?
        var logCount = 0
        var reader = ProtobufReader(range)
        while let field = try reader.next(in: bytes) {
            guard field.wireType == .lengthDelimited else { continue }
            switch LogGroupField(rawValue: field.number) {
            case .logs: logCount += 1
            case .topic: topic = field.value
            default: continue
            }
        }
        return ScannedLogGroup(bytes: range, topic: topic, logCount: logCount)
    }

    /// Looks at the top-level fields of one group held in an array.
    public static func group(_ bytes: [UInt8]) throws(ProtobufError) -> ScannedLogGroup {
        try group(0..<bytes.count, in: bytes.span)
    }

    /// Checks that bytes are one well-formed `LogGroup`, its logs and their contents included, as a proto2 parser would.
    ///
    /// Unknown fields and bytes that are not UTF-8 are accepted: the service stores them.
    ///
    /// - Returns: How many logs it holds.
    /// - Throws: `ProtobufError`, also when a required field (`Time`, `Key`, `Value`) is absent. Not retriable.
    public static func validate(_ bytes: Span<UInt8>) throws(ProtobufError) -> Int {
        var logCount = 0
        var reader = ProtobufReader(0..<bytes.count)
        while let field = try reader.next(in: bytes) {
            guard field.wireType == .lengthDelimited else { continue }
            switch LogGroupField(rawValue: field.number) {
            case .logs:
                try validateLog(field.value, in: bytes)
                logCount += 1
            case .logTags: try validatePair(field.value, in: bytes, name: "LogTag")
            default: continue
            }
        }
        return logCount
    }

    /// Checks one log group held in an array.
    public static func validate(_ bytes: [UInt8]) throws(ProtobufError) -> Int { try validate(bytes.span) }

    private static func validateLog(_ range: Range<Int>, in bytes: Span<UInt8>) throws(ProtobufError) {
        var hasTime = false
        var reader = ProtobufReader(range)
        while let field = try reader.next(in: bytes) {
            if field.number == 1, field.wireType == .varint { hasTime = true }
            if field.number == 2, field.wireType == .lengthDelimited {
                try validatePair(field.value, in: bytes, name: "Log.Content")
            }
        }
        guard hasTime else { throw .missingField("Log.Time") }
    }

    private static func validatePair(
        _ range: Range<Int>, in bytes: Span<UInt8>, name: String
    ) throws(ProtobufError) {
        var (hasKey, hasValue) = (false, false)
        var reader = ProtobufReader(range)
        while let field = try reader.next(in: bytes) {
            guard field.wireType == .lengthDelimited else { continue }
            if field.number == 1 { hasKey = true }
            if field.number == 2 { hasValue = true }
        }
        guard hasKey else { throw .missingField("\(name).Key") }
        guard hasValue else { throw .missingField("\(name).Value") }
    }
}

/// The field numbers of `LogGroup`.
enum LogGroupField: Int {
    case logs = 1
    case category = 2
    case topic = 3
    case source = 4
    case machineUUID = 5
    case logTags = 6
}
