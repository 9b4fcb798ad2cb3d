import SLSProtocol
import TestKit
import Testing

@Suite struct CompressionTests {
    @Test func `LZ4 blocks of the official SDK decompress to its messages`() throws {
        #expect(try Compression.decompress(Vectors.groupAsLZ4, as: .lz4, rawByteCount: 79) == Vectors.group)
        #expect(
            try Compression.decompress(Vectors.taggedGroupAsLZ4, as: .lz4, rawByteCount: 470) == Vectors.taggedGroup)
        #expect(try Compression.decompress(Vectors.listAsLZ4, as: .lz4, rawByteCount: 178) == Vectors.list)
    }

    @Test(arguments: CompressionType.allCases, [0, 1, 79, 4_096, 1_000_003])
    func `what is compressed decompresses to itself`(type: CompressionType, count: Int) throws {
        let raw = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251 ^ $0 >> 9) }
        let packed = try Compression.compress(raw, as: type)
        #expect(try Compression.decompress(packed, as: type, rawByteCount: count) == raw)
    }

    @Test func `zlib streams are read under both names, gzip proper under its own`() throws {
        for type in [CompressionType.deflate, .gzip] {
            #expect(try Compression.decompress(Vectors.groupAsZlib, as: type, rawByteCount: 79) == Vectors.group)
        }
        #expect(try Compression.decompress(Vectors.groupAsGzip, as: .gzip, rawByteCount: 79) == Vectors.group)
        #expect(throws: CompressionError.malformed(.deflate)) {
            try Compression.decompress(Vectors.groupAsGzip, as: .deflate, rawByteCount: 79)
        }
    }

    @Test(arguments: CompressionType.allCases, [0, 1, 77, 78, 80, 81, 10_000])
    func `a wrong announced size is told apart from broken bytes`(type: CompressionType, wrong: Int) throws {
        let packed = try Compression.compress(Vectors.group, as: type)
        #expect(throws: CompressionError.wrongRawByteCount(announced: wrong)) {
            try Compression.decompress(packed, as: type, rawByteCount: wrong)
        }
    }

    @Test(arguments: CompressionType.allCases, 1...6)
    func `every wrong size up to far beyond the right one is told apart`(type: CompressionType, seed: Int) throws {
        // Words of a small set, so that matches overlap and reach back; noise between them stays literal.
        var random = SeededGenerator(seed: UInt64(seed))
        var raw: [UInt8] = []
        while raw.count < 40 * seed * seed {
            let words = ["hello world ", "aaaaaaaaaaaaaaaaaaaaaaaa", "\(random.next())"]
            raw += Array(words[Int(random.next() % 3)].utf8)
        }
        let packed = try Compression.compress(raw, as: type)
        for wrong in 0..<raw.count + 300 where wrong != raw.count {
            #expect(throws: CompressionError.wrongRawByteCount(announced: wrong)) {
                try Compression.decompress(packed, as: type, rawByteCount: wrong)
            }
        }
    }

    @Test(arguments: CompressionType.allCases)
    func `broken bytes and bytes behind the end are malformed`(type: CompressionType) throws {
        let packed = try Compression.compress(Vectors.group, as: type)
        for broken in [[0xFF, 0xFF, 0xFF], Array(packed.dropLast()), packed + [0]] {
            #expect(throws: CompressionError.malformed(type)) {
                try Compression.decompress(broken, as: type, rawByteCount: 79)
            }
        }
    }

    @Test(arguments: CompressionType.allCases)
    func `cut off bytes are refused at every length`(type: CompressionType) throws {
        let packed = try Compression.compress(Vectors.list, as: type)
        for count in 0..<packed.count {
            #expect(throws: CompressionError.self) {
                try Compression.decompress(Array(packed[..<count]), as: type, rawByteCount: Vectors.list.count)
            }
        }
    }

    @Test(arguments: CompressionType.allCases)
    func `damaged bytes are refused or hold as many bytes as announced`(type: CompressionType) throws {
        var random = SeededGenerator(seed: 1)
        let raw = (0..<3_000).map { _ in UInt8.random(in: 0...3, using: &random) }
        let packed = try Compression.compress(raw, as: type)
        for _ in 0..<1_000 {
            var damaged = packed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<min(packed.count, 400), using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            let announced = [0, 1, 2_999, 3_000, 3_001, 5_000].randomElement(using: &random) ?? 0
            if let bytes = try? Compression.decompress(damaged, as: type, rawByteCount: announced) {
                #expect(bytes.count == announced)
            }
        }
    }

    @Test func `an empty pull is one zero byte or none`() throws {
        #expect(try Compression.decompress([0], as: .lz4, rawByteCount: 0).isEmpty)
        #expect(try Compression.decompress([], as: .lz4, rawByteCount: 0).isEmpty)
    }
}
