/// Bytes that wait to be written: few pieces, each sent without being copied together.
struct OutputQueue {
    private var pieces: [[UInt8]] = []
    /// How much of the first piece is gone.
    private var offset = 0

    var isEmpty: Bool { pieces.isEmpty }

    mutating func append(_ piece: [UInt8]) { if !piece.isEmpty { pieces.append(piece) } }

    /// Writes as much as `stream` takes.
    ///
    /// - Returns: `.bytes` with all that went once the queue is empty, else what stopped it and whether any went.
    mutating func write(to stream: ByteStream) -> (outcome: WriteOutcome, hasProgressed: Bool) {
        var total = 0
        while let piece = pieces.first {
            let outcome = unsafe piece.withUnsafeBytes { bytes in
                unsafe stream.write(
                    UnsafeRawBufferPointer(rebasing: bytes[offset...]), moreFollows: pieces.count > 1)
            }
            guard case .bytes(let count) = outcome else { return (outcome, total > 0) }
            total += count
            offset += count
            if offset == piece.count {
                pieces.removeFirst()
                offset = 0
            }
        }
        return (.bytes(total), total > 0)
    }
}
