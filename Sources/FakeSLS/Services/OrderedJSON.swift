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
        var reader = JSONReader(bytes, depthLimit: Self.depthLimit)
        guard let value = reader.value(), reader.isAtEnd else { return nil }
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
