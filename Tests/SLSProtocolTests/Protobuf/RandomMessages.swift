import SLSProtocol
import SwiftProtobuf
import TestKit

/// Log groups as odd as the schema allows, written by generated code.
struct RandomMessages {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// True once in so many times.
    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    /// A log group of 0 to 3 logs; its fields in any order, some given twice, unknown ones of every layout in between.
    ///
    /// Generated code writes each field as a message of its own: messages one after the other are their merger.
    mutating func group() throws -> [UInt8] {
        var parts: [[UInt8]] = []
        for _ in 0..<Int.random(in: 0...3, using: &random) { parts.append(framed(1, try log())) }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let topic = text()
            parts.append(try ReferenceLogGroup.with { $0.topic = topic }.serializedBytes())
        }
        if !oneIn(3) {
            let (source, machine, category) = (text(), text(), text())
            parts.append(try ReferenceLogGroup.with { $0.source = source }.serializedBytes())
            parts.append(
                try ReferenceLogGroup.with { ($0.machineUuid, $0.category) = (machine, category) }.serializedBytes())
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) { parts.append(framed(6, try pair())) }
        return shuffled(parts)
    }

    /// Messages in a list, with something unknown between them now and then.
    mutating func list(of groups: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for group in groups {
            if oneIn(3) { bytes += unknownField() }
            bytes += framed(1, group)
        }
        return bytes
    }

    private mutating func log() throws -> [UInt8] {
        let (time, value) = (UInt32.random(in: 0...UInt32.max, using: &random), text())
        var parts: [[UInt8]] = [try ReferenceLog.with { $0.time = time }.serializedBytes(partial: true)]
        for _ in 0..<Int.random(in: 0...3, using: &random) { parts.append(framed(2, try pair())) }
        if oneIn(2) {
            let nanoseconds = UInt32.random(in: 0...999_999_999, using: &random)
            parts.append(try ReferenceLog.with { $0.timeNs = nanoseconds }.serializedBytes(partial: true))
        }
        if oneIn(5) { parts.append(parts[0]) }
        if oneIn(5) { parts.append(try ReferenceLog.with { $0.values = [value] }.serializedBytes(partial: true)) }
        return shuffled(parts)
    }

    private mutating func pair() throws -> [UInt8] {
        let (key, value, other) = (text(), text(), text())
        var parts: [[UInt8]] = [
            try ReferenceLogTag.with { $0.key = key }.serializedBytes(partial: true),
            try ReferenceLogTag.with { $0.value = value }.serializedBytes(partial: true),
        ]
        if oneIn(5) { parts.append(try ReferenceLogTag.with { $0.value = other }.serializedBytes(partial: true)) }
        return shuffled(parts)
    }

    /// Known fields with unknown ones among them.
    private mutating func shuffled(_ parts: [[UInt8]]) -> [UInt8] {
        var parts = parts
        while oneIn(3) { parts.append(unknownField()) }
        return Array(parts.shuffled(using: &random).joined())
    }

    /// Empty, ASCII, more than one byte a character, controls, or long enough for a length of two bytes.
    mutating func text() -> String {
        let texts = [
            "", "k", "__topic__", "ngnix", "日志", "e\u{301}", "\u{0}", "a\nb", "\u{FEFF}x", "👩‍👩‍👧", "\u{FFFD}", " ", "=",
            "\u{10FFFF}",
        ]
        if oneIn(40) { return String(repeating: "ß", count: Int.random(in: 60...300, using: &random)) }
        return (texts.randomElement(using: &random) ?? "") + (texts.randomElement(using: &random) ?? "")
    }

    /// A field that the schema does not know, or one that it knows with another layout.
    mutating func unknownField() -> [UInt8] {
        let numbers: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 15, 16, 2_047, 2_048, 536_870_911]
        let number = numbers.randomElement(using: &random) ?? 7
        switch Int.random(in: 0..<5, using: &random) {
        // Number 1 as a varint would be a log's time, 4 as four bytes its nanoseconds.
        case 0: return varint(max(number, 5) << 3) + varint(UInt64.random(in: 0...UInt64.max, using: &random))
        case 1: return varint(number << 3 | 1) + byteString(8)
        case 2: return varint(max(number, 7) << 3 | 2) + varint(5) + byteString(5)
        case 3: return varint(max(number, 5) << 3 | 5) + byteString(4)
        default:
            let inside = oneIn(3) ? [] : unknownField()
            return varint(number << 3 | 3) + inside + varint(number << 3 | 4)
        }
    }

    private mutating func byteString(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// A length-delimited field.
    func framed(_ number: UInt64, _ value: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(value.count)) + value
    }

    private func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

extension RandomMessages {
    /// The bytes with 1 to 3 small things changed: a bit, a byte, a layout, a length, a piece less, twice or of `other`.
    mutating func mutated(_ original: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
            switch Int.random(in: 0..<9, using: &random) {
            case 0 where place < end: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 1 where place < end: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2 where place < end: bytes[place] = bytes[place] & 0xF8 | UInt8.random(in: 0...7, using: &random)
            case 3 where place < end: bytes[place] = bytes[place] &+ (oneIn(2) ? 1 : 0xFF)
            case 4: bytes.removeSubrange(place..<end)
            case 5: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 6: bytes.insert(contentsOf: other.prefix(place), at: place)
            case 7: bytes.insert(contentsOf: unknownField(), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }
}
