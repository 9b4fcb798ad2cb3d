internal import SLSProtocol

/// A JSON value whose objects keep the order of their members: that of a log's contents must survive.
enum OrderedJSON: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The digits as they stand.
    case number(String)
    case string(String)
    case array([OrderedJSON])
    case object([Member])

    /// A name and its value; names may repeat.
    struct Member: Equatable, Sendable {
        let name: String
        let value: OrderedJSON
    }

    /// Arrays and objects inside each other are followed this deep.
    static let depthLimit = 32

    /// Reads one value that fills the text, but for white space.
    ///
    /// - Returns: nil for what is no JSON, no UTF-8, or nested too deeply.
    init?(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var parser = Parser(bytes: bytes)
        guard let value = parser.value(depth: 0), parser.isAtEnd else { return nil }
        self = value
    }

    /// An object's members, nil for anything else.
    var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// The first member of that name.
    func member(_ name: String) -> OrderedJSON? { members?.first { $0.name == name }?.value }

    /// What a log holds as text: strings as they are, numbers and truth values as they stand; nil for anything else.
    var text: String? {
        switch self {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}

/// Reads JSON from checked UTF-8.
private struct Parser {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == bytes.count
        }
    }

    mutating func value(depth: Int) -> OrderedJSON? {
        skipSpace()
        guard position < bytes.count, depth <= OrderedJSON.depthLimit else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return take("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> OrderedJSON? {
        var members: [OrderedJSON.Member] = []
        position += 1
        if taken("}") { return .object([]) }
        repeat {
            skipSpace()
            guard let name = string(), taken(":"), let value = value(depth: depth + 1) else { return nil }
            members.append(OrderedJSON.Member(name: name, value: value))
        } while taken(",")
        return taken("}") ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> OrderedJSON? {
        var values: [OrderedJSON] = []
        position += 1
        if taken("]") { return .array([]) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
        } while taken(",")
        return taken("]") ? .array(values) : nil
    }

    private mutating func number() -> OrderedJSON? {
        let start = position
        while position < bytes.count, isNumberByte(bytes[position]) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let isJSON =
            digits.first?.isNumber == true && (digits.first != "0" || digits.dropFirst().first?.isNumber != true)
            && digits.last?.isNumber == true && Double(text) != nil
        return isJSON ? .number(text) : nil
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func string() -> String? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                text += Array(String(scalar).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return escapedUnicode()
        default: return nil
        }
    }

    private mutating func escapedUnicode() -> Unicode.Scalar? {
        guard let high = hex4() else { return nil }
        guard (0xD800...0xDBFF).contains(high) else { return Unicode.Scalar(high) }
        guard take("\\u"), let low = hex4(), (0xDC00...0xDFFF).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func hex4() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
        position += 4
        return digits.allSatisfy(\.isHexDigit) ? UInt32(digits, radix: 16) : nil
    }

    private mutating func taken(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func take(_ word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }
}
