import Dispatcher
import FakeSLS
import SLSClient
import SLSProtocol

/// A target logstore's surroundings, and what is wrong with them.
struct SimulatedTarget {
    /// It answers 5xx to everything until then.
    var downUntil = TrueTime.zero
    /// It refuses everything for good until then.
    var refusingUntil = TrueTime.zero
    /// It refuses everybody until then, and how.
    var shut: (until: TrueTime, code: APIError.Code) = (.zero, .unauthorized)
    /// It has no room until then.
    var fullUntil = TrueTime.zero
    /// No connection comes about until then.
    var unreachableUntil = TrueTime.zero
    /// Requests of the next transaction.
    var waiting: [Envelope] = []

    /// Nothing is wrong any more.
    mutating func recover() {
        downUntil = .zero
        refusingUntil = .zero
        shut.until = .zero
        fullUntil = .zero
        unreachableUntil = .zero
    }
}

/// How targets answer: at least once by a count beside each log group, exactly once from their stores.
extension World {
    func put(_ content: Content, _ target: Int) -> Answer {
        if let refusal = refusalOfEverybody(at: target) { return .failed(refusal) }
        if now < targets[target].downUntil
            || (isStormy && plan.putFailurePerMille > 0 && chance.happens(perMille: plan.putFailurePerMille))
        {
            faults[.targetDown] += 1
            return .failed(.api(APIError(.internalServerError, ""), requestID: ""))
        }
        if now < targets[target].refusingUntil {
            faults[.targetRefusal] += 1
            return .failed(.api(APIError(.postBodyInvalid, ""), requestID: ""))
        }
        judgeStored(content, target)
        return .done
    }

    // MARK: Exactly once

    /// The logstore that a write goes to; the dead letters are the last.
    private func place(of put: ExactPut) -> Int { put.write.isDeadLetter ? stores.count - 1 : put.write.target }

    /// A write has come to its target, which runs it with others in its next transaction.
    func arrive(_ put: ExactPut, _ envelope: Envelope) {
        guard mayArrive(put) else {
            faults[.tooLate] += 1
            return giveUp(envelope)
        }
        let place = place(of: put)
        if let failure = failure(at: place) { return answer(envelope, .failed(failure)) }
        targets[place].waiting.append(envelope)
        guard targets[place].waiting.count == 1 else { return }
        if let length = exact?.turnLength, length > .zero, isStormy {
            queue.push(.init(.turn, at: now + chance.span(.zero...length), number: place))
        } else {
            turn(place)
        }
    }

    private func refusalOfEverybody(at place: Int) -> ClientError? {
        guard now < targets[place].shut.until else { return nil }
        faults[.targetShut] += 1
        return .api(APIError(targets[place].shut.code, ""), requestID: "")
    }

    private func failure(at place: Int) -> ClientError? {
        if now < targets[place].unreachableUntil {
            faults[.unreachable] += 1
            return .transport(TransportFailure(.couldNotConnect, ""))
        }
        if let refusal = refusalOfEverybody(at: place) { return refusal }
        if now < targets[place].downUntil
            || (isStormy && plan.putFailurePerMille > 0 && chance.happens(perMille: plan.putFailurePerMille))
        {
            faults[.targetDown] += 1
            return .api(APIError(.internalServerError, ""), requestID: "")
        }
        return nil
    }

    /// One transaction of a target: `Turn` says what may be answered.
    func turn(_ place: Int) {
        let waiting = targets[place].waiting
        targets[place].waiting.removeAll()
        let isLost = isStormy && (exact.map { chance.happens(perMille: $0.lostCommitPerMille) } ?? false)
        let before = isLost ? stores[place] : nil
        let forgottenCount = stores[place].forgottenCount
        var turn = Turn<Answer>(requestCount: waiting.count)
        var gathered: [Answer] = []
        while let index = turn.next {
            let answer = judged(waiting[index], at: place)
            gathered.append(answer)
            if case .done = answer { turn.record(.answered(answer)) } else { turn.record(.refused(answer)) }
        }
        turn.ended(committed: !isLost)
        var answers = turn.answers()
        if !rules.store.contains(.answersAfterCommit) { answers = gathered }
        if turn.needsReload, let before { stores[place] = before }
        faults[.idsForgotten] += stores[place].forgottenCount - forgottenCount
        if isLost {
            faults[.lostCommit] += 1
        } else {
            for (envelope, answer) in zip(waiting, gathered) { committed(envelope, answer, at: place) }
        }
        // A target that ended with the transaction says nothing at all.
        if answers == nil, chance.happens(perMille: 500) { return waiting.forEach { giveUp($0) } }
        let lost = Answer.failed(.api(APIError(.internalServerError, ""), requestID: ""))
        for (index, envelope) in waiting.enumerated() {
            var said = answers?[index] ?? lost
            if let exact, isStormy, exact.falseErrorPerMille > 0, case .done = said,
                chance.happens(perMille: exact.falseErrorPerMille)
            {
                faults[.falseError] += 1
                said = lost
            }
            tell("      target \(place): \(envelope.request) of \(envelope.process)/\(envelope.life) -> \(said)")
            answer(envelope, said)
        }
    }

    /// What the store says to a write, inside of the transaction.
    private func judged(_ envelope: Envelope, at place: Int) -> Answer {
        guard case .putExact(let put) = envelope.request else { preconditionFailure("not a write: \(envelope)") }
        do throws(APIError) {
            try stores[place].take(put, now: server.now(now).nanoseconds, rules: rules.store) {
                store throws(APIError) in
                try judgeData(of: put, store, at: place)
            }
            return .done
        } catch {
            return .failed(.api(error, requestID: ""))
        }
    }

    private func judgeData(of put: ExactPut, _ store: TargetStore, at place: Int) throws(APIError) {
        if put.write.elements.contains(where: { isRefused($0.payload, put.write.deadLetter) }) {
            throw APIError(.postBodyInvalid, "")
        }
        if !put.write.isDeadLetter, let exact, byteCount(of: put.write) > exact.targetByteCount {
            faults[.tooLarge] += 1
            throw APIError(.postBodyTooLarge, "")
        }
        let isOfOneNode =
            isStormy
            && exact.map { $0.nodeRefusalPerMille > 0 && chance.happens(perMille: $0.nodeRefusalPerMille) }
                ?? false
        if now < targets[place].refusingUntil || isOfOneNode {
            faults[isOfOneNode ? .nodeRefusal : .targetRefusal] += 1
            noteRefused(put, store)
            throw APIError(.postBodyInvalid, "")
        }
        if now < targets[place].fullUntil {
            faults[.quotaStorm] += 1
            throw APIError(.shardWriteQuotaExceed, "")
        }
    }

    /// Whether a log group is refused for good for what is in it: by its target, and every other one as it is by the
    /// dead-letter logstore, too.
    private func isRefused(_ content: Content, _ form: DeadLetterForm?) -> Bool {
        guard server.accepted[content].isPoison else { return false }
        return form == nil || form == .plain && content % 2 == 0
    }

    func byteCount(of write: Delivery<Content>.Write) -> Int {
        write.elements.reduce(0) { $0 + server.accepted[$1.payload].byteCount }
    }

    /// A target refuses for a while what it takes before and after. Where a log group that goes alone has not been stored,
    /// or is not known to be, it may come to stand there all the same, beside the dead letter that it becomes; and so may a
    /// dead letter, beside its sealed form.
    private func noteRefused(_ put: ExactPut, _ store: TargetStore) {
        guard put.write.elements.count == 1 else { return }
        let content = put.write.elements[0].payload
        let isForgotten = store.hasForgotten(put.write.address, now: server.now(now).nanoseconds)
        guard isForgotten || store.count(content, for: put.write.target, by: put.setup) == 0 else { return }
        let refusal = Refusal(content: content, target: put.write.target)
        switch put.write.deadLetter {
        case nil: judge.refused.insert(refusal)
        case .plain: judge.refusedLetters.insert(refusal)
        case .sealed: break
        }
    }

    /// Whether a write may still be under way: without an end, but for batches, which live no longer than D after their
    /// sender was answered, gave them up, or stopped. D is measured by clocks that may run fast by a twentieth.
    private func mayArrive(_ put: ExactPut) -> Bool {
        guard mode == .exactlyOnceBatched, let exact else { return true }
        let longest = TrueTime(nanoseconds: exact.batchWait.nanoseconds * 9 / 10)
        if now <= put.sent + longest { return true }
        if let ended = put.attempt.ended, now > ended + longest { return false }
        guard let stopped = put.sender.stopped else {
            return processes[put.sender.process].state == .running && isHolder(put.sender)
        }
        return stopped.isHeld && now <= stopped.time + longest
    }

    /// Whether the server's table names the process of a window.
    func isHolder(_ sender: WindowTruth) -> Bool {
        server.row(sender.shard, at: now)?.holder == processes[sender.process].name
    }
}
