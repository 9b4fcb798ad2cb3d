/// Which module each target may import: the target table of ARCHITECTURE.md, as data.
///
/// Nothing points upwards or sideways: `FakeSLS` and `SLSClient` never see each other, `Rehearsal` is where both meet.
enum ImportTable {
    static let programs: Set<String> = ["fake-sls", "sls-dispatch"]

    /// Targets that own C pointers; only they, and two parts of `SLSProtocol`, import C modules and write `unsafe`.
    static let wrappers: Set<String> = ["EventHTTP", "SQLite", "CurlHTTP", "YAML", "System"]

    static let cModules: Set<String> = [
        "CEvent", "CHTTPParser", "COpenSSL", "CSQLite", "CCurl", "CLZ4", "CZstd", "CZlib", "CYAML", "CGNU",
    ]

    private static let metrics: Set<String> = ["Metrics", "CoreMetrics"]

    static let allowed: [String: Set<String>] = [
        "System": ["CGNU", "Glibc"],
        "YAML": ["CYAML"],
        "PrometheusText": ["System", "CoreMetrics"],
        "ConsoleLog": ["System", "Logging"],
        "EventHTTP": ["CEvent", "CHTTPParser", "COpenSSL", "System", "Glibc"],
        "SQLite": ["CSQLite"],
        "CurlHTTP": ["CCurl", "System", "DequeModule", "Glibc"],
        "SLSProtocol": ["CLZ4", "CZstd", "CZlib", "COpenSSL"],
        "SLSClient": ["SLSProtocol", "CurlHTTP", "System", "Logging", "FoundationEssentials"],
        "SLSConsumer": metrics.union(["SLSProtocol", "SLSClient", "System", "Logging", "DequeModule"]),
        "Dispatcher": metrics.union(["SLSProtocol", "SLSClient", "SLSConsumer", "System", "Logging", "DequeModule"]),
        "FakeSLS": metrics.union([
            "SLSProtocol", "SQLite", "EventHTTP", "System", "Logging", "DequeModule", "FoundationEssentials",
        ]),
        "Rehearsal": [
            "Dispatcher", "FakeSLS", "SLSClient", "SLSProtocol", "System", "Logging", "FoundationEssentials",
        ],
        "fake-sls": metrics.union([
            "ConsoleLog", "FakeSLS", "PrometheusText", "SLSProtocol", "YAML", "System", "ArgumentParser", "UnixSignals",
            "Logging",
            "FoundationEssentials", "Glibc",
        ]),
        "sls-dispatch": metrics.union([
            "ConsoleLog", "Dispatcher", "EventHTTP", "PrometheusText", "Rehearsal", "SLSProtocol", "YAML", "System",
            "ArgumentParser", "UnixSignals",
            "Logging", "FoundationEssentials", "Glibc",
        ]),
    ]

    /// Pure code sees values only: those of the protocol, and of the pure parts below it.
    static let allowedInCore: Set<String> = ["SLSProtocol", "SLSClient", "SLSConsumer", "DequeModule"]
}

extension Rule {
    static let importRules: [Rule] = [
        Rule(
            "a target imports only what the target table allows",
            bad: ("Sources/FakeSLS/A.swift", "import SLSProtocol\npublic import SLSClient\n"),
            good: ("Sources/FakeSLS/A.swift", "import SLSProtocol\n// import SLSClient\n"),
            check: { file in
                guard let target = file.target, !ImportTable.cModules.contains(target) else { return [] }
                guard let allowed = ImportTable.allowed[target] else {
                    return [file.finding(0, "the target \(target) is missing in the import table")]
                }
                return file.imports.filter { !allowed.contains($0.module) }.map {
                    file.finding($0.line, "\(target) may not import \($0.module)")
                }
            }),
        Rule(
            "code in Core/ imports values only",
            bad: ("Sources/FakeSLS/Core/A.swift", "import System\n"),
            good: ("Sources/FakeSLS/Core/A.swift", "public import SLSProtocol\nimport DequeModule\n"),
            check: { file in
                guard file.isInCore else { return [] }
                return file.imports.filter { !ImportTable.allowedInCore.contains($0.module) }.map {
                    file.finding($0.line, "Core/ may not import \($0.module)")
                }
            }),
        Rule(
            "C modules are imported, and `unsafe` is written, by the wrappers alone",
            bad: ("Sources/SLSProtocol/Cursor.swift", "import CLZ4\nlet a = unsafe pointer.pointee\n"),
            good: ("Sources/SLSProtocol/SigningDigests.swift", "import COpenSSL\nlet a = unsafe pointer.pointee\n"),
            check: { file in
                guard file.target != nil, !file.isWrapper else { return [] }
                let imports = file.imports.filter { ImportTable.cModules.contains($0.module) }.map(\.line)
                let words = file.code.indices.filter { Rule.matches(file.code[$0], #"\bunsafe\b"#) }
                return (imports + words).map { file.finding($0, "only wrappers import C modules and write `unsafe`") }
            }),
    ]
}

extension SourceFile {
    /// The imported modules and their lines, counted from 0.
    var imports: [(module: String, line: Int)] {
        code.enumerated().compactMap { index, line in
            let pattern = #"^\s*(?:@\w+(?:\(\w+\))?\s+|\w+\s+)*import\s+(?:(?:struct|class|enum|func|var)\s+)?(\w+)"#
            return Rule.captures(line, pattern).map { ($0[1], index) }
        }
    }

    var isWrapper: Bool {
        guard let target else { return false }
        if ImportTable.wrappers.contains(target) || ImportTable.cModules.contains(target) { return true }
        return target == "SLSProtocol"
            && components.dropFirst(2).contains { $0.hasPrefix("Compression") || $0.hasPrefix("Signing") }
    }
}
