extension Rule {
    /// Code in `Core/` decides and does nothing else: no waiting, no clock, no chance, and the same order in each run.
    static let coreRules: [Rule] = [
        core(
            "nothing waits or runs at the same time",
            #"\b(async|await|TaskGroup|AsyncStream|actor|Lock|Mutex)\b|\bTask(\.|\s*\{)"#,
            bad: "func a() async {}\n", good: "/// Not async.\nfunc a() {}\n"),
        core(
            "no clock is read",
            #"\b(\w*Clock|Date|DispatchTime|clock_gettime|gettimeofday|time)\b(\(\)|\.now|\.nanoseconds)|\b(ContinuousClock|SuspendingClock|MonotonicClock|WallClock)\b"#,
            bad: "let now = ContinuousClock.now\n", good: "func a(now: Instant) { use(now) }\n"),
        core(
            "chance comes in as a generator",
            #"\bSystemRandomNumberGenerator\b|\.random\((?!.*using:)|\.shuffled\(\)|\.shuffle\(\)|\.randomElement\(\)|\barc4random|\bgetrandom|\bhashValue\b|\bHasher\b|\bObjectIdentifier\b"#,
            bad: "let a = Int.random(in: 0..<3)\n", good: "let a = Int.random(in: 0..<3, using: &generator)\n"),
        core(
            "nothing is logged or counted", #"\b(logger|Logger|Counter|Gauge|Recorder|Timer|Meter)\b"#,
            bad: "logger.info(\"a\")\n", good: "let logged = 1\n"),
        core(
            "a type is a value", #"^\s*((public|final|private|internal|package)\s+)*class\s+\w+"#,
            bad: "public final class Turn {}\n", good: "public struct Turn {}\n"),
        Rule(
            "no Set or Dictionary is iterated unsorted in Core/",
            bad: (
                "Sources/FakeSLS/Core/A.swift",
                "var held: Set<ShardID> = []\nfunc a() {\n    for shard in held { stop(shard) }\n}\n"
            ),
            good: (
                "Sources/FakeSLS/Core/A.swift",
                """
                var held: Set<ShardID> = []
                var owners: [ShardID: ConsumerName] = [:]
                func a() {
                    for shard in held.sorted() { stop(shard) }
                    if owners.values.contains(name) || held.contains(shard) { return }
                    // unordered: each entry is changed alone.
                    for (shard, owner) in owners { change(shard, owner) }
                }

                """
            ),
            check: { file in
                guard file.isInCore else { return [] }
                let names = file.unorderedNames.sorted().joined(separator: "|")
                if names.isEmpty { return [] }
                let part = #"(\.keys|\.values|\.indices|\.union\([^)]*\)|\.subtracting\([^)]*\))*"#
                let loop = #"\bfor\b.*\bin\s+(\w+\.)*("# + names + ")" + part + #"\s*(\{|where\b|$)"#
                let walk =
                    #"\b("# + names + ")" + part
                    + #"\.(map|compactMap|flatMap|forEach|first|prefix|enumerated|reversed|dropFirst|joined)\b"#
                let copy = #"\bArray\((\w+\.)*("# + names + ")" + part + #"\)"#
                return file.code.indices.filter { index in
                    [loop, walk, copy].contains { matches(file.code[index], $0) }
                        && !file.statement(at: index).contains("sorted")
                        && !file.comments(at: index).contains("unordered:")
                }.map {
                    file.finding(
                        $0,
                        "the order differs between processes: sort, or say above `unordered:` and why it is no matter")
                }
            }),
        Rule(
            "types and functions in Core/ are documented",
            bad: ("Sources/FakeSLS/Core/A.swift", "struct Turn {\n    mutating func begin() {}\n}\n"),
            good: (
                "Sources/FakeSLS/Core/A.swift",
                "/// A turn.\nstruct Turn {\n    /// Begins.\n    @inlinable mutating func begin() {}\n    private func a() {}\n}\n"
            ),
            check: { file in
                guard file.isInCore else { return [] }
                let declaration =
                    #"^\s{0,8}((public|internal|package|static|mutating|final|indirect|@\w+)\s+)*(struct|enum|protocol|func)\s+(\w+|[<=>+\-]+)"#
                // What a protocol of the standard library demands is documented there.
                let inherited: Set<String> = ["<", "==", ">", "<=", "+", "-", "hash", "encode"]
                return file.code.indices.filter { index in
                    guard let name = captures(file.code[index], declaration)?[4], !inherited.contains(name) else {
                        return false
                    }
                    return !file.isInPrivateType(index) && !file.comments(at: index).contains("///")
                }.map { file.finding($0, "say what this does and what its types cannot show") }
            }),
    ]

    private static func core(_ description: String, _ pattern: String, bad: String, good: String) -> Rule {
        .pattern(
            "in Core/ \(description)", pattern, bad: ("Sources/FakeSLS/Core/A.swift", bad),
            good: ("Sources/FakeSLS/Core/A.swift", good), where: \.isInCore)
    }
}

extension SourceFile {
    /// Names declared in this file as a set or a dictionary, as far as the line of the declaration tells.
    fileprivate var unorderedNames: Set<String> {
        Set(
            code.compactMap { line in
                let typed = #"\b(\w+)\s*:\s*(?:inout\s+)?(?:Set<|\[[\w.<>]+\s*:\s*\S)"#
                let made = #"\b(?:var|let)\s+(\w+)\s*=\s*(?:Set[<(]|\[[\w.<>]+\s*:\s*[\w.<>\[\]?]+\]\(|Dictionary\()"#
                return (Rule.captures(line, typed) ?? Rule.captures(line, made))?[1]
            })
    }

    /// Whether the declaration around a line is private: its members are of interest to that file alone.
    fileprivate func isInPrivateType(_ index: Int) -> Bool {
        func indentation(_ line: String) -> Int { line.prefix { $0 == " " }.count }
        let own = indentation(code[index])
        let outer = code[..<index].last { !$0.trimmed.isEmpty && indentation($0) < own }
        return outer.map { Rule.matches($0, #"^\s*(private|fileprivate)\b"#) } ?? false
    }

    /// A line with those that carry on its chain of calls.
    fileprivate func statement(at index: Int) -> String {
        let following = code[(index + 1)...].prefix { $0.trimmed.hasPrefix(".") || $0.trimmed.hasPrefix("}.") }
        return ([code[index]] + following).joined(separator: " ")
    }
}
