import Foundation
import SLSProtocol
import Testing

struct JSONInputTests {
    private func nested(_ open: String, _ count: Int) -> [UInt8] { Array(String(repeating: open, count: count).utf8) }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":"]) func `what is nested too deeply is not given to the library`(
        open: String
    ) {
        let brackets = open.utf8.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
        #expect(JSONInput.isReadable(nested(open, 512 / brackets)))
        #expect(!JSONInput.isReadable(nested(open, 512 / brackets + 1)))
    }

    @Test func `brackets in texts do not count`() {
        #expect(JSONInput.isReadable(Array("\"".utf8) + nested("[", 5_000) + Array("\"".utf8)))
        #expect(JSONInput.isReadable(Array(#"{"\"":""#.utf8) + nested("[", 5_000) + Array(#""}"#.utf8)))
        // Outside of a text a backslash hides nothing.
        #expect(!JSONInput.isReadable(Array("\\\"\"".utf8) + nested("[", 5_000)))
    }

    @Test func `zero bytes and broken UTF-8 are refused`() {
        #expect(!JSONInput.isReadable(Array("[1]".utf8) + [0]))
        #expect(!JSONInput.isReadable([0x5B, 0, 0x5D, 0]))
        #expect(!JSONInput.isReadable([0x22, 0xFF, 0x22]))
    }

    @Test func `the library survives whatever is readable`() {
        for count in 500...512 {
            for end in ["", "1", "\"", "]", "{", ":"] {
                let bytes = nested("[", count) + Array(end.utf8)
                guard JSONInput.isReadable(bytes) else { continue }
                #expect(throws: DecodingError.self) { try JSONDecoder().decode([Int].self, from: Data(bytes)) }
            }
        }
    }
}
