internal import FoundationEssentials

/// A JSON object whose members keep the bytes and the order they came in: what is stored for others is given back as it
/// was, numbers and unknown members included.
struct JSONObject: Equatable {
    /// Each name decoded, each value as JSON text.
    private(set) var members: [(name: String, value: [UInt8])] = []

    /// An object without members.
    init() {}

    /// nil for anything but a JSON object in UTF-8.
    init?(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil,
            // Whatever is wrong with it, it is no object; after this the scan below can rely on its form.
            (try? JSONDecoder().decode(Shape.self, from: Data(bytes))) != nil
        else { return nil }
        var scan = Scan(bytes: bytes)
        while let (name, value) = scan.nextMember() {
            guard let name = JSONObject.text(name) else { return nil }
            set(name, value)
        }
    }

    /// A member's value as JSON text; nil where there is none of that name.
    subscript(name: String) -> [UInt8]? { members.first { $0.name == name }?.value }

    /// A member that is a text; nil where there is none, or it is no text.
    func text(_ name: String) -> String? { self[name].flatMap { JSONObject.text($0) } }

    /// A member within members, such as `configuration`, `logstore`.
    func text(at path: [String]) -> String? {
        guard let first = path.first else { return nil }
        guard path.count > 1 else { return text(first) }
        return self[first].flatMap { JSONObject($0) }?.text(at: Array(path.dropFirst()))
    }

    /// Puts a member in place of the one of that name, else at the end.
    mutating func set(_ name: String, _ value: [UInt8]) {
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append((name, value))
        }
    }

    /// Puts a text in place.
    mutating func set(_ name: String, _ text: String) { set(name, JSONObject.quoted(text)) }

    /// Puts a whole number in place.
    mutating func set(_ name: String, _ number: Int) { set(name, Array("\(number)".utf8)) }

    /// The object as JSON text.
    var bytes: [UInt8] {
        var text = Array("{".utf8)
        for (index, member) in members.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text += JSONObject.quoted(member.name) + Array(":".utf8) + member.value
        }
        return text + Array("}".utf8)
    }

    static func == (left: JSONObject, right: JSONObject) -> Bool { left.bytes == right.bytes }

    /// A text as JSON.
    static func quoted(_ text: String) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A Swift text always makes JSON.
        return (try? encoder.encode(text)).map { Array($0) } ?? Array("\"\"".utf8)
    }

    private static func text(_ json: [UInt8]) -> String? {
        // What is no text has none.
        try? JSONDecoder().decode(String.self, from: Data(json))
    }

    /// Any JSON object.
    private struct Shape: Decodable {
        private enum Key: CodingKey {}
        init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: Key.self) }
    }
}

/// Walks over the members of a JSON object that is known to be one.
private struct Scan {
    let bytes: [UInt8]
    var position: Int

    init(bytes: [UInt8]) {
        self.bytes = bytes
        position = bytes.firstIndex(of: UInt8(ascii: "{")).map { $0 + 1 } ?? bytes.count
    }

    /// The next member's name and value as JSON text; nil behind the last.
    mutating func nextMember() -> (name: [UInt8], value: [UInt8])? {
        let name = piece(until: [UInt8(ascii: ":")])
        guard !name.isEmpty else { return nil }
        return (name, piece(until: [UInt8(ascii: ","), UInt8(ascii: "}")]))
    }

    /// What stands before one of these marks outside of texts and brackets, without blanks; the mark is passed.
    private mutating func piece(until marks: [UInt8]) -> [UInt8] {
        let start = position
        var (depth, isInText, isEscaped) = (0, false, false)
        while position < bytes.count {
            let byte = bytes[position]
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
            } else if depth == 0, marks.contains(byte) {
                break
            } else {
                isInText = byte == UInt8(ascii: "\"")
                if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
                if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
                if depth < 0 { break }
            }
            position += 1
        }
        let piece = bytes[start..<position]
        position += 1
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        return Array(Array(piece.drop(while: isBlank)).reversed().drop(while: isBlank).reversed())
    }
}
