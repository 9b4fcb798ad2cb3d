/// Changes to bytes of which the format is not known, and to texts.
extension Chance {
    /// Bytes that are numbers, lengths, ends and marks in one of the formats that are read.
    private static let tellingBytes: [UInt8] = [
        0x00, 0x01, 0x07, 0x08, 0x0A, 0x0B, 0x0C, 0x0D, 0x0F, 0x12, 0x1A, 0x20, 0x22, 0x25, 0x2C, 0x3A, 0x5B, 0x5C,
        0x7B, 0x7D,
        0x7F, 0x80, 0xC0, 0xED, 0xEF, 0xF0, 0xF8, 0xFE, 0xFF,
    ]

    /// Damages bytes in one to four places.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...length(upTo: 3) { damage(&bytes) }
        return bytes
    }

    private mutating func damage(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = self.bytes(count: length(upTo: 64))
            return
        }
        let place = number(in: 0..<bytes.count)
        let end = min(bytes.count, place + 1 + length(upTo: bytes.count))
        switch number(in: 0..<10) {
        case 0: bytes[place] ^= 1 << UInt8(number(in: 0..<8))
        case 1: bytes[place] = pick(Self.tellingBytes)
        case 2: bytes[place] = byte()
        case 3: bytes.removeSubrange(place..<end)
        case 4: bytes.insert(contentsOf: self.bytes(count: 1 + length(upTo: 16)), at: place)
        case 5: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 6: bytes.removeLast(bytes.count - place)
        case 7: bytes.insert(pick(Self.tellingBytes), at: place)
        case 8: bytes.replaceSubrange(place..<end, with: repeatElement(pick(Self.tellingBytes), count: end - place))
        default: bytes.append(contentsOf: self.bytes(count: 1 + length(upTo: 64)))
        }
    }

    /// Texts that are at the edge of something: numbers, encodings, names, marks of the formats around them.
    static let oddTexts: [String] = [
        "", " ", "0", "-0", "-1", "+1", " 1", "1 ", "01", "1.5", "1e3", "1e999", "NaN", "null", "true", "True", "0x10",
        "٣",
        "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551616", "99999999999999999999999999999999", "1709618828",
        "253402300800",
        "a", "A", "app", "APP", "demo", "cg", "begin", "end", "..", ".", "*", "/", "//", "?", "&", "=", "a=b", "%",
        "%2", "%zz",
        "%00", "%ff", "%2e%2e%2f", "\u{0}", "a\u{0}b", "\r\n", "a\r\nb: c", "\n", "\t", "\"", "\\", "'", "';--", "{}",
        "[]",
        "[[[[", "{\"a\":", "\\ud800", "\u{FEFF}", "\u{202E}", "é", "e\u{301}", "\u{1F600}", "İ", "ß", "\u{FFFD}",
        "%s%n", "${x}",
        "MA==", "MA", "MQ==", "LTE=", "OTIyMzM3MjAzNjg1NDc3NTgwNw==", "OTIyMzM3MjAzNjg1NDc3NTgwOA==", "====",
        "ffffffffffffffffffffffffffffffff",
        "00000000000000000000000000000000", "80000000000000000000000000000000", "100000000000000000000000000000000",
        "g",
        "lz4", "zstd", "deflate", "gzip", "LZ4", "lz4, zstd", "lz4;q=0", "identity", "batch_group", "application/json",
        "application/x-protobuf", "application/x-protobuf; charset=utf-8", "demo.localhost", "127.0.0.1", "[::1]:1",
        "a.b.c.d",
        "Tue, 05 Mar 2024 06:07:08 GMT", "20240305T060708Z", "99991231T235959Z", "LOG fake-id:", "LOG :x", "LOG a:b:c",
        "SLS4-HMAC-SHA256 Credential=fake-id/20240305/r/sls/aliyun_v4_request,Signature=0", "SLS4-HMAC-SHA256 =,=",
    ]

    /// An odd text, a long one, a damaged one, or random bytes as far as they are text.
    mutating func oddText(from text: String = "") -> String {
        switch number(in: 0..<8) {
        case 0: String(repeating: pick(["a", "0", "é", "%41", "/", ".", "\"", "="]), count: 1 + length(upTo: 4_096))
        case 1: String(decoding: damaged(Array(text.utf8)), as: UTF8.self)
        case 2: String(decoding: bytes(count: length(upTo: 64)), as: UTF8.self)
        case 3: text + pick(Self.oddTexts)
        case 4: String(bits() >> UInt64(number(in: 0..<64)))
        default: pick(Self.oddTexts)
        }
    }
}
