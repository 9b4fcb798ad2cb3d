import Logging
import SLSClient
import SLSConsumer
import SLSProtocol

extension ShardDelivery {
    /// Writes one log group to its target, once, byte for byte as it was pulled.
    func put(_ write: DeliveryWindow<LogGroupSlice>.Write) async -> DeliveryWindow<LogGroupSlice>.Answer {
        let target = outside.targets[write.target]
        let range = write.payload.group.bytes
        do {
            let packed = try Compression.compress(write.payload.batch.bytes.span.extracting(range), as: .lz4)
            // Looked at again here: the process may have been stopped since the window let it go.
            guard let barrier = held.writeBarrier, outside.clock.now() < barrier else { return .notSent }
            var client = target.client
            client.timeout = held.writeTimeout
            try await client.putLogs(
                PutLogsBody(compressed: packed, as: .lz4, rawByteCount: range.count), to: target.place.logstore)
            outside.counters.accepted(target: write.target, byteCount: range.count)
            return .accepted
        } catch let error as ClientError {
            if error.isCancelled { return .retriable }
            outside.counters.failed(stage: .put, code: error.code)
            let metadata: Logger.Metadata = [
                "logstore": "\(target.place)", "shard": "\(held.id)", "cursor": "\(write.cursor)", "error": "\(error)",
            ]
            if error.isRetriable {
                outside.logger.warning("a put failed and is tried again", metadata: metadata)
                return .retriable
            }
            outside.logger.error(
                "the target refuses a log group; the shard is blocked and the put tried every 30 s", metadata: metadata)
            return .refused
        } catch {
            // A log group over two gigabytes: no service has stored one.
            outside.logger.error("a log group cannot be compressed", metadata: ["error": "\(error)"])
            return .refused
        }
    }
}
