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
            try await clients[write.target].limited(to: held.writeTimeout).putLogs(
                PutLogsBody(compressed: packed, as: .lz4, rawByteCount: range.count), to: target.place.logstore)
            outside.counters.accepted(target: write.target, byteCount: range.count)
            return .accepted
        } catch let error as ClientError {
            if error.isCancelled { return .notSent }
            outside.counters.failed(stage: .put, code: error.code)
            let metadata: Logger.Metadata = [
                "logstore": "\(target.place)", "shard": "\(held.id)", "cursor": "\(write.cursor)", "error": "\(error)",
            ]
            held.countRetries(1)
            if error.isRetriable {
                outside.troubles.log(
                    .warning, "a put failed and is tried again", about: "\(target.place) \(error.code)",
                    metadata: metadata)
                return .retriable
            }
            outside.troubles.log(
                .error, "the target refuses a log group; the shard is blocked and the put tried every 30 s",
                about: "\(target.place) \(held.id)", metadata: metadata)
            return .refused
        } catch {
            // A log group over two gigabytes: no service has stored one.
            outside.logger.error("a log group cannot be compressed", metadata: ["error": "\(error)"])
            return .refused
        }
    }
}
