/// One text of the repository, and the views of it that the rules need.
struct SourceFile: Sendable {
    /// From the repository's root, such as `Sources/System/Lock.swift`.
    let path: String
    /// The text as it stands, line by line.
    let lines: [String]
    /// The same lines with comments and the insides of string literals blanked: what the compiler acts on.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = SwiftLexer.code(of: text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// `Core` in `Sources/FakeSLS/Core/ShardMap.swift` and the like.
    var components: [String] { path.split(separator: "/").map(String.init) }
    /// The target's name, for files in `Sources/`.
    var target: String? { components.count > 2 && components[0] == "Sources" ? components[1] : nil }
    /// `Lock` of `Lock.swift`, `HTTPClient` of `HTTPClient+Configuration.swift`.
    var mainName: String {
        let name = components.last ?? ""
        return String(name.prefix { $0 != "." && $0 != "+" })
    }
    var isInCore: Bool { target != nil && components.dropFirst(2).dropLast().contains("Core") }

    /// A finding on a line, counted from 0.
    func finding(_ index: Int, _ message: String) -> Finding {
        Finding(place: "\(path):\(index + 1)", message: message)
    }

    /// The comments on the line itself and on the unbroken run of comment lines above it, attributes in between skipped.
    func comments(at index: Int) -> String {
        var found = lines[index].range(of: "//").map { String(lines[index][$0.lowerBound...]) } ?? ""
        for line in lines[..<index].reversed() {
            let text = line.trimmed
            guard text.hasPrefix("//") || text.hasPrefix("@") else { break }
            found = text + "\n" + found
        }
        return found
    }
}

/// A broken rule: where, and what to do.
struct Finding: Sendable, CustomStringConvertible {
    let place: String
    let message: String
    var description: String { "\(place): \(message)" }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        let front = drop(while: \.isWhitespace)
        return String(front.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// The first place where `text` stands.
    func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
