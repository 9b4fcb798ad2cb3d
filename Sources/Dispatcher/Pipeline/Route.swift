import Logging
import SLSConsumer
import SLSProtocol

extension ShardDelivery {
    /// The targets that a log group goes to; none when no route wants it, which is counted by topic.
    func route(_ slice: LogGroupSlice) -> [Int] {
        let targets = outside.routes.targets(ofTopic: slice.group.topic, in: slice.batch.bytes.span)
        if !targets.isEmpty { return targets }
        let topic = slice.topic  // Only here: most log groups have a route.
        if outside.counters.unrouted(topic: topic) {
            var metadata: Logger.Metadata = ["topic": "\(topic)", "shard": "\(held.id)"]
            if let hint = outside.routes.hint(for: topic) { metadata["hint"] = "a route is spelled \"\(hint)\"" }
            outside.logger.warning("log groups of a topic without a route are not forwarded", metadata: metadata)
        }
        return []
    }
}
