import FakeSLS
import SLSConsumer
import SLSProtocol

/// The judge's looks at the group: its beginning, its checkpoints, and whether all is settled.
extension World {
    /// The server has acted on a request.
    func judged(_ envelope: Envelope, _ answer: Answer, _ before: Bool) {
        switch (envelope.request, answer) {
        case (.createGroup, .done) where before:
            judge.noteGroupMade(byHand: false, at: now)
            judge.maker = (envelope.process, envelope.life)
            if envelope.call == 0 || processes[envelope.process].life != envelope.life { makerLost() }
        case (.heartbeat(_, let reported, _), .granted(let granted)) where envelope.call > 0:
            judge.hasGrantedMore[envelope.process] = !Set(granted).isSubset(of: reported)
        case (.save(let shard, _, let name, _, let number), .done):
            if number < judge.lastSave[shard] ?? 0, name != nil { faults[.lateSave] += 1 }
            judge.lastSave[shard] = max(judge.lastSave[shard] ?? 0, number)
            if name == nil, before { noteLateFirstSave(shard) }
            noteStartCompleted()
        default: break
        }
    }

    /// A first checkpoint of the group's maker came late, and set back a shard that others have begun, even one that was
    /// over. It is forced, so no client can fence it.
    private func noteLateFirstSave(_ shard: ShardID) {
        faults[.lateFirstSave] += 1
        for process in processes {
            for task in process.tasks where task.shard == shard { task.exemption.ofTable = true }
        }
    }

    /// From when on nothing may be lost by those that start at the end: every shard has a checkpoint.
    private func noteStartCompleted() {
        guard judge.startCompleted == nil, let group = server.group else { return }
        if group.shardRows.allSatisfy({ $0.checkpoint != nil }) { judge.startCompleted = now }
    }

    func noteMakerDone(_ process: SimulatedProcess) {
        guard let maker = judge.maker, maker == (process.index, process.life) else { return }
        judge.maker = nil
        judge.makerDone = now
    }

    func noteMakerGone(_ process: SimulatedProcess) {
        if let maker = judge.maker, maker == (process.index, process.life) { makerLost() }
    }

    /// It was stopped, or one of its calls got no answer.
    func noteMakerHindered(_ process: Int, _ life: Int) {
        if let maker = judge.maker, maker == (process, life) { judge.isFloodPossible = true }
    }

    private func makerLost() {
        judge.maker = nil
        judge.isFloodPossible = true
        if plan.start == .end { faults[.makerCrash] += 1 }
    }

    func noteRestart(of process: SimulatedProcess) {
        server.expire(at: now)
        if server.group?.isAlive(process.name) == true { faults[.restartWithinTimeout] += 1 }
    }

    // MARK: Liveness

    /// Ends the faults, once; then looks twice a second whether all is settled.
    func look() {
        // Every history has its crash at work, once there is somebody at work.
        if isStormy, judge.hasCrashedAtWork || now > plan.faultsEnd + .seconds(60) { calm() }
        if isStormy { return queue.push(.init(.look, at: now + .seconds(1))) }
        if !changeRoutes(isSettled: isAllSettled()) { return judge.isSettled = true }
        if now > judge.calmed + plan.settleSpan {
            judge.violation = Violation(
                property: .settles, time: Double(now.nanoseconds) / 1e9, detail: unsettled())
        }
        queue.push(.init(.look, at: now + .milliseconds(500)))
    }

    private func calm() {
        tell("the faults are over")
        isStormy = false
        judge.calmed = now
        if !server.isUp { serverStarts() }
        for index in targets.indices { targets[index].recover() }
        for process in processes {
            process.cutUntil = .zero
            process.deafUntil = .zero
            if process.state == .paused {
                queue.push(.init(.resume, at: now, process: process.index, life: process.life))
            }
        }
    }

    private func isAllSettled() -> Bool {
        guard let group = server.group, processes.contains(where: { $0.membership != nil }) else { return false }
        server.expire(at: now)
        for shard in server.map.shards {
            guard let row = server.row(shard.id, at: now) else { return false }
            if shard.isReadOnly {
                if row.state != .over { return false }
            } else {
                guard row.state == .allocated, row.checkpoint?.cursor == server.end(of: shard.id), isWorkedOn(row)
                else { return false }
            }
        }
        guard isEven(group) else { return false }
        return server.logs.indices.allSatisfy { index in
            let shard = ShardID(index)
            if let end = server.end(of: shard) { judgeEnd(shard, end) }
            return judge.provenCounts[index] == server.logs[index].count
        }
    }

    /// Whether the holder is there and at work.
    private func isWorkedOn(_ row: GroupCoordinator.ShardRow) -> Bool {
        processes.contains { process in
            process.name == row.holder && process.tasks.contains { $0.shard == row.shard && $0.isAtWork }
        }
    }

    /// The loads of any two members differ by one at most.
    private func isEven(_ group: GroupCoordinator) -> Bool {
        var loads = [Int](repeating: 0, count: group.consumers.count)
        for row in group.shardRows {
            if let place = group.consumers.firstIndex(where: { $0.name == row.holder }) { loads[place] += 1 }
        }
        return (loads.max() ?? 0) - (loads.min() ?? 0) <= 1
    }

    private func unsettled() -> String {
        let rows = server.group?.shardRows.map { row in
            "shard \(row.shard) \(row.state) holder \(row.holder.map(\.value) ?? "-") saved "
                + "\(row.checkpoint?.cursor.map(\.description) ?? "-") of \(server.end(of: row.shard).map(\.description) ?? "-")"
        }
        return rows?.joined(separator: "; ") ?? "no group"
    }
}
