extension Rule {
    static let sizeRules: [Rule] = [
        Rule(
            "a file has at most 500 lines",
            bad: ("Sources/System/A.swift", String(repeating: "let a = 1\n", count: 501)),
            good: ("Sources/System/A.swift", String(repeating: "let a = 1\n", count: 500)),
            check: { file in
                // The text's last line end is followed by one empty piece.
                let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
                return count <= 500 ? [] : [file.finding(500, "\(count) lines; the limit is 500")]
            }),
        Rule(
            "a function has at most 70 lines",
            bad: ("Sources/System/A.swift", "func long() {\n" + String(repeating: "    call()\n", count: 69) + "}\n"),
            good: ("Sources/System/A.swift", "func fits() {\n" + String(repeating: "    call()\n", count: 68) + "}\n"),
            check: { file in
                file.functions.filter { $0.count > 70 }.map { lines in
                    file.finding(lines.lowerBound, "a function of \(lines.count) lines; the limit is 70")
                }
            }),
        Rule(
            "a file of a program's target has at most 150 lines",
            bad: ("Sources/fake-sls/A.swift", String(repeating: "let a = 1\n", count: 151)),
            good: ("Sources/fake-sls/A.swift", String(repeating: "let a = 1\n", count: 150)),
            check: { file in
                let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
                guard let target = file.target, ImportTable.programs.contains(target), count > 150 else { return [] }
                return [file.finding(150, "\(count) lines; the limit in a program is 150: a file per subcommand")]
            }),
    ]
}

extension SourceFile {
    /// The lines of each function, initializer and computed body, from its first word to its closing brace.
    var functions: [Range<Int>] {
        var found: [Range<Int>] = []
        for (index, line) in code.enumerated()
        where Rule.matches(line, #"(^|\s)(func\s+\S|init[?]?[(<]|deinit\s*\{|subscript[(<]|var\s+\w+:[^=]*\{)"#) {
            if let end = endOfBody(from: index) { found.append(index..<(end + 1)) }
        }
        return found
    }

    /// The line that closes the first brace opened at or after a line; nil if none is opened before a blank line.
    func endOfBody(from start: Int) -> Int? {
        var depth = 0
        var parentheses = 0
        for index in start..<code.count {
            // A requirement of a protocol has no body: the next declaration's brace is not its own.
            if depth == 0 && parentheses == 0 && index > start && code[index].trimmed.isEmpty { return nil }
            for character in code[index] {
                switch character {
                case "(": parentheses += 1
                case ")": parentheses -= 1
                case "{": depth += 1
                case "}":
                    depth -= 1
                    if depth == 0 { return index }
                    if depth < 0 { return nil }
                default: break
                }
            }
        }
        return nil
    }
}
