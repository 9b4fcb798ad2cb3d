import System

/// One rule of the style guide that a machine can check, with a snippet that breaks it and one that keeps it.
struct Rule: Sendable, CustomStringConvertible {
    /// What the rule says.
    let description: String
    /// A place and a text that break the rule: the check's own test.
    let bad: SourceFile
    /// A place and a text that look alike and keep it.
    let good: SourceFile
    /// The findings in one Swift file.
    let check: @Sendable (SourceFile) -> [Finding]

    init(
        _ description: String, bad: (String, String), good: (String, String),
        check: @escaping @Sendable (SourceFile) -> [Finding]
    ) {
        self.description = description
        self.bad = SourceFile(path: bad.0, text: bad.1)
        self.good = SourceFile(path: good.0, text: good.1)
        self.check = check
    }

    /// A rule that finds a pattern in the code of files, line by line.
    static func pattern(
        _ description: String, _ pattern: String, bad: (String, String), good: (String, String),
        where applies: @escaping @Sendable (SourceFile) -> Bool = { $0.target != nil },
        unless excused: @escaping @Sendable (SourceFile, Int) -> Bool = { _, _ in false }
    ) -> Rule {
        Rule(description, bad: bad, good: good) { file in
            guard applies(file) else { return [] }
            return file.code.indices.filter { matches(file.code[$0], pattern) && !excused(file, $0) }
                .map { file.finding($0, description) }
        }
    }

    /// Whether a regular expression is found in a line.
    static func matches(_ line: String, _ pattern: String) -> Bool { captures(line, pattern) != nil }

    /// The first match's groups, the whole match first.
    static func captures(_ line: String, _ pattern: String) -> [String]? {
        if line.isEmpty { return nil }
        return compiled.withLock { compiled in
            if compiled[pattern] == nil { compiled[pattern] = compile(pattern) }
            // Only a transformation inside a pattern can throw, and these have none.
            let match = try? compiled[pattern]?.firstMatch(in: line)
            return match?.output.map { String($0.substring ?? "") }
        }
    }

    /// Each pattern is used on every line: compiling it takes longer than matching.
    private static let compiled = Lock<[String: Regex<AnyRegexOutput>]>([:])

    private static func compile(_ pattern: String) -> Regex<AnyRegexOutput> {
        do {
            // Word boundaries as programmers know them: Unicode's would not end at an underscore or a quote.
            return try Regex(pattern).wordBoundaryKind(.simple)
        } catch {
            preconditionFailure("the pattern \(pattern) is not valid: \(error)")
        }
    }

    static let all: [Rule] = sizeRules + importRules + nameRules + safetyRules + coreRules + simulationRules + textRules
}
