import SLSClient
import SLSConsumer
import SLSProtocol

/// A target logstore, and what is wrong with it.
struct SimulatedTarget {
    /// It answers 5xx to everything until then.
    var downUntil = TrueTime.zero
    /// It refuses everything for good until then.
    var refusingUntil = TrueTime.zero
}

/// What lies between the processes and the services: it delays, loses, doubles and reorders.
extension World {
    private static let slowest = TrueTime.seconds(20)

    func send(_ request: Request, from process: SimulatedProcess, for purpose: Purpose, within limit: Duration) {
        let call = serial()
        let deadline = process.clock.time(after: limit, from: now)
        process.calls.append(PendingCall(serial: call, purpose: purpose, deadline: deadline))
        let envelope = Envelope(
            request: request, process: process.index, life: process.life, call: call, deadline: deadline)
        if isLost(process, isAnswer: false) { return giveUp(envelope) }
        let delay = travel(&faults)
        forward(envelope, after: delay)
        double(envelope, after: delay)
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
        forward(
            Envelope(
                request: envelope.request, process: envelope.process, life: envelope.life, call: 0,
                deadline: envelope.deadline),
            after: late)
    }

    private func travel(_ faults: inout FaultCounts) -> TrueTime {
        if plan.slowPerMille > 0, isStormy, chance.happens(perMille: plan.slowPerMille) {
            faults[.slowMessage] += 1
            return chance.span(plan.latency.lowerBound...Self.slowest)
        }
        return isStormy ? chance.span(plan.latency) : chance.span(.milliseconds(1) ... .milliseconds(5))
    }

    private func isLost(_ process: SimulatedProcess, isAnswer: Bool) -> Bool {
        if now < process.cutUntil || (isAnswer && now < process.deafUntil) { return true }
        guard plan.lossPerMille > 0, isStormy, chance.happens(perMille: plan.lossPerMille) else { return false }
        faults[isAnswer ? .answerLost : .requestLost] += 1
        return true
    }

    /// Nothing will come back: the caller finds out when its time is over.
    private func giveUp(_ envelope: Envelope) {
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
        } else {
            guard server.isUp, mayBeHeard(envelope) else { return giveUp(envelope) }
            let before = judge.before(envelope.request, server)
            answer = server.answer(envelope.request, at: now)
            judged(envelope, answer, before)
            tell("      server: \(envelope.request) of \(envelope.process)/\(envelope.life) -> \(answer)")
        }
        guard envelope.call > 0 else { return }
        let process = processes[envelope.process]
        let delay = travel(&faults)
        if isLost(process, isAnswer: true) || now + delay > envelope.deadline { return giveUp(envelope) }
        queue.push(
            .init(
                .answer, at: now + delay, process: envelope.process, life: envelope.life,
                number: answers.put((envelope.call, answer))))
    }

    private func put(_ content: Content, _ target: Int) -> Answer {
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

    /// A heartbeat that a later one has overtaken is heard only where that fault is played.
    private func mayBeHeard(_ envelope: Envelope) -> Bool {
        guard case .heartbeat(_, _, let number) = envelope.request else { return true }
        let last = judge.lastHeartbeat[envelope.process]
        if number > last {
            judge.lastHeartbeat[envelope.process] = number
            return true
        }
        if number == last, !plan.isUnfenceable { return true }
        guard plan.isUnfenceable, isStormy else { return false }
        faults[.heartbeatCopy] += 1
        forget(processes[envelope.process], until: judge.lastHeartbeat[envelope.process])
        return true
    }
}
