internal import FoundationEssentials
internal import SLSProtocol

/// A JSON object whose members keep the bytes and the order they came in: what is stored for others is given back as it
/// was, numbers and unknown members included.
struct JSONObject: Equatable {
    /// Each name decoded, each value as JSON text.
    private(set) var members: [(name: String, value: [UInt8])] = []

    /// An object without members.
    init() {}

    /// nil for anything but a JSON object in UTF-8.
    init?(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = JSONReader(bytes, depthLimit: JSONInput.depthLimit)
        guard let found = reader.rawMembers(), reader.isAtEnd else { return nil }
        set(found)
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

    /// Puts all members of another in place.
    mutating func set(_ other: JSONObject) { set(other.members) }

    /// They are found at once, by their bytes: an object may have a million members.
    private mutating func set(_ found: [(name: String, value: [UInt8])]) {
        var places: [[UInt8]: Int] = [:]
        for (place, member) in members.enumerated() { places[Array(member.name.utf8)] = place }
        for member in found {
            if let place = places[Array(member.name.utf8)] {
                members[place].value = member.value
            } else {
                places[Array(member.name.utf8)] = members.count
                members.append(member)
            }
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
        var reader = JSONReader(json, depthLimit: 0)
        return reader.text()
    }
}
