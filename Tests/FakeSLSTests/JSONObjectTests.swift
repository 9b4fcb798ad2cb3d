import Testing

@testable import FakeSLS

struct JSONObjectTests {
    private func object(_ text: String) -> JSONObject? { JSONObject(Array(text.utf8)) }

    @Test(arguments: [
        #"{"b":1.0,"a":[1,{"x":"}"}],"n":null,"t":"a\"},{b"}"#, "{}", #"{"u":"grüße 中","e":"\\"}"#,
        #"{"big":123456789012345678901234567890,"exp":1e-7,"f":false}"#,
    ])
    func `members keep their bytes and their order`(text: String) throws {
        #expect(String(decoding: try #require(object(text)).bytes, as: UTF8.self) == text)
    }

    @Test func `the members of another take the places of those of their names, also of very many`() throws {
        var own = try #require(object(#"{"a":1,"b":2}"#))
        own.set(try #require(object(#"{"c":3,"b":{"x":[]},"c":4}"#)))
        #expect(String(decoding: own.bytes, as: UTF8.self) == #"{"a":1,"b":{"x":[]},"c":4}"#)
        // By comparing each with each this would take hours.
        let many = try #require(object("{" + (0..<200_000).map { "\"\($0)\":0" }.joined(separator: ",") + "}"))
        own.set(many)
        #expect(own.members.count == 200_003)
    }

    @Test func `blanks between members do not count`() throws {
        let spaced = try #require(object(" { \"a\" : [ 1 , 2 ] ,\n\t\"b\" : \"x y\" } "))
        #expect(String(decoding: spaced.bytes, as: UTF8.self) == #"{"a":[ 1 , 2 ],"b":"x y"}"#)
        #expect(spaced.text("b") == "x y")
    }

    @Test(arguments: [
        "", "[]", "1", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1"#, "null", "{\"a\":\u{FFFD}}", #"{"a":1.e5}"#, #"{"a":01}"#,
        #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":-}"#, #"{"a":1e}"#, #"{"a":+1}"#, #"{"a":1,}"#,
    ])
    func `anything else is no object`(text: String) { #expect(object(text) == nil) }

    @Test func `UTF-16, which JSON libraries read unasked, is no object`() {
        let text = #"{"a":1}"#
        #expect(JSONObject(text.utf8.flatMap { [$0, 0] }) == nil)
        #expect(JSONObject([0xEF, 0xBB, 0xBF] + Array(text.utf8)) == nil)
        #expect(JSONObject(Array(text.utf8) + [0]) == nil)
    }

    @Test func `512 levels are followed, no more`() {
        func nested(_ depth: Int) -> JSONObject? {
            object(#"{"a":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}")
        }
        #expect(nested(512) != nil)
        #expect(nested(513) == nil)
    }

    @Test func `of a name that comes twice the last value counts, in the first's place`() throws {
        let twice = try #require(object(#"{"a":1,"b":2,"a":3}"#))
        #expect(String(decoding: twice.bytes, as: UTF8.self) == #"{"a":3,"b":2}"#)
    }

    @Test func `a hundred thousand members take no longer than reading them`() throws {
        let text = "{" + (0..<100_000).map { "\"k" + String($0) + "\":1" }.joined(separator: ",") + "}"
        let began = ContinuousClock.now
        #expect(object(text)?.members.count == 100_000)
        // Compared with each other, they would take minutes.
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test func `a member is put in place, or at the end`() throws {
        var changed = try #require(object(#"{"a":1,"b":2}"#))
        changed.set("a", "x/\"")
        changed.set("c", 3)
        #expect(String(decoding: changed.bytes, as: UTF8.self) == #"{"a":"x/\"","b":2,"c":3}"#)
    }

    @Test func `texts are found, within members too`() throws {
        let document = try #require(object(#"{"c":{"logstore":"app"},"n":1}"#))
        #expect(document.text(at: ["c", "logstore"]) == "app")
        #expect(document.text(at: ["c", "none"]) == nil)
        #expect(document.text(at: ["n", "logstore"]) == nil)
        #expect(document.text("n") == nil)
    }
}
