/// The name of a project: 3 to 63 characters of `a-z`, `0-9`, `-`, the first and last a letter or digit.
///
/// Source: API page "CreateProject".
public struct ProjectName: Hashable, Sendable {
    /// The name as text.
    public let value: String

    /// - Throws: `ParameterInvalid` when the name breaks the rule above. Not retriable.
    public init(_ value: String) throws(APIError) {
        guard NameRule.project.accepts(value) else {
            throw .parameterInvalid("project name \"\(value.prefix(80))\" is invalid: 3 to 63 of a-z, 0-9, -")
        }
        self.value = value
    }
}

/// The name of a logstore: 2 to 63 characters of `a-z`, `0-9`, `-`, `_`, the first and last a letter or digit.
///
/// Source: API page "CreateLogstore".
public struct LogstoreName: Hashable, Sendable {
    /// The name as text.
    public let value: String

    /// - Throws: `LogStoreInfoInvalid` when the name breaks the rule above. Not retriable.
    public init(_ value: String) throws(APIError) {
        guard NameRule.logstore.accepts(value) else {
            throw APIError(
                .logStoreInfoInvalid, "logstore name \"\(value.prefix(80))\" is invalid: 2 to 63 of a-z, 0-9, -, _")
        }
        self.value = value
    }
}

/// The name of a consumer group: 1 to 128 characters, none of them `/` or a control character.
///
/// The service publishes no pattern; assumed, see `docs/compatibility.md`.
public struct ConsumerGroupName: Hashable, Sendable {
    /// The name as text.
    public let value: String

    /// - Throws: `JsonInfoInvalid` when the name is empty, too long or could not be a path segment. Not retriable.
    public init(_ value: String) throws(APIError) {
        guard NameRule.isPathSegment(value, upTo: 128) else {
            throw APIError(
                .jsonInfoInvalid, "consumer group name \"\(value.prefix(80))\" is invalid: 1 to 128 characters, no /")
        }
        self.value = value
    }
}

/// The name under which one process is a member of a consumer group: 1 to 256 characters.
public struct ConsumerName: Hashable, Sendable {
    /// The name as text.
    public let value: String

    /// - Throws: `ParameterInvalid` when the name is empty or longer than 256 characters. Not retriable.
    public init(_ value: String) throws(APIError) {
        guard !value.isEmpty, value.unicodeScalars.count <= 256 else {
            throw .parameterInvalid("consumer name is empty or longer than 256 characters")
        }
        self.value = value
    }
}

extension ProjectName: Comparable, CustomStringConvertible {
    /// Names compare as text.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    /// The bare name.
    public var description: String { value }
}

extension LogstoreName: Comparable, CustomStringConvertible {
    /// Names compare as text.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    /// The bare name.
    public var description: String { value }
}

extension ConsumerGroupName: Comparable, CustomStringConvertible {
    /// Names compare as text.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    /// The bare name.
    public var description: String { value }
}

extension ConsumerName: Comparable, CustomStringConvertible {
    /// Names compare as text.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    /// The bare name.
    public var description: String { value }
}

/// Which characters a name may hold and how many.
private struct NameRule {
    static let project = NameRule(length: 3...63, allowsUnderscore: false)
    static let logstore = NameRule(length: 2...63, allowsUnderscore: true)

    let length: ClosedRange<Int>
    let allowsUnderscore: Bool

    func accepts(_ name: String) -> Bool {
        let bytes = name.utf8
        guard length.contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        guard Self.isAlphanumeric(first), Self.isAlphanumeric(last) else { return false }
        return bytes.allSatisfy { byte in
            Self.isAlphanumeric(byte) || byte == UInt8(ascii: "-") || (allowsUnderscore && byte == UInt8(ascii: "_"))
        }
    }

    static func isPathSegment(_ name: String, upTo limit: Int) -> Bool {
        let scalars = name.unicodeScalars
        return !scalars.isEmpty && scalars.count <= limit
            && scalars.allSatisfy { $0 != "/" && $0.properties.generalCategory != .control }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
