import CYAML

/// libyaml's parser, as a source of events that hold no pointer.
@safe final class EventParser {
    /// One event and where it begins.
    struct Event {
        enum Kind: Equatable {
            case documentStart
            case scalar(String, isPlain: Bool)
            case sequenceStart
            case mappingStart
            /// The end of a sequence, a mapping or a document.
            case end
            case streamEnd
        }
        let kind: Kind
        let line: Int
        let column: Int
        /// Why a document of ours may not hold this: an alias, an anchor or a tag; else nil.
        let oddity: String?

        func error(_ message: String, at path: String = "") -> YAMLError {
            YAMLError(line: line, column: column, path: path, message: message)
        }
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// The text; libyaml reads from it until the parser is deleted.
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Copies the text and reads up to the first document.
    init(_ bytes: [UInt8]) throws(YAMLError) {
        unsafe parser = .allocate(capacity: 1)
        unsafe input = .allocate(capacity: bytes.count)
        _ = unsafe input.initialize(from: bytes)
        // Fails only without memory.
        let made = unsafe yaml_parser_initialize(parser)
        precondition(made == 1, "yaml_parser_initialize: out of memory")
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        _ = try next()
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event. Not called again after `.streamEnd` or an error.
    func next() throws(YAMLError) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        // The event's texts are libyaml's until here; they are copied before.
        defer { unsafe yaml_event_delete(&event) }
        let (kind, oddity) = unsafe describe(event)
        return unsafe Event(
            kind: kind, line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1, oddity: oddity)
    }

    private func describe(_ event: yaml_event_t) -> (Event.Kind, oddity: String?) {
        switch unsafe event.type {
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let text = unsafe String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return (
                .scalar(text, isPlain: isPlain),
                unsafe oddity(hasAnchor: scalar.anchor != nil, hasTag: scalar.tag != nil)
            )
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return (.sequenceStart, unsafe oddity(hasAnchor: start.anchor != nil, hasTag: start.tag != nil))
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return (.mappingStart, unsafe oddity(hasAnchor: start.anchor != nil, hasTag: start.tag != nil))
        case YAML_ALIAS_EVENT: return (.scalar("", isPlain: true), "aliases are not supported")
        case YAML_STREAM_END_EVENT: return (.streamEnd, nil)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_DOCUMENT_END_EVENT: return (.end, nil)
        default: return (.documentStart, nil)
        }
    }

    private func oddity(hasAnchor: Bool, hasTag: Bool) -> String? {
        if hasAnchor { return "anchors are not supported" }
        return hasTag ? "tags are not supported" : nil
    }

    private func failure() -> YAMLError {
        let state = unsafe parser.pointee
        // `problem` is a constant of libyaml's, nil when memory ran out.
        let problem = unsafe state.problem.map { unsafe String(cString: $0) } ?? "out of memory"
        guard unsafe state.error == YAML_SCANNER_ERROR || state.error == YAML_PARSER_ERROR else {
            // A reader error (bytes that are no text) knows only an offset, and the mark of what was read before.
            return unsafe YAMLError(
                line: Int(state.mark.line) + 1, column: Int(state.mark.column) + 1,
                message: "\(problem) (byte \(state.problem_offset))")
        }
        return unsafe YAMLError(
            line: Int(state.problem_mark.line) + 1, column: Int(state.problem_mark.column) + 1, message: problem)
    }
}
