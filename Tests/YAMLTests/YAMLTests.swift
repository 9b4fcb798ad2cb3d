import Testing
import YAML

struct YAMLTests {
    private func parse(_ text: String, change: (inout YAMLDocument.Limits) -> Void = { _ in }) throws -> YAMLNode {
        var limits = YAMLDocument.Limits()
        change(&limits)
        return try YAMLDocument.parse(Array(text.utf8), limits: limits)
    }

    private func failure(_ text: String, change: (inout YAMLDocument.Limits) -> Void = { _ in }) -> String? {
        #expect(throws: YAMLError.self) { try parse(text, change: change) }?.description
    }

    @Test func `a document is a tree in its own order, and each node knows its place`() throws {
        let root = try parse(
            """
            # routes of the demo
            source: {project: demo, port: 10180}
            routes:
              - topic: "ngnix"
                copy: true
              - topic: click
            """)
        #expect(try root.pairs().map(\.key) == ["source", "routes"])
        #expect(try root.requiredValue("source").requiredValue("port").integer(in: 0...65_535) == 10180)
        let routes = try root.requiredValue("routes").items()
        #expect(try routes.map { try $0.requiredValue("topic").string() } == ["ngnix", "click"])
        #expect(try routes[0].requiredValue("copy").boolean())
        #expect(try routes[1].value("copy") == nil)
        let topic = try routes[1].requiredValue("topic")
        #expect((topic.line, topic.column, topic.path) == (6, 12, "routes[1].topic"))
    }

    @Test(arguments: ["", "\n# nothing\n", "~", "---\n...\n"]) func `an empty document holds nothing`(text: String)
        throws
    {
        let root = try parse(text)
        #expect(root.isNull)
        #expect(try root.pairs().isEmpty)
        #expect(try root.value("any") == nil)
    }

    @Test func `quoted words are texts, plain ones are what they look like`() throws {
        let root = try parse("a: '12'\nb: 12\nc: 'null'\nd:\ne: 1.5\nf: |\n  two\n  lines\n")
        #expect(try root.requiredValue("a").string() == "12")
        #expect(throws: YAMLError.self) { try root.requiredValue("a").integer(in: 0...99) }
        #expect(try root.requiredValue("b").integer(in: 12...12) == 12)
        #expect(try root.requiredValue("c").string() == "null")
        #expect(try root.value("d") == nil)
        #expect(try root.requiredValue("e").number(in: 0...2) == 1.5)
        #expect(try root.requiredValue("f").string() == "two\nlines\n")
    }

    @Test func `a mismatch names the key, the place, what was expected and what was found`() throws {
        enum Mode: String, CaseIterable { case off, strict }
        let root = try parse("limits:\n  port: 70000\n  auth: of\n  list: {}\n  text: [1]\n  flag: yes\n  empty:\n")
        let limits = try root.requiredValue("limits")
        func message(_ body: () throws -> Void) -> String? {
            #expect(throws: YAMLError.self, performing: body)?.description
        }
        #expect(
            message { _ = try limits.requiredValue("port").integer(in: 0...65_535) }
                == "line 2, column 9: limits.port: expected a whole number from 0 to 65535, found \"70000\"")
        #expect(
            message { _ = try limits.requiredValue("auth").choice(Mode.self) }
                == "line 3, column 9: limits.auth: expected one of \"off\", \"strict\", found \"of\"")
        #expect(
            message { _ = try limits.requiredValue("list").items() }
                == "line 4, column 9: limits.list: expected a sequence, found a mapping")
        #expect(
            message { _ = try limits.requiredValue("text").string() }
                == "line 5, column 9: limits.text: expected a text, found a sequence")
        #expect(
            message { _ = try limits.requiredValue("flag").boolean() }
                == "line 6, column 9: limits.flag: expected true or false, found \"yes\"")
        #expect(
            message { _ = try limits.requiredValue("empty") }
                == "line 2, column 3: limits: the key \"empty\" is missing")
        #expect(
            message { _ = try limits.requiredValue("port").pairs() }
                == "line 2, column 9: limits.port: expected a mapping, found \"70000\"")
    }

    @Test func `unknown keys are all reported, with the known ones`() throws {
        let root = try parse("port: 1\nprot: 2\nhots: 3\n")
        #expect(
            try root.unknownKeys(known: ["port", "host"]).map(\.description) == [
                "line 2, column 1: unknown key \"prot\"; known here: \"host\", \"port\"",
                "line 3, column 1: unknown key \"hots\"; known here: \"host\", \"port\"",
            ])
        #expect(try root.unknownKeys(known: ["port", "prot", "hots"]).isEmpty)
    }

    @Test(arguments: [
        ("a: [1\n", "line 2, column 1: did not find expected ',' or ']'"),
        ("a: 1\n b: 2\n", "line 2, column 3: mapping values are not allowed in this context"),
        ("a: 1\na: 2\n", "line 2, column 1: the key \"a\" stands twice"),
        ("a: &x 1\n", "line 1, column 4: a: anchors are not supported"),
        ("a: *x\n", "line 1, column 4: a: aliases are not supported"),
        ("a: !!str 1\n", "line 1, column 4: a: tags are not supported"),
        ("? [1]\n: 2\n", "line 1, column 3: expected a text as key"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: expected the end: one document, not several"),
        ("a: \u{1}\n", "line 1, column 1: control characters are not allowed (byte 3)"),
        ("\ta: 1\n", "line 1, column 1: found character that cannot start any token"),
    ]) func `what is wrong is said with its place`(text: String, expected: String) {
        #expect(failure(text) == expected)
    }

    @Test func `bytes that are no text are an error`() {
        #expect(throws: YAMLError.self) { try YAMLDocument.parse([0x61, 0x3a, 0x20, 0xff, 0xfe]) }
        #expect(throws: YAMLError.self) { try YAMLDocument.parse([0x61, 0x3a, 0x20, 0xc3]) }
    }

    @Test func `size, depth and number of nodes are bounded`() throws {
        #expect(failure("abcd") { $0.byteCount = 3 } == "line 1, column 1: the text has 4 bytes; the limit is 3")
        #expect(failure("[[[[1]]]]") { $0.depth = 3 } == "line 1, column 4: [0][0][0]: more than 3 levels")
        #expect(try parse("[[[1]]]") { $0.depth = 3 }.items().count == 1)
        #expect(failure("[1, 2, 3]") { $0.nodeCount = 3 } == "line 1, column 8: [2]: more than 3 nodes")
        #expect(failure(String(repeating: "[", count: 100_000))?.hasSuffix("more than 32 levels") == true)
    }

    @Test func `long values are cut in messages`() throws {
        let root = try parse("a: \(String(repeating: "x", count: 1000))\n")
        let failure = #expect(throws: YAMLError.self) { try root.requiredValue("a").boolean() }
        #expect(failure?.message == "expected true or false, found \"\(String(repeating: "x", count: 60))…\"")
    }
}
