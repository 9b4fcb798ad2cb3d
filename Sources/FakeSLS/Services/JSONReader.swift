/// Reads JSON from checked UTF-8. Whatever the bytes are, nothing is read beyond them.
struct JSONReader {
    private let bytes: [UInt8]
    private let depthLimit: Int
    private var position = 0

    /// - Parameter depthLimit: How deep arrays and objects inside each other are followed.
    init(_ bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == bytes.count
        }
    }

    /// The next value; nil where there is none, or one that is nested too deeply.
    mutating func value(depth: Int = 0) -> OrderedJSON? {
        skipSpace()
        guard position < bytes.count, depth <= depthLimit else { return nil }
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

    /// The next value's members, each name decoded, each value as it stands; nil where it is no object.
    mutating func rawMembers() -> [(name: String, value: [UInt8])]? {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return nil }
        return members(depth: 0) { reader, depth in
            reader.skipSpace()
            let start = reader.position
            return reader.value(depth: depth).map { _ in Array(reader.bytes[start..<reader.position]) }
        }
    }

    /// The next value as a text; nil where it is none.
    mutating func text() -> String? {
        skipSpace()
        return string()
    }

    private mutating func object(depth: Int) -> OrderedJSON? {
        members(depth: depth) { reader, depth in reader.value(depth: depth) }
            .map { .object($0.map { OrderedJSON.Member(name: $0.name, value: $0.value) }) }
    }

    /// The members of the object that begins here.
    private mutating func members<Value>(
        depth: Int, _ value: (inout JSONReader, Int) -> Value?
    ) -> [(name: String, value: Value)]? {
        var members: [(name: String, value: Value)] = []
        position += 1
        if taken("}") { return [] }
        repeat {
            guard let name = text(), taken(":"), let value = value(&self, depth + 1) else { return nil }
            members.append((name, value))
        } while taken(",")
        return taken("}") ? members : nil
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
        takeOne(of: "-")
        // One zero, or digits that begin with another.
        if !takeOne(of: "0") { guard takeDigits() else { return nil } }
        if takeOne(of: ".") { guard takeDigits() else { return nil } }
        if takeOne(of: "eE") {
            takeOne(of: "+-")
            guard takeDigits() else { return nil }
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    /// - Returns: Whether there was at least one.
    private mutating func takeDigits() -> Bool {
        let start = position
        while takeOne(of: "0123456789") {}
        return position > start
    }

    @discardableResult private mutating func takeOne(of characters: String) -> Bool {
        guard position < bytes.count else { return false }
        let isWanted = characters.utf8.contains(bytes[position])
        position += isWanted ? 1 : 0
        return isWanted
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
