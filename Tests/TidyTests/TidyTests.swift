import Testing

struct TidyTests {
    @Test(arguments: Rule.all) func `the sources keep the rule`(rule: Rule) throws {
        let findings = try Repository.swiftFiles.get().flatMap(rule.check)
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test(arguments: Rule.all) func `the rule finds what breaks it and lets pass what keeps it`(rule: Rule) {
        #expect(!rule.check(rule.bad).isEmpty)
        #expect(rule.check(rule.good).map(\.description) == [])
    }

    @Test(arguments: Rule.textRules) func `documents, scripts and recipes keep the rule`(rule: Rule) throws {
        let others = try Repository.allTexts.get().filter { !$0.path.hasSuffix(".swift") }
        let findings = others.flatMap(rule.check)
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test func `the repository is found`() throws {
        #expect(try Repository.text("Package.swift") != nil)
        #expect(try Repository.swiftFiles.get().contains { $0.path == "Sources/System/Lock.swift" })
        #expect(try Repository.allTexts.get().contains { $0.path == "Makefile" })
    }
}

struct SwiftLexerTests {
    @Test(arguments: [
        ("let a = 1 // unsafe", "let a = 1          "),
        ("/* a /* b */ c */ d", "                  d"),
        ("f(\"a // b\") // c", "f(\"      \")     "),
        ("f(\"a\\\"b\")+1", "f(\"    \")+1"),
        ("f(#\"a\"b\"#)+1", "f(#\"   \"#)+1"),
        ("\"\"\"\nfor \"x\" in\n\"\"\" + y", "\"\"\"\n          \n\"\"\" + y"),
    ]) func `comments and texts are blanked, code stays in its place`(text: String, code: String) {
        #expect(SwiftLexer.code(of: text) == code)
    }
}

struct DependencyTests {
    /// The first groups of all matches, line by line.
    private func all(_ pattern: String, in text: String) -> [String] {
        text.split(separator: "\n").compactMap { Rule.captures(String($0), pattern)?[1] }
    }

    @Test func `docs/dependencies.md has a row for each package and each C library`() throws {
        let package = try #require(try Repository.text("Package.swift"))
        let document = try #require(try Repository.text("docs/dependencies.md"))
        let packages = all(#"\.package\(url: "[^"]*/([^/"]+)""#, in: package)
        let libraries = try aptPackages(package)
        #expect(packages.count >= 5 && libraries.count >= 9)
        for name in packages + libraries {
            #expect(document.contains("`\(name)`"), "docs/dependencies.md lacks a row for `\(name)`")
        }
    }

    @Test func `every C library is installed by the script`() throws {
        let script = try #require(try Repository.text("scripts/install-dependencies.sh"))
        for name in try aptPackages(try #require(try Repository.text("Package.swift"))) {
            #expect(
                Rule.matches(script.replacing("\n", with: " "), "\\b\(name)\\b"), "the script does not install \(name)")
        }
    }

    private func aptPackages(_ package: String) throws -> [String] {
        all(#"apt: "([^"]+)""#, in: package) + all(#"\.apt\(\["([^"]+)""#, in: package)
    }
}
