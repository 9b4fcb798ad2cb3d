import Testing

/// The links between documents, by the names that GitHub gives headings.
struct LinkTests {
    @Test func `every link in a document leads to a file, and to a heading where it names one`() throws {
        let documents = try Repository.allTexts.get().filter { $0.path.hasSuffix(".md") }
        #expect(documents.contains { $0.path == "docs/delivery.md" })
        let findings = try documents.flatMap { document in
            try Self.broken(in: document) { try Repository.text($0).map { SourceFile(path: "", text: $0) } }
        }
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test func `a link that leads nowhere is found`() {
        let other = SourceFile(path: "b.md", text: "# `run`, twice\n## A_b\n## A_b\n```\n# none\n```\n")
        let text = "[a](b.md) [b](b.md#run-twice) [c](b.md#a_b-1), [d](https://a.b/c.md)\n[e](#here)\n# Here\n"
        let good = SourceFile(path: "docs/a.md", text: text)
        let read = { (path: String) in path == "docs/b.md" ? other : nil }
        #expect(Self.broken(in: good, reading: read).map(\.description) == [])
        for link in ["c.md", "b.md#run", "b.md#none", "b.md#a_b-2", "#there", "../b.md"] {
            let bad = SourceFile(path: "docs/a.md", text: "# Here\n[a](\(link))\n")
            #expect(Self.broken(in: bad, reading: read).map(\.place) == ["docs/a.md:2"], "\(link)")
        }
    }

    /// - Parameter read: A file of the repository by its path; nil where there is none.
    private static func broken(
        in document: SourceFile, reading read: (String) throws -> SourceFile?
    ) rethrows -> [Finding] {
        var findings: [Finding] = []
        for (index, line) in document.lines.enumerated() {
            for match in line.matches(of: /\]\(([^)\s]+)\)/) where !match.output.1.contains("://") {
                let parts = match.output.1.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let path = parts[0].isEmpty ? nil : resolved(String(parts[0]), from: document.path)
                let target = try path.map { try read($0) } ?? document
                let isThere = target.map { parts.count == 1 || anchors(of: $0).contains(String(parts[1])) }
                if isThere != true { findings.append(document.finding(index, "\(match.output.1) leads nowhere")) }
            }
        }
        return findings
    }

    /// A path in the words of a link, from the repository's root.
    private static func resolved(_ path: String, from document: String) -> String {
        var parts = document.split(separator: "/").dropLast().map(String.init)
        for part in path.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }

    private static func anchors(of document: SourceFile) -> Set<String> {
        var anchors: Set<String> = []
        var counts: [String: Int] = [:]
        var isCode = false
        for line in document.lines {
            if line.hasPrefix("```") { isCode.toggle() }
            guard !isCode, let title = line.wholeMatch(of: /#+ (.*)/)?.output.1 else { continue }
            let kept = title.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
            let name = kept.replacing(" ", with: "-")
            let count = counts[name, default: 0]
            counts[name] = count + 1
            anchors.insert(count == 0 ? name : "\(name)-\(count)")
        }
        return anchors
    }
}
