import SLSProtocol
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

    @Test(arguments: CompressionType.allCases)
    func `a wrong announced size is told apart from success`(type: CompressionType) throws {
        let packed = try Compression.compress(Vectors.group, as: type)
        for wrong in [0, 1, 78, 80, 10_000] {
            #expect(throws: CompressionError.self) {
                try Compression.decompress(packed, as: type, rawByteCount: wrong)
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

    @Test func `an empty pull is one zero byte or none`() throws {
        #expect(try Compression.decompress([0], as: .lz4, rawByteCount: 0).isEmpty)
        #expect(try Compression.decompress([], as: .lz4, rawByteCount: 0).isEmpty)
    }
}
