import Dispatcher
import SLSClient
import SLSProtocol

/// The judge's look at the end of a history: every store is read through.
extension World {
    /// What is still under way arrives, and then each store is read: nothing that is not owed, nothing twice, nothing
    /// missing, each lane in order.
    func endStores() {
        while judge.violation == nil, let event = queue.pop() {
            guard event.kind == .request || event.kind == .turn else { continue }
            now = event.time
            if event.kind == .turn {
                turn(event.number)
            } else if case .putExact = envelopes.peek(event.number).request {
                arrive(envelopes.take(event.number))
            }
        }
        for place in stores.indices { read(place) }
        for log in server.logs {
            for content in log where isOwed(server.accepted[content]) && !isDelivered(content) {
                violated(.nothingLost, "log group \(server.accepted[content].cursor) at the end")
            }
        }
    }

    private func read(_ place: Int) {
        let isForDeadLetters = place == stores.count - 1
        var seen: Set<TargetStore.Record.Copy> = []
        var last: [Lane: Cursor] = [:]
        for record in stores[place].records {
            let group = server.accepted[record.content]
            if !isForDeadLetters && place != record.origin
                || !setups[record.setup].wanted[group.topic].contains(record.origin)
            {
                violated(.rightTarget, "log group \(group.cursor) in logstore \(place)")
            }
            if isForDeadLetters { judgeDeadLetter(record.content, record.origin) }
            guard seen.insert(record.copy).inserted else { continue }
            judgeCopies(
                of: Refusal(content: record.content, target: record.origin), by: record.setup, under: record.key,
                isDeadLetter: isForDeadLetters)
            judgeOrder(record, group, &last)
        }
    }

    /// A lane of one source shard, as one configuration has it.
    private struct Lane: Hashable {
        let shard: ShardID
        let origin: Int
        let setup: Int
        let number: Int
    }

    /// Within a lane log groups first appear in the order of the source. Not so where a target may take late what it refused
    /// before, where ids are forgotten, and where configurations take turns: each of them replays what the other has passed.
    private func judgeOrder(_ record: TargetStore.Record, _ group: LogGroupTruth, _ last: inout [Lane: Cursor]) {
        guard judge.usedSetups.count == 1 || judge.isChangeClean, !stores.contains(where: { $0.forgottenCount > 0 }),
            mode == .exactlyOnce || !judge.isUnfenced, let keys = setups[record.setup].keys,
            !judge.refused.contains(Refusal(content: record.content, target: record.origin))
        else { return }
        let lane = Lane(
            shard: group.shard, origin: record.origin, setup: record.setup, number: keys.lane(of: group.cursor))
        if let before = last[lane], group.cursor < before {
            violated(.inOrder, "log group \(group.cursor) of shard \(group.shard) comes after \(before)")
        }
        last[lane] = group.cursor
    }
}
