import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// The judge's looks at the targets' stores, where each log group is to stand once.
extension World {
    /// A target has run a write in a transaction that is committed.
    func committed(_ envelope: Envelope, _ answer: Answer, at place: Int) {
        guard case .putExact(let put) = envelope.request, case .key(let key, _?) = put.write.address else { return }
        noteArrival(put)
        switch answer {
        case .done:
            for element in put.write.elements { judgeStored(element.payload, put) }
        case .failed(let error) where error.means(.invalidSequenceID):
            faults[.refusedID] += 1
            if stores[place].isDisplaced(key) { noteDisplaced(put, at: place) }
        default: break
        }
    }

    /// Whose shard has been begun anew since it was sent.
    private func noteArrival(_ put: ExactPut) {
        if judge.lastWindow[put.sender.shard] == put.sender.serial { return }
        faults[mode == .exactlyOnceBatched ? .straggler : .zombie] += 1
    }

    private func judgeStored(_ content: Content, _ put: ExactPut) {
        let group = server.accepted[content]
        let target = put.write.target
        if !setups[put.setup].wanted[group.topic].contains(target) {
            violated(.rightTarget, "log group \(group.cursor) in target \(target)")
        }
        if put.write.isDeadLetter { faults[.deadLetter] += 1 }
        let own = stores[target].count(content, for: target, by: put.setup)
        let dead = stores[stores.count - 1].count(content, for: target, by: put.setup)
        if own + dead > 1 { repeated(own > 1 || dead > 1 ? .storedOnce : .notBoth, content, target) }
        if judge.isChangeClean, put.setup == SetupChoice.rerouted, isStored(content, by: SetupChoice.main) {
            repeated(.notAnew, content, target)
        }
        if server.accepted[content].storedCount == 0 { judge.storedCount += 1 } else { judge.repeatedCount += 1 }
        server.noteStored(content)
        noteEpoch(of: group)
        if case .received(let start) = setups[put.setup].start, group.received < start {
            violated(.nothingEarly, "log group \(group.cursor), accepted at \(group.accepted)")
        }
    }

    /// Whether it stands anywhere under the keys of a configuration.
    private func isStored(_ content: Content, by setup: Int) -> Bool {
        stores.contains { store in
            (0..<stores.count - 1).contains { store.count(content, for: $0, by: setup) > 0 }
        }
    }

    private func repeated(_ property: Violation.Property, _ content: Content, _ target: Int) {
        if mayRepeat || judge.refused.contains(Refusal(content: content, target: target)) {
            judge.weakCount += 1
        } else {
            violated(property, "log group \(server.accepted[content].cursor) (\(content)) of target \(target)")
        }
    }

    /// Ids that targets forget and, in batches, two owners at once allow copies.
    private var mayRepeat: Bool {
        stores.contains { $0.forgottenCount > 0 }
            || (mode == .exactlyOnceBatched && plan.isUnfenceable)
    }

    /// Whether anything of this history allows copies, or excuses a log group.
    var isWeakened: Bool {
        mayRepeat || (judge.usedSetups.count > 1 && !judge.isChangeClean) || !judge.refused.isEmpty
            || !judge.displaced.isEmpty
            || judge.weakCount > 0
    }

    private func noteEpoch(of group: LogGroupTruth) {
        let epoch = LaneKeys.epoch(of: group.cursor)
        if let last = judge.lastEpoch[group.shard], last != epoch { faults[.epochCrossing] += 1 }
        judge.lastEpoch[group.shard] = epoch
    }

    /// Refused because somebody else has written under its key.
    private func noteDisplaced(_ put: ExactPut, at place: Int) {
        let missing = put.write.elements.map(\.payload).filter { !stores[place].holds($0, for: put.write.target) }
        judge.displaced.formUnion(missing)
        put.sender.missing[put.write.id] = missing
    }

    // MARK: Delivered

    /// Whether a log group stands wherever one of the configurations wants it.
    func isDelivered(_ content: Content) -> Bool {
        guard mode.isExact else { return server.accepted[content].storedCount > 0 }
        let topic = server.accepted[content].topic
        return setups.indices.contains { setup in
            judge.usedSetups.contains(setup)
                && setups[setup].wanted[topic].allSatisfy { target in
                    stores[target].holds(content, for: target) || stores[stores.count - 1].holds(content, for: target)
                }
        }
    }

    /// At each save of a window: what somebody else displaced while its lane was at work must not be passed over.
    func judgeTold(_ task: SimulatedTask, _ cursor: Cursor) {
        guard let displaced = task.truth?.displaced else { return }
        if let content = displaced.first(where: { server.accepted[$0].cursor < cursor && !isDelivered($0) }) {
            violated(
                .nothingUntold,
                "shard \(task.shard) is saved at \(cursor), log group \(server.accepted[content].cursor) is displaced")
        }
        judgeFromCheckpoint(task, cursor)
    }

    /// What a task was told to begin at, it delivers from, also where that lies before the configured start.
    private func judgeFromCheckpoint(_ task: SimulatedTask, _ cursor: Cursor) {
        guard let told = task.told, plan.start == .absolute else { return }
        for content in server.logs[task.shard.value] {
            let group = server.accepted[content]
            if group.received >= absoluteStart || group.cursor >= cursor { return }
            if group.cursor >= told, !isDelivered(content) {
                violated(
                    .nothingLost, "shard \(task.shard) begins at \(told), log group \(group.cursor) is not delivered")
            }
        }
    }

    // MARK: The end

    /// What is still under way arrives, and then each store is read through: nothing that is not owed, nothing twice,
    /// nothing missing.
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
        for (place, store) in stores.enumerated() { readThrough(store, place) }
        for log in server.logs {
            for content in log where isOwed(server.accepted[content]) && !isDelivered(content) {
                if !judge.displaced.contains(content) {
                    violated(.nothingLost, "log group \(server.accepted[content].cursor) at the end")
                }
            }
        }
    }

    private func readThrough(_ store: TargetStore, _ place: Int) {
        var seen: [[Int]: Int] = [:]
        for record in store.records {
            let group = server.accepted[record.content]
            let isHere = place == record.origin || place == stores.count - 1
            if !isHere || !setups[record.setup].wanted[group.topic].contains(record.origin) {
                violated(.rightTarget, "log group \(group.cursor) in logstore \(place)")
            }
            let count = seen[[record.content, record.origin, record.setup], default: 0]
            seen[[record.content, record.origin, record.setup]] = count + 1
            if count == 1 { repeated(.storedOnce, record.content, record.origin) }
        }
    }
}
