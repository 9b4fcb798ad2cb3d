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

    @Test func `blanks between members do not count`() throws {
        let spaced = try #require(object(" { \"a\" : [ 1 , 2 ] ,\n\t\"b\" : \"x y\" } "))
        #expect(String(decoding: spaced.bytes, as: UTF8.self) == #"{"a":[ 1 , 2 ],"b":"x y"}"#)
        #expect(spaced.text("b") == "x y")
    }

    @Test(arguments: ["", "[]", "1", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1"#, "null", "{\"a\":\u{FFFD}}"])
    func `anything else is no object`(text: String) { #expect(object(text) == nil) }

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
