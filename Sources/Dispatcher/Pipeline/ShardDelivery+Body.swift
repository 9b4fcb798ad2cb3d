import SLSClient
import SLSConsumer
import SLSProtocol

extension ShardDelivery {
    /// What a request carries: one log group, or several that are stored all or none.
    func body(of write: Write) throws(CompressionError) -> PutLogsBody {
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
        guard let tag = outside.originTag else {
            return PutLogsBody(
                compressed: try Compression.compress(slice, as: .lz4), as: .lz4, rawByteCount: range.count)
        }
        let tagged = element.payload.batch.bytes[range] + tag.fields(shard: held.id, cursor: element.cursor)
        return try PutLogsBody(compressing: Array(tagged))
    }
}
