import SLSProtocol
import Testing

@Suite struct IdentifierTests {
    @Test func `a cursor of the vendor's page is its number and back`() throws {
        let cursor = try #require(Cursor(encoded: "MTQ0NzMyOTQwMTEwMjEzMDkwNA=="))
        #expect(cursor.number == 1_447_329_401_102_130_904)
        #expect(cursor.encoded == "MTQ0NzMyOTQwMTEwMjEzMDkwNA==")
        #expect(Cursor(encoded: "MTQ0NzMyOTQwMTEwMjEzMDkwNA") == cursor)
        #expect(cursor.advanced(by: 3).number == 1_447_329_401_102_130_907)
    }

    @Test(arguments: [0, 1, 16_384]) func `there is no position behind the last`(distance: Int64) throws {
        let cursor = try #require(Cursor(encoded: Cursor(number: .max - distance).encoded))
        #expect(cursor.advanced(by: 16_384).number == .max)
    }

    @Test(arguments: ["", "=", "begin", "LTE=", "MTIzNA=", "MTIz NA==", "OTk5OTk5OTk5OTk5OTk5OTk5OTk=", "é"])
    func `what is no cursor is refused`(text: String) { #expect(Cursor(encoded: text) == nil) }

    @Test func `hash keys are filled up on the right and read in either case`() {
        #expect(HashKey(hex: "a")?.hex == "a0000000000000000000000000000000")
        #expect(HashKey(hex: "14D2F850AD6EA48E46E4547EDBBB27E0")?.hex == "14d2f850ad6ea48e46e4547edbbb27e0")
        #expect(HashKey.max.hex == String(repeating: "f", count: 32))
        #expect(HashKey.min.hex == String(repeating: "0", count: 32))
    }

    @Test(arguments: ["", "g", "+1", "-1", " 1", String(repeating: "0", count: 33)])
    func `what is no hash key is refused`(text: String) { #expect(HashKey(hex: text) == nil) }

    @Test(arguments: ["abc", "a-1", "0aa", String(repeating: "a", count: 63)])
    func `project names within the rule are taken`(name: String) throws { #expect(try ProjectName(name).value == name) }

    @Test(arguments: ["", "ab", "Abc", "a_b", "-ab", "ab-", "a.b", "äbc", String(repeating: "a", count: 64)])
    func `project names outside the rule are refused`(name: String) {
        #expect(throws: APIError.self) { try ProjectName(name) }
    }

    @Test func `logstore names may be shorter and hold an underscore`() throws {
        #expect(try LogstoreName("a_b").value == "a_b")
        #expect(try LogstoreName("ab").value == "ab")
        #expect(throws: APIError.self) { try LogstoreName("a") }
        #expect(throws: APIError.self) { try LogstoreName("_a") }
    }

    @Test func `group names hold 1 to 128 characters and no slash`() throws {
        #expect(try ConsumerGroupName(String(repeating: "ü", count: 128)).value.count == 128)
        for name in ["", "a/b", "a\n", "a\u{7F}", "a\u{85}", String(repeating: "a", count: 129)] {
            #expect(throws: APIError.self) { try ConsumerGroupName(name) }
        }
    }

    @Test func `codes that differ by case or the known misspelling are one`() {
        #expect(APIError.Code.consumerNotExist.means("ConsumerNotExsit"))
        #expect(APIError.Code.invalidCursor.means("invalidcursor"))
        #expect(!APIError.Code.consumerNotExist.means(.consumerNotMatch))
    }
}

@Suite struct TimeTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
        (1_709_618_828, "Tue, 05 Mar 2024 06:07:08 GMT", "2024-03-05T06:07:08Z"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00Z"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT", "2100-02-28T23:59:59Z"),
    ])
    func `a time is written as a header and as ISO 8601, and read again`(seconds: Int, header: String, iso: String) {
        let time = Timestamp(seconds: seconds)
        #expect(time.httpDate == header)
        #expect(time.iso8601 == iso)
        #expect(Timestamp(httpDate: header) == time)
    }

    @Test(arguments: ["", "now", "Tue, 05 Mar 2024", "Tue, 99 Mar 2024 06:07:08 GMT", "Tue, 05 Mar 2024 06:07:08 CET"])
    func `what is no date is refused`(text: String) { #expect(Timestamp(httpDate: text) == nil) }

    @Test func `instants and durations add up`() {
        let start = Instant(nanoseconds: 5_000_000_000)
        #expect(start + .seconds(2) - start == .seconds(2))
        #expect((start - .milliseconds(1)).nanoseconds == 4_999_000_000)
        #expect(Duration.microseconds(1_001).millisecondsRoundedUp == 2)
    }
}

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("\u{0}ÿ", "AMO/"),
    ])
    func `the vectors of RFC 4648 hold both ways`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test(arguments: ["Z", "Zg=", "Zg===", "Z===", "Zh==", "Zm 8=", "Zm8-", "====", "Zg==Zg=="])
    func `anything else is refused`(text: String) { #expect(Base64.decode(text) == nil) }
}
