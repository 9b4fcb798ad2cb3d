/// Walks the fields of one protobuf message without decoding it; holds a position, not the bytes.
///
/// Every read is checked against the message's end, so that hostile bytes end in an error.
struct ProtobufReader {
    /// How a field's value is laid out.
    enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case startGroup = 3
        case endGroup = 4
        case fixed32 = 5
    }

    /// One field: its number, its layout and where its value stands.
    struct Field {
        let number: Int
        let wireType: WireType
        /// The value's bytes; without the length for a length-delimited one.
        let value: Range<Int>
    }

    /// Groups inside groups, which nobody sends, are followed this deep.
    ///
    /// Protobuf libraries stop at 100 messages and groups inside each other. A pulled list, its log group, a log and a
    /// content make four: what is accepted here can be read by them wherever it stands.
    private static let groupDepthLimit = 96

    private(set) var position: Int
    let end: Int

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field, or nil at the end of the message.
    mutating func next(in bytes: Span<UInt8>) throws(ProtobufError) -> Field? {
        guard position < end else { return nil }
        let (number, wireType) = try tag(in: bytes)
        let value = try self.value(wireType, of: number, depth: 0, in: bytes)
        return Field(number: number, wireType: wireType, value: value)
    }

    /// Reads a varint of up to 10 bytes.
    mutating func varint(in bytes: Span<UInt8>) throws(ProtobufError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 70 {
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        throw .malformed(at: position)
    }

    private mutating func tag(in bytes: Span<UInt8>) throws(ProtobufError) -> (number: Int, wireType: WireType) {
        let tag = try varint(in: bytes)
        guard tag >> 3 > 0, tag >> 3 <= 0x1FFF_FFFF, let wireType = WireType(rawValue: UInt8(tag & 7))
        else { throw .malformed(at: position) }
        return (Int(tag >> 3), wireType)
    }

    private mutating func value(
        _ wireType: WireType, of number: Int, depth: Int, in bytes: Span<UInt8>
    ) throws(ProtobufError) -> Range<Int> {
        let start = position
        switch wireType {
        case .varint: _ = try varint(in: bytes)
        case .fixed64: try skip(8)
        case .fixed32: try skip(4)
        case .lengthDelimited:
            let length = try varint(in: bytes)
            guard length <= UInt64(end - position) else { throw .malformed(at: start) }
            let content = position..<position + Int(length)
            position = content.upperBound
            return content
        case .startGroup: try skipGroup(number, depth: depth, in: bytes)
        case .endGroup: throw .malformed(at: start)
        }
        return start..<position
    }

    private mutating func skip(_ count: Int) throws(ProtobufError) {
        guard count <= end - position else { throw .malformed(at: position) }
        position += count
    }

    /// Moves behind the end of a group, which bears the number of its start.
    private mutating func skipGroup(_ number: Int, depth: Int, in bytes: Span<UInt8>) throws(ProtobufError) {
        guard depth < Self.groupDepthLimit else { throw .malformed(at: position) }
        while true {
            let (inner, wireType) = try tag(in: bytes)
            if wireType == .endGroup && inner == number { return }
            _ = try value(wireType, of: inner, depth: depth + 1, in: bytes)
        }
    }
}

/// Why bytes are not the protobuf message they should be.
public enum ProtobufError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Cut off, or a length or tag that cannot be, near this byte.
    case malformed(at: Int)
    /// A field that the schema requires is absent.
    case missingField(String)

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .malformed(let position): "malformed protobuf near byte \(position)"
        case .missingField(let name): "the required field \(name) is absent"
        }
    }
}
