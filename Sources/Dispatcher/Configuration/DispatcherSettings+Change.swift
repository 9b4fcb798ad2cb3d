import SLSClient
import SLSConsumer
import SLSProtocol

extension DispatcherSettings {
    /// What differs from other settings and cannot change while the program runs, by its keys in a configuration file: another
    /// source or group is another job, and the name is locked for the one there is.
    func fixedChanges(from before: DispatcherSettings) -> [String] {
        let changes = [
            ("endpoint", source.endpoint != before.source.endpoint),
            ("project", source.project != before.source.project),
            ("logstore", source.logstore != before.source.logstore), ("group", group != before.group),
            ("consumer-name", consumerName != before.consumerName),
        ]
        return changes.filter(\.1).map(\.0)
    }

    /// Whether what was sent under other settings must all be finished and saved before these take their place.
    ///
    /// Not where the same keys go on: then whatever was sent counts as stored. Nor where copies are allowed from now on.
    func needsBarrier(after before: DispatcherSettings) -> Bool {
        guard delivery.mode.isExact else { return false }
        // Single log groups do not wait for a batch that may still be under way.
        return keys.origin != before.keys.origin || delivery.mode != before.delivery.mode
            || before.delivery.deadLetter.map { $0 != delivery.deadLetter } ?? false
    }
}

extension DispatcherStatus {
    /// What keeps shards from being finished, a sentence each.
    var obstacles: [String] {
        shards.filter { ["blocked", "held"].contains($0.state) }
            .map { "shard \($0.id) is \($0.state): \($0.reason ?? "")" }
    }
}

extension DispatcherStatus {
    /// The shards of which others may have sent more, before us, than their checkpoint covers.
    var inDoubt: [ShardID] { shards.filter { !$0.coversPredecessors }.map(\.id) }
}

extension [ShardID] {
    /// What keeps shards that are in doubt from a change, in a sentence; none where there are none.
    var doubts: [String] {
        if isEmpty { return [] }
        let names = map(\.description).joined(separator: ", ")
        return [
            "of shard \(names) it is not known how far it was sent before it was taken over here, until it has caught up "
                + "with its end or come 16,384 log groups further"
        ]
    }
}

extension SentPositions {
    /// What is owed, a sentence for each shard.
    var sentences: [String] {
        uncovered.map { "shard \($0.shard) was sent up to cursor \($0.position), and no checkpoint there is known" }
    }
}
