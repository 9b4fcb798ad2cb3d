/// Reads one document as a tree.
///
/// Plain configuration only: a second document, aliases, anchors, tags and keys that are not texts are refused with
/// their place, as are duplicate keys.
public struct YAMLDocument {
    /// How large a document may be.
    public struct Limits: Sendable {
        /// Bytes of text. 1 MiB.
        public var byteCount = 1 << 20
        /// Mappings and sequences inside each other. 32.
        public var depth = 32
        /// Scalars, sequences and mappings together. 100,000.
        public var nodeCount = 100_000

        /// All defaults.
        public init() {}
    }

    private var parser: EventParser
    private let limits: Limits
    private var nodeCount = 0

    /// Reads the whole text.
    ///
    /// - Parameter bytes: UTF-8 (or UTF-16 with a byte order mark). An empty text is a document that holds nothing.
    /// - Throws: At the first thing that is wrong.
    public static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> YAMLNode {
        guard bytes.count <= limits.byteCount else {
            throw YAMLError(
                line: 1, column: 1, message: "the text has \(bytes.count) bytes; the limit is \(limits.byteCount)")
        }
        var document = YAMLDocument(parser: try EventParser(bytes), limits: limits)
        return try document.root()
    }

    private init(parser: EventParser, limits: Limits) {
        self.parser = parser
        self.limits = limits
    }

    private mutating func root() throws(YAMLError) -> YAMLNode {
        let first = try parser.next()
        if first.kind == .streamEnd {
            return YAMLNode(content: .scalar("", isPlain: true), line: 1, column: 1, path: "")
        }
        let node = try node(try parser.next(), path: "", depth: 0)
        // The end of the document, then that of the stream.
        _ = try parser.next()
        let last = try parser.next()
        guard last.kind == .streamEnd else { throw last.error("expected the end: one document, not several") }
        return node
    }

    private mutating func node(_ event: EventParser.Event, path: String, depth: Int) throws(YAMLError) -> YAMLNode {
        nodeCount += 1
        guard nodeCount <= limits.nodeCount else { throw event.error("more than \(limits.nodeCount) nodes", at: path) }
        let isCollection = event.kind == .sequenceStart || event.kind == .mappingStart
        guard depth < limits.depth || !isCollection else {
            throw event.error("more than \(limits.depth) levels", at: path)
        }
        if let oddity = event.oddity { throw event.error(oddity, at: path) }
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let text, let isPlain): content = .scalar(text, isPlain: isPlain)
        case .sequenceStart: content = .sequence(try items(path: path, depth: depth + 1))
        case .mappingStart: content = .mapping(try pairs(path: path, depth: depth + 1))
        default: throw event.error("expected a value", at: path)
        }
        return YAMLNode(content: content, line: event.line, column: event.column, path: path)
    }

    private mutating func items(path: String, depth: Int) throws(YAMLError) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try parser.next()
            if event.kind == .end { return items }
            items.append(try node(event, path: "\(path)[\(items.count)]", depth: depth))
        }
    }

    private mutating func pairs(path: String, depth: Int) throws(YAMLError) -> [YAMLNode.Pair] {
        var pairs: [YAMLNode.Pair] = []
        var keys: Set<String> = []
        while true {
            let event = try parser.next()
            if event.kind == .end { return pairs }
            if let oddity = event.oddity { throw event.error(oddity, at: path) }
            guard case .scalar(let key, _) = event.kind else { throw event.error("expected a text as key", at: path) }
            guard keys.insert(key).inserted else { throw event.error("the key \"\(key)\" stands twice", at: path) }
            let value = try node(try parser.next(), path: path.isEmpty ? key : "\(path).\(key)", depth: depth)
            pairs.append(YAMLNode.Pair(key: key, line: event.line, column: event.column, value: value))
        }
    }
}
