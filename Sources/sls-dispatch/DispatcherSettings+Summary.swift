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
