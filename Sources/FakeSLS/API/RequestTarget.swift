/// The target of a request line, taken apart: where it is meant to go, the path and the query.
struct RequestTarget: Sendable {
    /// One parameter of the query, decoded; the value is nil where it had no `=`.
    struct Parameter: Equatable, Sendable {
        let name: String
        let value: String?
    }

    /// `host[:port]` of an absolute-form target (a request sent through us as a proxy), nil for a plain path.
    let authority: String?
    /// The path as sent, at least `/`.
    let path: String
    /// The path's segments, percent-decoded; none for `/`, and none for a slash at the end.
    let segments: [String]
    /// Whether a path that is more than `/` ends in a slash.
    let hasTrailingSlash: Bool
    /// The parameters as they came. `+` counts as a space, which the Go SDK writes.
    let query: [Parameter]

    init(_ text: String) {
        var rest = Substring(text)
        if let scheme = rest.range(ofScheme: ["http://", "https://"]) {
            rest = rest[scheme.upperBound...]
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            authority = String(rest[..<end])
            rest = rest[end...]
        } else {
            authority = nil
        }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = rest[..<(mark ?? rest.endIndex)]
        self.path = path.isEmpty ? "/" : String(path)
        query = mark.map { Self.parameters(rest[rest.utf8.index(after: $0)...]) } ?? []
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[...]
        if parts.first?.isEmpty == true { parts = parts.dropFirst() }
        hasTrailingSlash = parts.count > 1 && parts.last?.isEmpty == true
        if parts.last?.isEmpty == true { parts = parts.dropLast() }
        segments = parts.map { Self.percentDecoded($0, plusIsSpace: false) }
    }

    /// The first value of a parameter; nil when it is absent, "" when it has no value.
    func value(_ name: String) -> String? { query.first { $0.name == name }.map { $0.value ?? "" } }

    /// The whole path percent-decoded: what the Python SDK signs.
    var decodedPath: String { Self.percentDecoded(path.utf8[...], plusIsSpace: false) }

    private static func parameters(_ text: Substring) -> [Parameter] {
        text.utf8.split(separator: UInt8(ascii: "&")).map { pair in
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else {
                return Parameter(name: percentDecoded(pair, plusIsSpace: true), value: nil)
            }
            return Parameter(
                name: percentDecoded(pair[..<equals], plusIsSpace: true),
                value: percentDecoded(pair[pair.index(after: equals)...], plusIsSpace: true))
        }
    }

    /// Decodes `%XX`; a `%` without two hexadecimal digits stays as it is, bytes that are not UTF-8 are repaired.
    private static func percentDecoded(_ text: Substring.UTF8View, plusIsSpace: Bool) -> String {
        let needsDecoding = text.contains { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }
        guard needsDecoding else { return String(Substring(text)) }
        let source = Array(text)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.count)
        var position = 0
        while position < source.count {
            let byte = source[position]
            if byte == UInt8(ascii: "%"), position + 2 < source.count,
                let high = hexDigit(source[position + 1]), let low = hexDigit(source[position + 2])
            {
                bytes.append(high << 4 | low)
                position += 3
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                position += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Substring {
    /// Where one of these prefixes stands, in any case.
    fileprivate func range(ofScheme schemes: [String]) -> Range<Index>? {
        for scheme in schemes {
            let head = prefix(scheme.count)
            if head.lowercased() == scheme { return head.startIndex..<head.endIndex }
        }
        return nil
    }
}
