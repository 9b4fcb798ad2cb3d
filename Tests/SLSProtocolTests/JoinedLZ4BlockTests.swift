import SLSProtocol
import TestKit
import Testing

/// Joined blocks, judged by liblz4: it must decompress each to what its parts hold, in a buffer of just that size.
@Suite struct JoinedLZ4BlockTests {
    @Test(arguments: 0..<24)
    func `any blocks and literals in any order decompress to what they hold`(seed: Int) throws {
        var parts = Parts(seed: UInt64(seed))
        for _ in 0..<250 {
            var joined = JoinedLZ4Block()
            var raw: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &parts.random) {
                let bytes = parts.bytes()
                if Bool.random(using: &parts.random) {
                    joined.append(literals: bytes)
                } else {
                    try joined.append(Compression.compress(bytes, as: .lz4), rawByteCount: bytes.count)
                }
                raw += bytes
            }
            #expect(joined.rawByteCount == raw.count)
            let block = joined.finish()
            #expect(try Compression.decompress(block, as: .lz4, rawByteCount: raw.count) == raw)
            // A join obeys the rules of the format, or it could not be joined again.
            var again = JoinedLZ4Block()
            try again.append(block, rawByteCount: raw.count)
            #expect(again.finish() == block)
        }
    }

    @Test(arguments: [0, 1, 14, 15, 16, 254, 255, 256, 269, 270, 271, 524, 525, 526, 65_535, 65_536, 100_000])
    func `literals that meet become one run, however long`(count: Int) throws {
        // Noise has no matches, so the blocks on both sides have literals alone or end and begin with long runs of them.
        var random = SeededGenerator(seed: UInt64(count))
        let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let repeated = [UInt8](repeating: 7, count: 40)
        for left in [noise, repeated + noise, []] {
            for right in [noise, noise + repeated, repeated, []] {
                var joined = JoinedLZ4Block()
                try joined.append(Compression.compress(left, as: .lz4), rawByteCount: left.count)
                joined.append(literals: [1, 2, 3])
                try joined.append(Compression.compress(right, as: .lz4), rawByteCount: right.count)
                let raw = left + [1, 2, 3] + right
                #expect(joined.rawByteCount == raw.count)
                let block = joined.finish()
                #expect(try Compression.decompress(block, as: .lz4, rawByteCount: raw.count) == raw)
            }
        }
    }

    @Test func `the blocks of the official SDK join to its list`() throws {
        var joined = JoinedLZ4Block()
        try joined.append(Vectors.listAsLZ4, rawByteCount: Vectors.list.count)
        try joined.append(Vectors.taggedGroupAsLZ4, rawByteCount: Vectors.taggedGroup.count)
        let raw = Vectors.list + Vectors.taggedGroup
        #expect(try Compression.decompress(joined.finish(), as: .lz4, rawByteCount: raw.count) == raw)
    }

    @Test func `nothing is the one byte 00, and finishing empties`() throws {
        var joined = JoinedLZ4Block()
        #expect(joined.finish() == [0])
        joined.append(literals: [1])
        #expect(joined.finish() == [0x10, 1])
        #expect(joined.finish() == [0])
        #expect(joined.rawByteCount == 0)
    }

    @Test func `a block that ends in a match, or too close behind one, is refused`() {
        let begin: [UInt8] = [0x14, 7, 1, 0]  // one literal, then a match of eight bytes
        for literalCount in 0...5 {
            let block = begin + [UInt8(literalCount << 4)] + [UInt8](repeating: 9, count: literalCount)
            #expect(Self.isTaken(block, rawByteCount: 9 + literalCount) == (literalCount == 5), "\(literalCount)")
        }
        // Five literals, but the match of four bytes begins only nine before the end.
        var joined = JoinedLZ4Block()
        #expect(throws: CompressionError.malformed(.lz4)) {
            try joined.append([0x10, 7, 1, 0, 0x50, 1, 2, 3, 4, 5], rawByteCount: 10)
        }
        #expect(joined.finish() == [0])
    }

    @Test func `a match that reaches before its block, or nowhere, is refused`() {
        let end: [UInt8] = [0x80, 1, 2, 3, 4, 5, 6, 7, 8]
        for distance: UInt8 in [0, 2, 255] {
            var joined = JoinedLZ4Block()
            joined.append(literals: [UInt8](repeating: 1, count: 300))
            #expect(throws: CompressionError.malformed(.lz4)) {
                try joined.append([0x10, 7, distance, 0] + end, rawByteCount: 13)
            }
        }
        var joined = JoinedLZ4Block()
        #expect(throws: CompressionError.malformed(.lz4)) {
            try joined.append([0x00, 1, 0] + end, rawByteCount: 12)
        }
    }

    @Test(arguments: 0..<8)
    func `what is damaged is refused and leaves no trace, or is a block that liblz4 reads as well`(seed: Int) throws {
        var parts = Parts(seed: UInt64(1_000 + seed))
        var refused = 0
        for _ in 0..<500 {
            let bytes = parts.bytes()
            var block = try Compression.compress(bytes, as: .lz4)
            for _ in 0...Int.random(in: 0...2, using: &parts.random) {
                let place = Int.random(in: 0..<block.count, using: &parts.random)
                block[place] = UInt8.random(in: 0...255, using: &parts.random)
            }
            if Bool.random(using: &parts.random) {
                block.removeLast(Int.random(in: 0..<block.count, using: &parts.random))
            }
            var joined = JoinedLZ4Block()
            joined.append(literals: [1, 2, 3])
            do {
                try joined.append(block, rawByteCount: bytes.count)
                let alone = try Compression.decompress(block, as: .lz4, rawByteCount: bytes.count)
                let whole = try Compression.decompress(joined.finish(), as: .lz4, rawByteCount: 3 + bytes.count)
                #expect(whole == [1, 2, 3] + alone)
            } catch {
                refused += 1
                #expect(joined.finish() == [0x30, 1, 2, 3])
            }
        }
        #expect(refused > 50)
    }

    private static func isTaken(_ block: [UInt8], rawByteCount: Int) -> Bool {
        var joined = JoinedLZ4Block()
        do { try joined.append(block, rawByteCount: rawByteCount) } catch { return false }
        return true
    }
}

/// Bytes of every kind that matters to LZ4.
private struct Parts {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Text, noise, runs or nothing; short more often than long, and now and then beyond the reach of a match.
    mutating func bytes() -> [UInt8] {
        let limit = [0, 3, 13, 40, 300, 3_000, 3_000, 90_000][Int.random(in: 0..<8, using: &random)]
        let count = Int.random(in: 0...limit, using: &random)
        let alphabet: UInt8 = [0, 1, 3, 63, 255][Int.random(in: 0..<5, using: &random)]
        var bytes: [UInt8] = []
        while bytes.count < count {
            if bytes.count > 8, Int.random(in: 0..<8, using: &random) == 0 {
                let start = Int.random(in: 0..<bytes.count, using: &random)
                bytes += bytes[start...].prefix(Int.random(in: 1...600, using: &random))
            } else {
                bytes.append(UInt8.random(in: 0...alphabet, using: &random))
            }
        }
        return bytes
    }
}
