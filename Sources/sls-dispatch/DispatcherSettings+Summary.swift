import Dispatcher
import Logging

extension DispatcherSettings {
    /// What the program works by, for the line that it logs when it starts.
    var summary: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "project": "\(source.project)", "logstore": "\(source.logstore)", "group": "\(group)", "start": "\(start)",
            "delivery": "\(delivery.mode.rawValue)",
        ]
        for route in routes.routes {
            let others = metadata["route[\(route.topic)]"].map { "\($0) and " } ?? ""
            metadata["route[\(route.topic)]"] = "\(others)\(targets[route.target])"
        }
        if delivery.mode.isExact {
            metadata["identity"] = "\(delivery.identity.word)"
            metadata["lanes"] = "\(delivery.laneCount)"
            metadata["generation"] = "\(Generation(shape).hex.prefix(16))"
        }
        if let deadLetter = delivery.deadLetter { metadata["dead-letter"] = "\(deadLetter)" }
        return metadata
    }
}

extension DispatcherStatus {
    /// What was done so far, for the line that the program logs every minute.
    func summary(by settings: DispatcherSettings) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "pulled": "\(totals.pulled)", "unrouted": "\(totals.unrouted)", "failed-puts": "\(totals.failedPuts)",
            "gaps": "\(member.gapCount)", "shards": "\(shards.count)", "connections": "\(connectionCount)",
        ]
        for (place, count) in zip(settings.targets, totals.accepted) { metadata["put[\(place.logstore)]"] = "\(count)" }
        for (topic, count) in totals.unroutedTopics.ranked.prefix(10) { metadata["unrouted[\(topic)]"] = "\(count)" }
        return metadata
    }
}
