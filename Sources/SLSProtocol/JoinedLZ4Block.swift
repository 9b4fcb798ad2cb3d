/// One LZ4 block made of others and of plain bytes, without compressing any of them again.
///
/// An LZ4 block is a list of sequences: literals, then a match that repeats bytes from as many before. Only the last
/// sequence has no match. Matches count backwards from where they stand, so a block means the same behind another one,
/// once the literals that ended the other and those that begin this one are written as one run.
public struct JoinedLZ4Block: Sendable {
    /// How many bytes it decompresses to.
    public private(set) var rawByteCount = 0
    /// Whole sequences, each with its match.
    private var sequences: [UInt8] = []
    /// What comes behind them, until a match follows or the block ends.
    private var literals: [UInt8] = []

    /// An empty block.
    public init() {}

    /// Appends bytes as they are.
    public mutating func append(literals bytes: [UInt8]) {
        literals.append(contentsOf: bytes)
        rawByteCount += bytes.count
    }

    /// Appends what a block decompresses to.
    ///
    /// - Throws: `.malformed` for bytes that are no LZ4 block or break the format's rules for its end, which decoders
    ///   need not enforce but may rely on; `.wrongRawByteCount`. Then nothing was appended. Not retriable.
    public mutating func append(_ block: [UInt8], rawByteCount count: Int) throws(CompressionError) {
        let outline = try Outline(block.span)
        guard outline.rawByteCount == count else { throw .wrongRawByteCount(announced: count) }
        literals.append(contentsOf: block[outline.leadingLiterals])
        if let matches = outline.matches {
            closeLiterals(matchBits: outline.firstMatchBits)
            sequences.append(contentsOf: block[matches])
            literals.append(contentsOf: block[outline.trailingLiterals])
        }
        rawByteCount += count
    }

    /// The block; what was appended is gone from here. An empty one is the one byte 00.
    public mutating func finish() -> [UInt8] {
        closeLiterals(matchBits: 0)
        defer { self = Self() }
        return sequences
    }

    /// Writes the run of literals with its token.
    ///
    /// - Parameter matchBits: The low half of the token: how long the match is that follows.
    private mutating func closeLiterals(matchBits: UInt8) {
        let count = literals.count
        sequences.append(UInt8(min(count, 15)) << 4 | matchBits)
        if count >= 15 {
            sequences.append(contentsOf: repeatElement(255, count: (count - 15) / 255))
            sequences.append(UInt8((count - 15) % 255))
        }
        sequences.append(contentsOf: literals)
        literals.removeAll(keepingCapacity: true)
    }
}

/// Where the parts of a block are that a join must tell apart.
private struct Outline {
    /// The literals of the first sequence.
    private(set) var leadingLiterals = 0..<0
    /// From behind them to the token of the last sequence; nil for a block that has no match.
    private(set) var matches: Range<Int>?
    /// The low half of the first token.
    private(set) var firstMatchBits: UInt8 = 0
    /// The literals of the last sequence, where it is not the first.
    private(set) var trailingLiterals = 0..<0
    private(set) var rawByteCount = 0

    /// Walks the sequences; what the literals say is not looked at.
    init(_ block: borrowing Span<UInt8>) throws(CompressionError) {
        var at = 0
        var matchByteCount = 0
        while at < block.count {
            let start = at
            let token = block[at]
            at += 1
            let literalCount = try Self.length(Int(token >> 4), block, &at)
            guard literalCount <= block.count - at else { break }
            let literals = at..<at + literalCount
            at = literals.upperBound
            rawByteCount += literalCount
            if start == 0 { (leadingLiterals, firstMatchBits) = (literals, token & 15) }
            if at == block.count {
                if start == 0 { return }
                // The format's rules for the end: the last five bytes are literals, the last match begins twelve before.
                guard literalCount >= 5, matchByteCount + literalCount >= 12 else { break }
                matches = leadingLiterals.upperBound..<start
                trailingLiterals = literals
                return
            }
            guard block.count - at >= 2 else { break }
            let distance = Int(block[at]) | Int(block[at + 1]) << 8
            // A block of its own cannot repeat what is before it; joined, it would take from another's bytes.
            guard distance >= 1, distance <= rawByteCount else { break }
            at += 2
            matchByteCount = 4 + (try Self.length(Int(token & 15), block, &at))
            rawByteCount += matchByteCount
        }
        throw .malformed(.lz4)
    }

    /// A length from its half of a token, and from the bytes that go on where that half is full.
    @inline(__always)
    private static func length(
        _ half: Int, _ block: borrowing Span<UInt8>, _ at: inout Int
    ) throws(CompressionError) -> Int {
        if half < 15 { return half }
        var sum = half
        while at < block.count {
            let byte = block[at]
            at += 1
            sum += Int(byte)
            if byte < 255 { return sum }
        }
        throw .malformed(.lz4)
    }
}
