import SLSClient
import SLSConsumer
import SLSProtocol

/// What lies between the processes and the services: it delays, loses, doubles and reorders.
extension World {
    private static let slowest = TrueTime.seconds(20)
    private static let zombieAge = TrueTime.seconds(90)

    func send(_ request: Request, from process: SimulatedProcess, for purpose: Purpose, within limit: Duration) {
        let call = serial()
        let deadline = process.clock.time(after: limit, from: now)
        process.calls.append(PendingCall(serial: call, purpose: purpose, deadline: deadline))
        let envelope = Envelope(
            request: request, process: process.index, life: process.life, call: call, deadline: deadline)
        if isLost(process, isAnswer: false) { return giveUp(envelope) }
        var delay = travel(&faults)
        if case .putExact = request { delay = writeTravel(envelope, delay) }
        forward(envelope, after: delay)
        double(envelope, after: delay)
        // Whoever waits gives up at his own time, however late it arrives.
        if now + delay > deadline { giveUp(envelope) }
    }

    private func forward(_ envelope: Envelope, after delay: TrueTime) {
        queue.push(.init(.request, at: now + delay, number: envelopes.put(envelope)))
    }

    /// A copy that somebody on the way makes; nobody hears its answer.
    private func double(_ envelope: Envelope, after delay: TrueTime) {
        guard plan.doublePerMille > 0, isStormy, chance.happens(perMille: plan.doublePerMille) else { return }
        var late = delay + chance.span(.zero...Self.slowest)
        if case .heartbeat = envelope.request {
            // A second hearing right after the first changes nothing; a later one is a fault of its own.
            if plan.isUnfenceable { late = delay + chance.span(.zero ... .seconds(6)) } else { late = delay }
        }
        faults[.doubledRequest] += 1
        forward(envelope.copy, after: late)
    }

    private func travel(_ faults: inout FaultCounts) -> TrueTime {
        if plan.slowPerMille > 0, isStormy, chance.happens(perMille: plan.slowPerMille) {
            faults[.slowMessage] += 1
            return chance.span(plan.latency.lowerBound...Self.slowest)
        }
        return isStormy ? chance.span(plan.latency) : chance.span(.milliseconds(1) ... .milliseconds(5))
    }

    /// A write takes as long as it likes, or a proxy sends it twice: the answer is that of the second.
    private func writeTravel(_ envelope: Envelope, _ delay: TrueTime) -> TrueTime {
        guard let exact, isStormy else { return delay }
        if exact.proxyRepeatPerMille > 0, chance.happens(perMille: exact.proxyRepeatPerMille) {
            faults[.proxyRepeat] += 1
            forward(envelope.copy, after: delay)
            return delay + chance.span(.milliseconds(1) ... .milliseconds(200))
        }
        if exact.copyPerMille > 0, chance.happens(perMille: exact.copyPerMille) {
            faults[.doubledRequest] += 1
            forward(envelope.copy, after: delay + chance.span(.milliseconds(5) ... .seconds(1)))
        }
        guard exact.zombiePerMille > 0, chance.happens(perMille: exact.zombiePerMille) else { return delay }
        // Where none lives long after its sender, most of them come about that late.
        let isShort = mode == .exactlyOnceBatched && chance.happens(perMille: 750)
        return chance.span(.zero...(isShort ? .seconds(5) : Self.zombieAge))
    }

    private func isLost(_ process: SimulatedProcess, isAnswer: Bool) -> Bool {
        if now < process.cutUntil || (isAnswer && now < process.deafUntil) { return true }
        guard plan.lossPerMille > 0, isStormy, chance.happens(perMille: plan.lossPerMille) else { return false }
        faults[isAnswer ? .answerLost : .requestLost] += 1
        return true
    }

    /// Nothing will come back: the caller finds out when its time is over.
    func giveUp(_ envelope: Envelope) {
        guard envelope.call > 0 else { return }
        noteMakerHindered(envelope.process, envelope.life)
        queue.push(
            .init(
                .callTimeout, at: max(now, envelope.deadline), process: envelope.process, life: envelope.life,
                number: envelope.call))
    }

    // MARK: Arrival

    /// A request has come to where it is answered.
    func arrive(_ envelope: Envelope) {
        let answer: Answer
        if case .put(let content, let target) = envelope.request {
            answer = put(content, target)
            tell("      target \(target): \(content) -> \(answer)")
        } else if case .putExact(let put) = envelope.request {
            return arrive(put, envelope)
        } else {
            guard server.isUp, mayBeHeard(envelope), !isOutwaited(envelope) else { return giveUp(envelope) }
            let before = judge.before(envelope.request, server)
            answer = server.answer(envelope.request, at: now)
            judged(envelope, answer, before)
            tell("      server: \(envelope.request) of \(envelope.process)/\(envelope.life) -> \(answer)")
        }
        self.answer(envelope, answer)
    }

    /// An answer sets out.
    func answer(_ envelope: Envelope, _ answer: Answer) {
        guard envelope.call > 0 else { return }
        let process = processes[envelope.process]
        let delay = travel(&faults)
        if isLost(process, isAnswer: true) || now + delay > envelope.deadline { return giveUp(envelope) }
        queue.push(
            .init(
                .answer, at: now + delay, process: envelope.process, life: envelope.life,
                number: answers.put((envelope.call, answer))))
    }

    /// A late copy of an older save, once everybody is about to stop: whoever ends in order waits for it, and saves again
    /// what it took back.
    private func isOutwaited(_ envelope: Envelope) -> Bool {
        guard case .save(let shard, _, _, _, let number) = envelope.request, judge.change.isBegun else { return false }
        return number < judge.lastSave[shard] ?? 0
    }

    /// A copy of a heartbeat is heard late only where that fault is played. It tells the server nothing new, unless a later
    /// one has overtaken it, or the answer to the first hearing has granted what it does not report.
    private func mayBeHeard(_ envelope: Envelope) -> Bool {
        guard case .heartbeat(_, _, let number) = envelope.request else { return true }
        let last = judge.lastHeartbeat[envelope.process]
        if number > last {
            judge.lastHeartbeat[envelope.process] = number
            judge.hasGrantedMore[envelope.process] = false
            return true
        }
        if number == last, !plan.isUnfenceable { return true }
        guard plan.isUnfenceable, isStormy else { return false }
        if number == last, !judge.hasGrantedMore[envelope.process] { return true }
        faults[.heartbeatCopy] += 1
        judge.isUnfenced = true
        forget(processes[envelope.process], until: judge.lastHeartbeat[envelope.process])
        return true
    }
}
