extension Rule {
    static let textRules: [Rule] = [
        Rule(
            "log texts are constant; what varies is metadata",
            bad: ("Sources/FakeSLS/A.swift", "logger.notice(\"shard \\(id) started\")\n"),
            good: ("Sources/FakeSLS/A.swift", "logger.notice(\"shard started\", metadata: [\"shard\": \"\\(id)\"])\n"),
            check: { file in
                guard file.target != nil else { return [] }
                return file.lines.indices.filter { index in
                    let text = file.lines[index] + (index + 1 < file.lines.count ? file.lines[index + 1].trimmed : "")
                    return matches(
                        text, #"logger\.(trace|debug|info|notice|warning|error|critical)\(\s*"[^"]*\\\("#)
                }.map { file.finding($0, "a log text that varies: put it into metadata") }
            }),
        Rule(
            "metrics are <program>_<noun>_<unit>, counters end in _total",
            bad: ("Sources/FakeSLS/A.swift", "Counter(label: \"fake_sls_requests\")\n"),
            good: ("Sources/FakeSLS/A.swift", "Counter(label: \"fake_sls_requests_total\")\n"),
            check: { file in
                guard file.target != nil else { return [] }
                let pattern = #"\b(Counter|FloatingPointCounter|Gauge|Meter|Timer|Recorder)\(\s*label:\s*"([^"]*)""#
                return file.lines.indices.compactMap { index in
                    guard let parts = captures(file.lines[index], pattern) else { return nil }
                    let hasPrefix = matches(parts[2], #"^(fake_sls|sls_dispatch|sls_consumer|sls_client)_[a-z0-9_]+$"#)
                    if hasPrefix && parts[1].hasSuffix("Counter") == parts[2].hasSuffix("_total") { return nil }
                    return file.finding(index, "\"\(parts[2])\" is no name for a \(parts[1])")
                }
            }),
        Rule(
            "comments have no banners",
            bad: ("Sources/System/A.swift", "//" + " ======\n"),
            good: ("Sources/System/A.swift", "// a - b\n"),
            check: { file in
                file.lines.indices.filter { matches(file.lines[$0], #"//\s*([-=*#_])\1{3,}"#) }
                    .map { file.finding($0, "a banner") }
            }),
        text(
            "work is done or left out, not noted",
            "\\b(" + ["TO" + "DO", "FIX" + "ME", "X" + "XX"].joined(separator: "|") + ")\\b",
            bad: "// TO" + "DO: later\n", good: "// todos\n"),
        text(
            "no path of one machine is written down",
            "(^|[^\\w./])/(" + ["work", "home/\\w", "ro" + "ot/\\w", "opt/swift", "tmp/h"].joined(separator: "|")
                + ")\\b",
            bad: "cd /wo" + "rk/main\n", good: "cd \"$root/work\"; ls /workers\n"),
    ]

    /// A rule for every text of the repository, not only Swift; the text as it stands.
    private static func text(_ description: String, _ pattern: String, bad: String, good: String) -> Rule {
        Rule(description, bad: ("docs/a.md", bad), good: ("docs/a.md", good)) { file in
            file.lines.indices.filter { matches(file.lines[$0], pattern) }.map { file.finding($0, description) }
        }
    }
}
