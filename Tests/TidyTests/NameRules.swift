extension Rule {
    private static let typeDeclaration =
        #"^\s*(?:@\w+(?:\([^)]*\))?\s+|(?:public|package|internal|private|fileprivate|final|indirect)\s+)*(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)"#

    static let nameRules: [Rule] = [
        Rule(
            "no type is called Manager, Helper, Util, Common, Base, Info or Impl",
            bad: ("Sources/System/A.swift", "public final class ShardManager {}\n"),
            good: ("Sources/System/A.swift", "enum Base64 {}\nstruct Informant {}\n"),
            check: { file in
                let forbidden: Set<String> = [
                    "Manager", "Helper", "Helpers", "Util", "Utils", "Utilities", "Common", "Base", "Info", "Impl",
                ]
                guard file.target != nil else { return [] }
                return file.code.indices.compactMap { index in
                    guard let name = captures(file.code[index], typeDeclaration)?[1] else { return nil }
                    guard let word = words(of: name).first(where: forbidden.contains) else { return nil }
                    return file.finding(index, "\"\(word)\" in \(name) says nothing: name what it does")
                }
            }),
        Rule(
            "a file is named after its main type",
            bad: (
                "Sources/System/Other.swift",
                "struct Lock {\n" + String(repeating: "    let a = 1\n", count: 60) + "}\n"
            ),
            good: ("Sources/System/Lock+Names.swift", "extension Lock {\n    var name: String { \"\" }\n}\n"),
            check: { file in
                guard file.target != nil, file.mainName != "main" else { return [] }
                let types = file.topLevelTypes
                // A family of small values may share a file named after the family.
                if types.allSatisfy({ $0.lineCount <= 60 })
                    || types.contains(where: { file.mainName.contains($0.name) })
                {
                    return []
                }
                return [file.finding(0, "no type \(file.mainName) in here, but \(types.map(\.name))")]
            }),
        Rule(
            "a file holds one main type",
            bad: (
                "Sources/System/Lock.swift",
                "struct Lock {}\nstruct Door {\n" + String(repeating: "    let a = 1\n", count: 80) + "}\n"
            ),
            good: ("Sources/System/Lock.swift", "struct Lock {}\nprivate struct Key {\n    let a = 1\n}\n"),
            check: { file in
                guard file.target != nil, file.mainName != "main" else { return [] }
                return file.topLevelTypes.filter { $0.name != file.mainName && $0.lineCount > 80 }.map {
                    file.finding($0.line, "\($0.name) has \($0.lineCount) lines: big enough for a file of its own")
                }
            }),
        Rule.pattern(
            "the service says Logstore, not LogStore",
            #"\bLogStore\w*|\w+LogStore\b"#, bad: ("Sources/System/A.swift", "struct LogStoreName {}\n"),
            good: (
                "Sources/System/A.swift",
                "struct LogstoreName {}\n// LogStoreNotExist\nlet code = \"LogStoreNotExist\"\n"
            )),
    ]

    /// `HTTPServer` -> `HTTP`, `Server`; digits belong to the word before.
    private static func words(of name: String) -> [String] {
        let letters = Array(name)
        var words: [String] = []
        for (index, letter) in letters.enumerated() {
            let startsWord =
                index == 0 || letter == "_"
                || letter.isUppercase
                    && (!letters[index - 1].isUppercase || index + 1 < letters.count && letters[index + 1].isLowercase)
            if startsWord { words.append("") }
            if letter != "_" { words[words.count - 1].append(letter) }
        }
        return words
    }
}

extension SourceFile {
    /// Types declared or extended at the left margin that are not private.
    var topLevelTypes: [(name: String, line: Int, lineCount: Int)] {
        let pattern =
            #"^(?:@\w+(?:\([^)]*\))?\s+|(?:public|package|internal|final|indirect)\s+)*(?:struct|class|enum|actor|protocol|extension)\s+(\w+)"#
        return code.enumerated().compactMap { index, line in
            guard let name = Rule.captures(line, pattern)?[1] else { return nil }
            return (name, index, (endOfBody(from: index) ?? index) - index + 1)
        }
    }
}
