internal import SLSProtocol

extension ConsumerGroupService {
    /// Where groups stand, in the order of their creation.
    ///
    /// - Parameter name: Only this one, which must exist; nil for all of the logstore.
    func status(
        of name: ConsumerGroupName?, in logstore: LogstoreRef, now: Moment
    ) throws(APIError) -> [GroupStatus] {
        var statuses: [GroupStatus] = []
        for (ref, group) in try groups(named: name, in: logstore) {
            let coordinator = group.coordinator
            let found = try live.logstore(ref.logstore)
            var shards: [GroupStatus.Shard] = []
            for row in coordinator.shardRows { shards.append(try status(of: row, found, now: now)) }
            statuses.append(
                GroupStatus(
                    project: logstore.project.value, logstore: logstore.name.value, consumerGroup: ref.name.value,
                    timeoutSeconds: Int(coordinator.settings.timeout.components.seconds),
                    inOrder: coordinator.settings.inOrder, shards: shards,
                    consumers: coordinator.consumers.map { consumer in
                        GroupStatus.Consumer(
                            name: consumer.name.value,
                            secondsSinceHeartbeat: (now.monotonic - consumer.lastHeartbeat).inSeconds,
                            shards: coordinator.shardRows.filter { $0.holder == consumer.name }.map(\.shard.value))
                    }))
        }
        return statuses
    }

    private func status(
        of row: GroupCoordinator.ShardRow, _ logstore: LiveLogstore, now: Moment
    ) throws(APIError) -> GroupStatus.Shard {
        let extent = try logstore.extent(row.shard)
        guard let end = logstore.cursors.end(of: row.shard) else { throw .shardNotExist(row.shard) }
        // A checkpoint may lie anywhere: what was let go by the retention is no longer behind.
        let position = min(max(row.checkpoint?.cursor ?? extent.keptFrom, extent.keptFrom), end)
        var age = 0
        if position < end, let received = try store.receiveTime(at: extent.logGroupKey(position)) {
            age = max(0, now.wall.timestamp.seconds - received.seconds)
        }
        return GroupStatus.Shard(
            shard: row.shard.value, isReadOnly: try logstore.shards.shard(row.shard).isReadOnly,
            state: row.state.rawValue, holder: row.holder?.value, next: row.next?.value,
            checkpoint: row.checkpoint?.text, updateTimeMicroseconds: row.updateMicroseconds,
            savedBy: row.savedBy?.value, beginCursor: extent.keptFrom.encoded, endCursor: end.encoded,
            lagLogGroups: Int(end.number - position.number), lagSeconds: age)
    }
}
