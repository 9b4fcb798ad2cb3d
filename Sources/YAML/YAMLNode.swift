/// One node of a document, and where it stands.
public struct YAMLNode: Sendable {
    /// What a node is.
    public enum Content: Sendable {
        /// A text. `isPlain`: written without quotes, so that `12`, `true` and nothing at all mean what they look like.
        case scalar(String, isPlain: Bool)
        /// Items in the document's order.
        case sequence([YAMLNode])
        /// Pairs in the document's order; no key stands twice.
        case mapping([Pair])
    }

    /// A key and its value.
    public struct Pair: Sendable {
        /// The key's text.
        public let key: String
        /// The line of the key, from 1.
        public let line: Int
        /// The column of the key, from 1.
        public let column: Int
        /// What stands behind it.
        public let value: YAMLNode
    }

    /// What the node is.
    public let content: Content
    /// The line it begins on, from 1.
    public let line: Int
    /// The column it begins in, from 1.
    public let column: Int
    /// The keys from the root to here, such as `limits.shards[2]`; empty at the root.
    public let path: String

    /// An error about this node.
    public func error(_ message: String) -> YAMLError {
        YAMLError(line: line, column: column, path: path, message: message)
    }
}

/// Typed access: each call says what it expects, and its error says what was there.
extension YAMLNode {
    /// Whether there is nothing here: an empty value, `~` or `null`.
    public var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// A text that is not empty.
    public func string() throws(YAMLError) -> String {
        guard case .scalar(let text, _) = content, !isNull, !text.isEmpty else { throw mismatch("a text") }
        return text
    }

    /// A whole number, in decimal digits, within the range.
    public func integer(in range: ClosedRange<Int>) throws(YAMLError) -> Int {
        guard case .scalar(let text, isPlain: true) = content, let number = Int(text), range.contains(number) else {
            throw mismatch("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number, within the range.
    public func number(in range: ClosedRange<Double>) throws(YAMLError) -> Double {
        guard case .scalar(let text, isPlain: true) = content, let number = Double(text), range.contains(number) else {
            throw mismatch("a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true` or `false`.
    public func boolean() throws(YAMLError) -> Bool {
        switch content {
        case .scalar("true", isPlain: true): return true
        case .scalar("false", isPlain: true): return false
        default: throw mismatch("true or false")
        }
    }

    /// One of the given words.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type = Choice.self
    ) throws(YAMLError) -> Choice where Choice.RawValue == String {
        let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        guard case .scalar(let text, _) = content, let choice = Choice(rawValue: text) else {
            throw mismatch("one of \(words)")
        }
        return choice
    }

    /// The items of a sequence.
    public func items() throws(YAMLError) -> [YAMLNode] {
        guard case .sequence(let items) = content else { throw mismatch("a sequence") }
        return items
    }

    /// The pairs of a mapping; nothing at all counts as an empty one.
    public func pairs() throws(YAMLError) -> [Pair] {
        if isNull { return [] }
        guard case .mapping(let pairs) = content else { throw mismatch("a mapping") }
        return pairs
    }

    /// The value of a key of this mapping; nil if the key is missing or has nothing behind it.
    public func value(_ key: String) throws(YAMLError) -> YAMLNode? {
        guard let value = try pairs().first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    /// The value of a key that this mapping must have.
    public func requiredValue(_ key: String) throws(YAMLError) -> YAMLNode {
        guard let value = try value(key) else { throw error("the key \"\(key)\" is missing") }
        return value
    }

    /// An error for each key of this mapping that is not among `known`, in the document's order.
    public func unknownKeys(known: [String]) throws(YAMLError) -> [YAMLError] {
        try pairs().filter { !known.contains($0.key) }.map { pair in
            let list = known.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            return YAMLError(
                line: pair.line, column: pair.column, path: path,
                message: "unknown key \"\(pair.key)\"; known here: \(list)")
        }
    }

    private func mismatch(_ expected: String) -> YAMLError { error("expected \(expected), found \(summary)") }

    private var summary: String {
        switch content {
        case .scalar where isNull: return "nothing"
        case .scalar(let text, _):
            let shown = text.count > 60 ? text.prefix(60) + "…" : text[...]
            return "\"\(shown)\""
        case .sequence: return "a sequence"
        case .mapping: return "a mapping"
        }
    }
}
