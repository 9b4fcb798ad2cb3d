/// Which requests an API call answers: a method, one or more paths, and parameters that decide where several calls share
/// a path.
struct Route: Sendable {
    /// The verbs of the API.
    enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
        case head = "HEAD"
    }

    /// One way to spell the call.
    struct Path: Sendable {
        /// A literal is matched exactly; a placeholder takes any one segment; a rest takes what remains, if anything.
        enum Segment: Equatable, Sendable {
            case literal(String)
            case placeholder(String)
            case rest
        }

        let segments: [Segment]

        /// - Parameter pattern: Such as `/logstores/{logstore}/shards`; `/**` at the end takes whatever follows.
        init(_ pattern: String) {
            segments = pattern.split(separator: "/").map { part in
                if part == "**" { return .rest }
                guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
                return .placeholder(String(part.dropFirst().dropLast()))
            }
        }

        /// More literals win where two paths match: `/shards/lb` before `/shards/{shard}`.
        var literalCount: Int {
            segments.count {
                if case .literal = $0 { true } else { false }
            }
        }

        /// What the placeholders stand for, nil when the path does not match.
        func match(_ path: [String]) -> [String: String]? {
            if segments.last == .rest {
                guard path.count >= segments.count - 1 else { return nil }
            } else {
                guard path.count == segments.count else { return nil }
            }
            var values: [String: String] = [:]
            for (segment, text) in zip(segments, path) {
                switch segment {
                case .literal(let literal): if literal != text { return nil }
                case .placeholder(let name): values[name] = text
                case .rest: return values
                }
            }
            return values
        }
    }

    let method: Method
    let paths: [Path]
    /// Parameters that must have one of these values; `*` stands for any.
    let query: [String: [String]]

    /// - Parameters:
    ///   - paths: One or more patterns for the same call.
    ///   - query: Values that parameters must have; `log|logs` means either, `*` any.
    init(_ method: Method, _ paths: String..., query: [String: String] = [:]) {
        self.method = method
        self.paths = paths.map { Path($0) }
        self.query = query.mapValues { $0.split(separator: "|").map { String($0) } }
    }

    /// Whether the parameters that decide have the values this route wants.
    func accepts(_ target: RequestTarget) -> Bool {
        query.allSatisfy { name, values in
            target.value(name).map { values.contains($0) || values == ["*"] } ?? false
        }
    }
}
