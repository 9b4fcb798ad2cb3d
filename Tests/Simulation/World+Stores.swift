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
            for element in put.write.elements { judgeStored(element.payload, put, key) }
        case .failed(let error) where error.means(.invalidSequenceID):
            faults[.refusedID] += 1
            if stores[place].isDisplaced(key) { noteDisplaced(put, at: place) }
        case .failed(let error) where error.means(.postBodyInvalid) || error.means(.postBodyTooLarge):
            guard put.write.elements.count == 1, !put.write.isDeadLetter else { return }
            judge.refusedData.insert(Refusal(content: put.write.elements[0].payload, target: put.write.target))
        default: break
        }
    }

    /// Whose shard has been begun anew since it was sent.
    private func noteArrival(_ put: ExactPut) {
        if judge.lastWindow[put.sender.shard] == put.sender.serial { return }
        faults[mode == .exactlyOnceBatched ? .straggler : .zombie] += 1
    }

    private func judgeStored(_ content: Content, _ put: ExactPut, _ key: HashKey) {
        let group = server.accepted[content]
        let target = put.write.target
        if !setups[put.setup].wanted[group.topic].contains(target) {
            violated(.rightTarget, "log group \(group.cursor) in target \(target)")
        }
        if put.write.isDeadLetter {
            faults[put.write.deadLetter == .sealed ? .sealedLetter : .deadLetter] += 1
            judgeDeadLetter(content, target)
        }
        judgeCopies(
            of: Refusal(content: content, target: target), by: put.setup, under: key,
            isDeadLetter: put.write.isDeadLetter)
        if judge.isChangeClean, put.setup == SetupChoice.rerouted, isStored(content, by: SetupChoice.main) {
            repeated(.notAnew, Refusal(content: content, target: target), under: key)
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

    /// Only what its target has refused, alone and for what is in it, goes to the dead letters.
    func judgeDeadLetter(_ content: Content, _ target: Int) {
        if judge.refusedData.contains(Refusal(content: content, target: target)) { return }
        violated(.onlyRefused, "log group \(server.accepted[content].cursor) of target \(target)")
    }

    /// Within one configuration a log group stands once: in its target, or among the dead letters.
    /// Copies are judged by the key that they stand under, which is another for dead letters.
    func judgeCopies(of place: Refusal, by setup: Int, under key: HashKey, isDeadLetter: Bool) {
        let own = stores[place.target].count(place.content, for: place.target, by: setup)
        let dead = stores[stores.count - 1].count(place.content, for: place.target, by: setup)
        if (isDeadLetter ? dead : own) > 1 {
            let isExcused = isDeadLetter && judge.refusedLetters.contains(place)
            if isExcused { judge.weakCount += 1 } else { repeated(.storedOnce, place, under: key) }
        }
        guard own > 0, dead > 0 else { return }
        if judge.refused.contains(place) { return judge.weakCount += 1 }
        repeated(.notBoth, place, under: key)
    }

    private func repeated(_ property: Violation.Property, _ place: Refusal, under key: HashKey) {
        if mayRepeat(under: key) { return judge.weakCount += 1 }
        violated(
            property, "log group \(server.accepted[place.content].cursor) (\(place.content)) of target \(place.target)")
    }

    /// What allows copies: an id of the key that was forgotten; in batches also two owners at once.
    private func mayRepeat(under key: HashKey) -> Bool {
        if stores.contains(where: { $0.forgottenKeys.contains(key) }) { return true }
        return mode == .exactlyOnceBatched && judge.isUnfenced
    }

    /// Whether anything of this history allows copies, or excuses a log group.
    var isWeakened: Bool {
        stores.contains { $0.forgottenCount > 0 } || (mode == .exactlyOnceBatched && judge.isUnfenced)
            || (judge.usedSetups.count > 1 && !judge.isChangeClean) || !judge.refused.isEmpty
            || !judge.refusedLetters.isEmpty || !judge.displaced.isEmpty || judge.weakCount > 0
    }

    private func noteEpoch(of group: LogGroupTruth) {
        let epoch = LaneKeys.epoch(of: group.cursor)
        if let last = judge.lastEpoch[group.shard], last != epoch { faults[.epochCrossing] += 1 }
        judge.lastEpoch[group.shard] = epoch
    }

    /// Refused because somebody else has written under its key.
    private func noteDisplaced(_ put: ExactPut, at place: Int) {
        let missing = put.write.elements.map { Refusal(content: $0.payload, target: put.write.target) }
            .filter { !stores[place].holds($0.content, for: $0.target) }
        if !missing.isEmpty { faults[.foreignWriter] += 1 }
        judge.displaced.formUnion(missing)
        put.sender.missing[put.write.id] = missing
    }

    // MARK: Delivered

    /// Whether a log group stands in its target or among that one's dead letters.
    private func stands(_ content: Content, for target: Int) -> Bool {
        stores[target].holds(content, for: target) || stores[stores.count - 1].holds(content, for: target)
    }

    /// Whether a log group stands wherever one of the configurations wants it, but for what somebody else displaced there.
    func isDelivered(_ content: Content) -> Bool {
        guard mode.isExact else { return server.accepted[content].storedCount > 0 }
        let topic = server.accepted[content].topic
        return setups.indices.contains { setup in
            judge.usedSetups.contains(setup)
                && setups[setup].wanted[topic].allSatisfy { target in
                    stands(content, for: target)
                        || judge.displaced.contains(Refusal(content: content, target: target))
                }
        }
    }

    /// At each save of a window: what somebody else displaced while its lane was at work must not be passed over.
    func judgeTold(_ task: SimulatedTask, _ cursor: Cursor) {
        let displaced = task.truth?.displaced ?? []
        for place in displaced where server.accepted[place.content].cursor < cursor {
            if stands(place.content, for: place.target) { continue }
            violated(
                .nothingUntold,
                "shard \(task.shard) is saved at \(cursor), log group \(server.accepted[place.content].cursor) is displaced"
            )
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
}
