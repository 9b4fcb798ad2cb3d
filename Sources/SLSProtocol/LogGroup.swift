/// A log group with everything in it decoded: for producers, tests and tools, not for the way through.
///
/// Texts that are not UTF-8 are repaired on decoding; whoever must keep bytes keeps the message itself.
public struct LogGroup: Hashable, Sendable {
    /// A key with its value.
    public struct Pair: Hashable, Sendable {
        /// The key.
        public var key: String
        /// The value.
        public var value: String

        /// A key with its value.
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// One log: a time and contents in order; keys may repeat.
    public struct Log: Hashable, Sendable {
        /// When it was written, whole seconds since 1970.
        public var time: UInt32
        /// The part of a second behind it, 0 to 999,999,999; nil when the producer gave none.
        public var nanoseconds: UInt32?
        /// Keys and values in order.
        public var contents: [Pair]

        /// A log of these contents.
        public init(time: UInt32, nanoseconds: UInt32? = nil, contents: [Pair]) {
            self.time = time
            self.nanoseconds = nanoseconds
            self.contents = contents
        }
    }

    /// The logs in order.
    public var logs: [Log]
    /// The topic; nil and "" mean the same to the service.
    public var topic: String?
    /// Where the logs come from, usually an address.
    public var source: String?
    /// Tags in order.
    public var tags: [Pair]

    /// A group of these parts.
    public init(logs: [Log], topic: String? = nil, source: String? = nil, tags: [Pair] = []) {
        self.logs = logs
        self.topic = topic
        self.source = source
        self.tags = tags
    }
}

extension LogGroup {
    /// The message in the order in which the official Python SDK writes it: logs, topic, source, tags.
    public var serialized: [UInt8] {
        var writer = ProtobufWriter()
        for log in logs { writer.message(LogGroupField.logs.rawValue) { $0.log(log) } }
        if let topic { writer.text(LogGroupField.topic.rawValue, topic) }
        if let source { writer.text(LogGroupField.source.rawValue, source) }
        for tag in tags { writer.message(LogGroupField.logTags.rawValue) { $0.pair(tag) } }
        return writer.bytes
    }

    /// Decodes a message; fields it does not know are left out, a required one that is absent is 0 or "".
    ///
    /// A field of one value that is given more than once counts by its last.
    ///
    /// - Throws: `ProtobufError` when it is cut off or malformed. Not retriable.
    public init(serialized bytes: Span<UInt8>) throws(ProtobufError) {
        self.init(logs: [])
        var reader = ProtobufReader(0..<bytes.count)
        while let field = try reader.next(in: bytes) {
            guard field.wireType == .lengthDelimited else { continue }
            switch LogGroupField(rawValue: field.number) {
            case .logs: logs.append(try Log(field.value, in: bytes))
            case .topic: topic = text(field.value, in: bytes)
            case .source: source = text(field.value, in: bytes)
            case .logTags: tags.append(try Pair(field.value, in: bytes))
            default: continue
            }
        }
    }

    /// Decodes a message held in an array.
    public init(serialized bytes: [UInt8]) throws(ProtobufError) { try self.init(serialized: bytes.span) }
}

extension LogGroup.Log {
    fileprivate init(_ range: Range<Int>, in bytes: Span<UInt8>) throws(ProtobufError) {
        self.init(time: 0, contents: [])
        var reader = ProtobufReader(range)
        while let field = try reader.next(in: bytes) {
            switch (field.number, field.wireType) {
            case (1, .varint):
                var value = ProtobufReader(field.value)
                time = UInt32(truncatingIfNeeded: try value.varint(in: bytes))
            case (2, .lengthDelimited): contents.append(try LogGroup.Pair(field.value, in: bytes))
            case (4, .fixed32):
                nanoseconds = field.value.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[$1]) }
            default: continue
            }
        }
    }
}

extension LogGroup.Pair {
    fileprivate init(_ range: Range<Int>, in bytes: Span<UInt8>) throws(ProtobufError) {
        self.init("", "")
        var reader = ProtobufReader(range)
        while let field = try reader.next(in: bytes) {
            guard field.wireType == .lengthDelimited else { continue }
            if field.number == 1 { key = text(field.value, in: bytes) }
            if field.number == 2 { value = text(field.value, in: bytes) }
        }
    }
}

private func text(_ range: Range<Int>, in bytes: Span<UInt8>) -> String {
    String(decoding: range.map { bytes[$0] }, as: UTF8.self)
}

/// Appends protobuf fields to a message.
private struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func log(_ log: LogGroup.Log) {
        tag(1, .varint)
        varint(UInt64(log.time))
        for content in log.contents { message(2) { $0.pair(content) } }
        if let nanoseconds = log.nanoseconds {
            tag(4, .fixed32)
            for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: nanoseconds >> shift)) }
        }
    }

    mutating func pair(_ pair: LogGroup.Pair) {
        text(1, pair.key)
        text(2, pair.value)
    }

    mutating func text(_ number: Int, _ text: String) {
        tag(number, .lengthDelimited)
        varint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func message(_ number: Int, _ body: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        body(&inner)
        tag(number, .lengthDelimited)
        varint(UInt64(inner.bytes.count))
        bytes.append(contentsOf: inner.bytes)
    }

    private mutating func tag(_ number: Int, _ wireType: ProtobufReader.WireType) {
        varint(UInt64(number) << 3 | UInt64(wireType.rawValue))
    }

    private mutating func varint(_ value: UInt64) { appendVarint(value, to: &bytes) }
}

/// Appends a protobuf varint.
func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
    }
    bytes.append(UInt8(rest))
}
