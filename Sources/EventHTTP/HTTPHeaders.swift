/// The fields of one head: in order, names as written, duplicates kept.
///
/// The fields stay the bytes they came as; a `String` is made of a name or a value when it is asked for, so a request
/// pays only for the headers that somebody reads. Bytes that are not UTF-8 read as replacement characters.
public struct HTTPHeaders: Sendable {
    /// Where one field lies in `bytes`; ends are exclusive.
    struct Field: Sendable {
        var nameStart: Int
        var nameEnd: Int
        var valueStart: Int
        var valueEnd: Int
    }

    private var bytes: [UInt8]
    private var fields: [Field]

    /// No fields.
    public init() {
        bytes = []
        fields = []
    }

    /// The fields of a head that was received.
    ///
    /// - Parameters:
    ///   - bytes: The whole head, as sent.
    ///   - fields: Ranges in it.
    init(bytes: [UInt8], fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    /// The value of the first field of that name, whatever the case of its letters; nil if there is none.
    public subscript(name: String) -> String? {
        for field in fields where has(name, field) { return value(of: field) }
        return nil
    }

    /// The values of all fields of that name, in order.
    public func all(_ name: String) -> [String] {
        fields.filter { has(name, $0) }.map { value(of: $0) }
    }

    /// Whether there is a field of that name.
    public func contains(_ name: String) -> Bool { fields.contains { has(name, $0) } }

    /// Adds a field after the others.
    ///
    /// Line ends and zero bytes, which would end the field early on the wire, become spaces.
    public mutating func append(_ name: String, _ value: String) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name.utf8)
        let valueStart = bytes.count
        bytes.append(contentsOf: value.utf8)
        for index in nameStart..<bytes.count where Self.breaksLines(bytes[index]) { bytes[index] = 0x20 }
        fields.append(
            Field(nameStart: nameStart, nameEnd: valueStart, valueStart: valueStart, valueEnd: bytes.count))
    }

    /// Appends `name: value` and a line end for each field to a head that is being written.
    ///
    /// - Parameter skipped: Names, in lower case, of fields that are left out.
    func write(to head: inout [UInt8], except skipped: [String]) {
        for field in fields where !skipped.contains(where: { has($0, field) }) {
            head.append(contentsOf: bytes[field.nameStart..<field.nameEnd])
            head.append(0x3A)
            head.append(0x20)
            head.append(contentsOf: bytes[field.valueStart..<field.valueEnd])
            head.append(0x0D)
            head.append(0x0A)
        }
    }

    /// Whether one of the comma-separated words in the fields of that name is `word` (in lower case).
    func mentions(_ word: String, in name: String) -> Bool {
        for field in fields where has(name, field) {
            for part in bytes[field.valueStart..<field.valueEnd].split(separator: 0x2C) {
                let trimmed = part.drop { Self.isBlank($0) }.reversed().drop { Self.isBlank($0) }
                if trimmed.count == word.utf8.count
                    && zip(trimmed, word.utf8.reversed()).allSatisfy({ Self.lowercase($0) == $1 })
                {
                    return true
                }
            }
        }
        return false
    }

    private func has(_ name: String, _ field: Field) -> Bool {
        let wanted = name.utf8
        guard wanted.count == field.nameEnd - field.nameStart else { return false }
        var index = field.nameStart
        for byte in wanted {
            if Self.lowercase(bytes[index]) != Self.lowercase(byte) { return false }
            index += 1
        }
        return true
    }

    private func value(of field: Field) -> String {
        let value = bytes[field.valueStart..<field.valueEnd]
        // A folded value holds the line ends it was folded at; they stand for blanks.
        guard value.contains(where: { Self.breaksLines($0) }) else { return String(decoding: value, as: UTF8.self) }
        return String(decoding: value.map { Self.breaksLines($0) ? 0x20 : $0 }, as: UTF8.self)
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func breaksLines(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A || byte == 0 }
}

extension HTTPHeaders: Sequence {
    /// The fields as text, in order.
    public func makeIterator() -> AnyIterator<(name: String, value: String)> {
        var index = 0
        return AnyIterator {
            guard index < fields.count else { return nil }
            let field = fields[index]
            index += 1
            return (String(decoding: bytes[field.nameStart..<field.nameEnd], as: UTF8.self), value(of: field))
        }
    }

    /// How many fields there are.
    public var count: Int { fields.count }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    /// The given fields in the given order; a name may come twice.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }
}

extension HTTPHeaders: Equatable {
    /// Whether both hold the same names (in the same case) and values in the same order.
    public static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    }
}

extension HTTPHeaders: CustomStringConvertible {
    /// One `name: value` a line.
    public var description: String { map { "\($0.name): \($0.value)" }.joined(separator: "\n") }
}
