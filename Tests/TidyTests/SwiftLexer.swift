/// Blanks what is not code: comments, and the insides of string literals. Line ends stay where they are.
enum SwiftLexer {
    private enum State: Equatable {
        case code
        case lineComment
        case blockComment(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
    }

    static func code(of text: String) -> String {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var state = State.code
        var index = 0
        while index < bytes.count {
            let (next, consumed, kept) = step(state, bytes[index...])
            for byte in bytes[index..<(index + consumed)] {
                output.append(byte == newline || kept ? byte : UInt8(ascii: " "))
            }
            state = next
            index += consumed
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static let newline = UInt8(ascii: "\n")

    /// What comes after the bytes at hand, how many of them belong together, and whether they are code.
    private static func step(_ state: State, _ rest: ArraySlice<UInt8>) -> (State, consumed: Int, kept: Bool) {
        switch state {
        case .code: return inCode(rest)
        case .lineComment: return (rest.first == newline ? .code : .lineComment, 1, false)
        case .blockComment(let depth):
            if starts(rest, "/*") { return (.blockComment(depth: depth + 1), 2, false) }
            if starts(rest, "*/") { return (depth == 1 ? .code : .blockComment(depth: depth - 1), 2, false) }
            return (state, 1, false)
        case .string(let hashes, let isMultiline):
            let fence = String(repeating: "#", count: hashes)
            let end = (isMultiline ? "\"\"\"" : "\"") + fence
            if starts(rest, end) { return (.code, end.utf8.count, true) }
            if starts(rest, "\\" + fence), rest.count > hashes + 1 { return (state, hashes + 2, false) }
            // A literal that the line ends is not valid; going on would blank the rest of the file.
            return (rest.first == newline && !isMultiline ? .code : state, 1, false)
        }
    }

    private static func inCode(_ rest: ArraySlice<UInt8>) -> (State, consumed: Int, kept: Bool) {
        if starts(rest, "//") { return (.lineComment, 2, false) }
        if starts(rest, "/*") { return (.blockComment(depth: 1), 2, false) }
        let hashes = rest.prefix { $0 == UInt8(ascii: "#") }.count
        let quoted = rest.dropFirst(hashes)
        if starts(quoted, "\"\"\"") { return (.string(hashes: hashes, isMultiline: true), hashes + 3, true) }
        if starts(quoted, "\"") { return (.string(hashes: hashes, isMultiline: false), hashes + 1, true) }
        return (.code, 1, true)
    }

    private static func starts(_ rest: ArraySlice<UInt8>, _ text: String) -> Bool { rest.starts(with: text.utf8) }
}
