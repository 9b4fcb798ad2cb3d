extension Rule {
    static let safetyRules: [Rule] = [
        Rule(
            "`@unchecked Sendable` and `nonisolated(unsafe)` carry a reason above that names the lock, the thread, or why nothing changes",
            bad: ("Sources/System/A.swift", "/// A box.\nfinal class Box: @unchecked Sendable {}\n"),
            good: (
                "Sources/System/A.swift",
                "// @unchecked: `value` is only touched on the loop thread.\nfinal class Box: @unchecked Sendable {}\n"
            ),
            check: { file in
                file.code.indices.filter { index in
                    matches(file.code[index], #"@unchecked\s+Sendable|nonisolated\(unsafe\)"#)
                        && !matches(
                            file.comments(at: index).lowercased(),
                            #"lock|thread|mutex|immutable|never changes|not change|(set|written) once|main actor"#)
                }.map { file.finding($0, "say above which lock or thread makes this safe") }
            }),
        Rule(
            "`try?` carries its reason on its line, above it, or first in the branch it opens",
            bad: ("Sources/System/A.swift", "let a = try? read()\n"),
            good: ("Sources/System/A.swift", "// Nothing to read is nothing to do.\nlet a = try? read()\n"),
            check: { file in
                // In tests the name of the test says why.
                guard file.target != nil else { return [] }
                return file.code.indices.filter {
                    matches(file.code[$0], #"\btry\?"#) && file.comments(at: $0).isEmpty
                        && !(file.lines.indices.contains($0 + 1) && file.lines[$0 + 1].trimmed.hasPrefix("//"))
                }.map { file.finding($0, "`try?` swallows an error: say why") }
            }),
        .pattern(
            "nothing is forced: no `try!`, no `as!`", #"\btry!|\bas!"#,
            bad: ("Tests/SystemTests/A.swift", "let a = try! read()\n"),
            good: ("Tests/SystemTests/A.swift", "let a = try read() // not try!\n"), where: { _ in true }),
        .pattern(
            "tasks are children of a group: no `Task { }` outside main",
            #"\bTask(\.detached|\.immediate)?\s*(<[^>]*>)?\s*(\([^)]*\))?\s*\{"#,
            bad: ("Sources/SLSConsumer/A.swift", "func start() { Task { await run() } }\n"),
            good: ("Sources/fake-sls/main.swift", "Task { await run() }\n"),
            where: { $0.target != nil && !$0.isEntryPoint }),
        Rule(
            "no OpaquePointer in a public signature",
            bad: ("Sources/SQLite/A.swift", "public func open(\n    _ path: String\n) -> OpaquePointer? {\n}\n"),
            good: ("Sources/SQLite/A.swift", "public func open() {\n    let a: OpaquePointer\n}\n"),
            check: { file in
                guard file.target != nil else { return [] }
                return file.code.indices.filter { index in
                    matches(file.code[index], #"^\s*(@\w+\s+)*(public|package)\b"#)
                        && file.signature(from: index).contains("OpaquePointer")
                }.map { file.finding($0, "a C handle leaves its wrapper") }
            }),
        .pattern(
            "libraries do not print", #"(^|[^.\w])(print|debugPrint|dump)\("#,
            bad: ("Sources/FakeSLS/A.swift", "print(1)\n"),
            good: ("Sources/Rehearsal/A.swift", "print(1)\n"),
            where: { file in
                guard let target = file.target else { return false }
                // The demo's table is Rehearsal's result.
                return target != "Rehearsal" && !ImportTable.programs.contains(target)
            }),
        .pattern(
            "libraries do not end the process",
            #"(^|[^.\w])(exit|_exit|abort|fatalError)\("#, bad: ("Sources/FakeSLS/A.swift", "exit(1)\n"),
            good: ("Sources/fake-sls/A.swift", "exit(1)\n"),
            where: { file in file.target.map { !ImportTable.programs.contains($0) } ?? false }),
        .pattern(
            "full Foundation stays out of the programs", #"^\s*(\w+\s+)?import\s+Foundation\b"#,
            bad: ("Sources/SLSClient/A.swift", "import Foundation\n"),
            good: ("Sources/SLSClient/A.swift", "import FoundationEssentials\n")),
    ]
}

extension SourceFile {
    /// `main.swift`, or the file with `@main`.
    var isEntryPoint: Bool { mainName == "main" || code.contains { $0.trimmed.hasPrefix("@main") } }

    /// A declaration up to its body, or to its line's end if the parentheses are balanced there.
    func signature(from start: Int) -> String {
        var text = ""
        var depth = 0
        for line in code[start...].prefix(20) {
            for character in line {
                if character == "{" && depth == 0 { return text }
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                text.append(character)
            }
            if depth == 0 { return text }
        }
        return text
    }
}
