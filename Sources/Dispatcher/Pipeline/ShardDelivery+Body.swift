import SLSClient
import SLSConsumer
import SLSProtocol

extension ShardDelivery {
    /// What a request carries: one log group, or several that are stored all or none.
    func body(of write: Write) throws(CompressionError) -> PutLogsBody {
        if let form = write.deadLetter { return try deadLetter(write, form) }
        if write.elements.count == 1 { return try body(of: write.elements[0]) }
        var packages: [LogPackage] = []
        for element in write.elements {
            let body = try body(of: element)
            packages.append(LogPackage(data: body.bytes, rawByteCount: body.rawByteCount))
        }
        return PutLogsBody(packages: packages)
    }

    private func body(of element: Delivery<LogGroupSlice>.Element) throws(CompressionError) -> PutLogsBody {
        let range = element.payload.group.bytes
        let slice = element.payload.batch.bytes.span.extracting(range)
        guard outside.originTag != nil else {
            return PutLogsBody(
                compressed: try Compression.compress(slice, as: .lz4), as: .lz4, rawByteCount: range.count)
        }
        return try PutLogsBody(compressing: tagged(element))
    }

    /// A log group as its target has refused it, with that target's name behind it.
    private func deadLetter(_ write: Write, _ form: DeadLetterForm) throws(CompressionError) -> PutLogsBody {
        let refused = tagged(write.elements[0])
        let tags = outside.deadLetterTag.fields[write.target]
        switch form {
        case .plain: return try PutLogsBody(compressing: refused + tags)
        case .sealed:
            let sealed = try SealedLetter.seal(refused, at: outside.clock.wall())
            return try PutLogsBody(compressing: sealed + tags + DeadLetterTag.seal)
        }
    }

    private func tagged(_ element: Delivery<LogGroupSlice>.Element) -> [UInt8] {
        let bytes = element.payload.batch.bytes[element.payload.group.bytes]
        return Array(bytes) + (outside.originTag?.fields(shard: held.id, cursor: element.cursor) ?? [])
    }
}
