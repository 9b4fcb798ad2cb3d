import FakeSLS
import SLSConsumer
import SLSProtocol

/// What goes wrong, and when.
extension World {
    /// Log groups come in at the plan's pace, a few more at once now and then.
    func produce() {
        guard now < plan.faultsEnd else { return }
        for _ in 0..<(chance.happens(perMille: 50) ? 12 : 1) {
            acceptOne()
        }
        queue.push(.init(.produce, at: now + chance.span(around: plan.sourcePace)))
    }

    /// A log group comes in.
    func acceptOne() {
        let topic = chance.below(plan.topicCount)
        let key = HashKey(value: UInt128(chance.next()) << 64)
        let isPoison = exact.map { chance.happens(perMille: $0.poisonPerMille) } ?? false
        let isBehindGap = plan.gapPerMille > 0 && chance.happens(perMille: plan.gapPerMille)
        server.accept(
            Draft(topic: topic, isPoison: isPoison, byteCount: exact?.byteCount(&sizes) ?? 1_000),
            skippedCount: isBehindGap ? chance.within(1...5) : 0, key: key, at: now)
    }

    func beginFaults() {
        for index in plan.recurring.indices { schedule(index, after: .seconds(5)) }
        if plan.isSplitBefore { scheduleOnce(.splitBefore, at: .milliseconds(1_500)) }
        if plan.isSplitBefore { scheduleOnce(.splitBefore, at: .milliseconds(2_500)) }
        if plan.isMadeByHand { scheduleOnce(.madeByHand, at: .milliseconds(3_500)) }
        // In every history: a consumer at work ends, and is away for so long that another gets its shards.
        scheduleOnce(.takeOver, at: plan.takeOverTime + chance.span(.zero ... .seconds(3)))
        if plan.start == .end, !plan.isMadeByHand, chance.happens(perMille: 150) {
            scheduleOnce(.makerCrash, at: .seconds(4) + chance.span(.zero ... .seconds(1)))
        }
        if plan.isUnfenceable {
            for fault in [Fault.timeoutLowered, .timeoutRaised, .groupRemade] where chance.happens(perMille: 400) {
                scheduleOnce(fault, at: .seconds(8) + chance.span(.zero...(plan.faultsEnd - .seconds(8))))
            }
        }
        if exact?.isReset == true {
            scheduleOnce(.resetBeforeStart, at: .seconds(9) + chance.span(.zero...(plan.faultsEnd - .seconds(10))))
        }
        queue.push(.init(.look, at: plan.faultsEnd))
    }

    /// Recurring faults have their place in the plan as number, others stand behind them.
    private func schedule(_ index: Int, after wait: TrueTime) {
        let due = now + wait + chance.span(around: plan.recurring[index].mean)
        if due < plan.faultsEnd { queue.push(.init(.fault, at: due, number: index)) }
    }

    private func scheduleOnce(_ fault: Fault, at due: TrueTime) {
        queue.push(.init(.fault, at: due, number: plan.recurring.count + fault.rawValue))
    }

    func fault(_ number: Int) {
        guard isStormy else { return }
        if number < plan.recurring.count {
            begin(plan.recurring[number].fault)
            schedule(number, after: .zero)
        } else if let fault = Fault(rawValue: number - plan.recurring.count) {
            begin(fault)
        }
    }

    private func begin(_ fault: Fault) {
        let process = processes[chance.below(processes.count)]
        tell("fault \(fault) \(process.name)")
        switch fault {
        case .crash: crash(process, awayFor: absence())
        case .takeOver: crashAtWork()
        case .makerCrash: crashMaker()
        case .longPause: pause(process, for: chance.span(.seconds(4) ... .seconds(2 * plan.timeoutSeconds)), .longPause)
        case .hiccup: pause(process, for: chance.span(.milliseconds(100) ... .seconds(3)), .hiccup)
        case .shutDown: shutDown(process)
        case .partition:
            process.cutUntil = now + chance.span(.seconds(1) ... .seconds(2 * plan.timeoutSeconds))
            faults[fault] += 1
        case .deafness:
            process.deafUntil = now + chance.span(.seconds(1) ... .seconds(3 * plan.timeoutSeconds))
            faults[fault] += 1
        case .split, .splitBefore, .merge: cut(fault)
        case .serverRestart:
            guard server.isUp else { return }
            server.isUp = false
            faults[fault] += 1
            queue.push(.init(.serverStart, at: now + chance.span(.milliseconds(50) ... .seconds(5))))
        case .targetDown:
            targets[chance.below(targets.count)].downUntil = now + chance.span(.seconds(1) ... .seconds(20))
        case .targetRefusal:
            targets[chance.below(targets.count)].refusingUntil = now + chance.span(.milliseconds(200) ... .seconds(8))
        case .targetShut:
            targets[chance.below(targets.count)].shut = (
                now + chance.span(.seconds(1) ... .seconds(20)),
                chance.pick([.unauthorized, .projectNotExist, .logStoreNotExist])
            )
        case .madeByHand:
            server.setGroup(.init(timeout: .seconds(plan.timeoutSeconds), inOrder: plan.inOrder))
            judge.noteGroupMade(byHand: true, at: now)
            faults[fault] += 1
        case .timeoutLowered, .timeoutRaised: changeTimeout(fault)
        case .groupRemade: remakeGroup()
        case .restartWithinTimeout, .requestLost, .answerLost, .slowMessage, .doubledRequest, .lateSave,
            .lateFirstSave, .clockRates, .heartbeatCopy:
            preconditionFailure("\(fault) comes by itself")
        default: beginExact(fault)
        }
    }

    // MARK: Processes

    private func crash(_ process: SimulatedProcess, awayFor time: TrueTime) {
        guard process.state != .down else { return }
        faults[.crash] += 1
        end(process)
        restart(process, after: time)
    }

    /// Where requests live for a moment only, whoever sent one often comes back within it.
    private func absence() -> TrueTime {
        let isShort = mode == .exactlyOnceBatched && chance.happens(perMille: 600)
        return chance.span(.milliseconds(100)...(isShort ? .seconds(1) : .seconds(15)))
    }

    /// Somebody who works, with another to take over.
    private func crashAtWork() {
        let atWork = processes.filter { $0.state == .running && $0.tasks.contains(where: \.isAtWork) }
        guard !atWork.isEmpty else { return scheduleOnce(.takeOver, at: now + .seconds(1)) }
        let timeout = server.group?.settings.timeout ?? .seconds(plan.timeoutSeconds)
        judge.hasCrashedAtWork = true
        crash(chance.pick(atWork), awayFor: .seconds(2 * Int(timeout.components.seconds)))
    }

    private func crashMaker() {
        if let maker = judge.maker {
            return crash(processes[maker.process], awayFor: chance.span(.seconds(1) ... .seconds(20)))
        }
        if !judge.isGroupMade { scheduleOnce(.makerCrash, at: now + .milliseconds(2)) }
    }

    private func pause(_ process: SimulatedProcess, for time: TrueTime, _ fault: Fault) {
        guard process.state == .running else { return }
        faults[fault] += 1
        process.state = .paused
        noteMakerHindered(process.index, process.life)
        queue.push(.init(.resume, at: now + time, process: process.index, life: process.life))
    }

    private func shutDown(_ process: SimulatedProcess) {
        guard process.state == .running else { return }
        faults[.shutDown] += 1
        tellToStop(process)
    }

    func tellToStop(_ process: SimulatedProcess) {
        process.isToldToStop = true
        if process.membership != nil { post(.membership(.shutDown), to: process) }
    }

    // MARK: The server

    private func cut(_ fault: Fault) {
        let writable = server.map.writable
        guard server.isUp, let shard = writable.isEmpty ? nil : chance.pick(writable).id else { return }
        let isDone: Bool
        if fault == .merge {
            isDone = server.merge(shard, at: now)
        } else {
            isDone = server.map.shards.count < 4 * plan.shardCount + 4 && server.split(shard, at: now)
        }
        if isDone { faults[fault] += 1 }
    }

    func serverStarts() {
        server.restart(at: now)
        for (index, log) in server.logs.enumerated() where index < judge.provenCounts.count {
            judge.provenCounts[index] = min(judge.provenCounts[index], log.count)
        }
    }

    private func changeTimeout(_ fault: Fault) {
        guard server.isUp, var settings = server.group?.settings else { return }
        let seconds = Int(settings.timeout.components.seconds)
        let changed =
            fault == .timeoutLowered ? chance.within(6...max(6, seconds - 1)) : seconds + chance.within(1...10)
        guard changed != seconds else { return }
        faults[fault] += 1
        settings.timeout = .seconds(changed)
        server.update(settings)
        if fault == .timeoutLowered {
            judge.isUnfenced = true
            // What was learned must hold when nothing more is heard.
            for _ in 0..<2 { scheduleOnce(.partition, at: now + chance.span(.seconds(4) ... .seconds(9))) }
            for process in processes where process.state != .down { process.ignorance.ofTimeout = true }
            for process in processes { for task in process.tasks { task.exemption.ofTimeout = true } }
        }
    }

    private func remakeGroup() {
        guard server.isUp, let settings = server.group?.settings else { return }
        faults[.groupRemade] += 1
        judge.isUnfenced = true
        server.setGroup(nil)
        server.setGroup(settings)
        judge.noteGroupMade(byHand: true, at: now)
        for process in processes { forget(process, until: lastSerial) }
        // What lies before the checkpoints was never delivered with the start that now holds: all begin there, under new keys.
        if judge.answer != nil { restartAll(with: SetupChoice.renamed) }
    }
}
