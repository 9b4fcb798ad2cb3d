import Dispatcher
import FakeSLS
import SLSConsumer
import SLSProtocol

/// The judge's looks at what happens.
extension World {
    func violated(_ property: Violation.Property, _ detail: @autoclosure () -> String) {
        guard judge.violation == nil else { return }
        judge.violation = Violation(
            property: property, time: Double(now.nanoseconds) / 1e9, detail: detail())
    }

    /// A promise that the unfenceable faults may break is noted, others are violations.
    private func violated(
        _ property: Violation.Property, by tasks: SimulatedTask..., detail: @autoclosure () -> String
    ) {
        if tasks.contains(where: \.exemption.isAny) { judge.weakCount += 1 } else { violated(property, detail()) }
    }

    // MARK: Writes and saves

    /// At the start of every write.
    func judgeWrite(_ write: Delivery<Content>.Write, of task: SimulatedTask, in process: SimulatedProcess) {
        let row = server.row(task.shard, at: now)
        // Over by a late copy of its own save: what is written is there already, and nobody else can have the shard.
        let isRepeat = row?.state == .over && write.elements.allSatisfy { isDelivered($0.payload) }
        if row?.holder != process.name, !isRepeat {
            violated(
                .writeByHolder, by: task,
                detail: "\(process.name) writes of shard \(task.shard), the table says \(row.debugDescription)")
        }
        if let exact, write.elements.count > 1, byteCount(of: write) > exact.requestByteCount {
            violated(.fits, "a request of shard \(task.shard) has \(byteCount(of: write)) bytes")
        }
        guard plan.inOrder, let facts = try? server.map.shard(task.shard) else { return }
        for parent in facts.ancestors where !isOver(parent) {
            violated(
                .parentsFirst, by: task, detail: "\(process.name) writes of shard \(task.shard), child of \(parent)")
        }
    }

    /// Over in the table, and every log group of it that is owed in its target.
    private func isOver(_ shard: ShardID) -> Bool {
        guard let state = server.row(shard, at: now)?.state, state == .over else { return false }
        prove(shard, upTo: nil)
        return judge.provenCounts[shard.value] == server.logs[shard.value].count
    }

    /// At the start of every save. One that repeats the end of a shard that is over needs no holder; and where a late copy of
    /// its own save of the end has made it over, who stands before that does not know it yet: the save is refused.
    func judgeSave(_ cursor: Cursor, of task: SimulatedTask, in process: SimulatedProcess) {
        let row = server.row(task.shard, at: now)
        let isRepeatedEnd =
            row?.state == .over && (cursor == server.end(of: task.shard) || row?.savedBy == process.name)
        if row?.holder != process.name, !isRepeatedEnd {
            violated(
                .saveByHolder, by: task,
                detail: "\(process.name) saves shard \(task.shard), the table says \(row.debugDescription)")
        }
        judgeCovered(task.shard, by: cursor)
        if mode.isExact { judgeTold(task, cursor) }
    }

    /// Every log group below the cursor that is owed must be in its target.
    private func judgeCovered(_ shard: ShardID, by cursor: Cursor) {
        prove(shard, upTo: cursor)
        let log = server.logs[shard.value]
        let proven = judge.provenCounts[shard.value]
        guard proven < log.count else { return }
        let first = server.accepted[log[proven]]
        if first.cursor < cursor {
            violated(.nothingLost, "shard \(shard) is saved at \(cursor), log group \(first.cursor) is not delivered")
        }
    }

    /// The same of a whole shard, at the end.
    func judgeEnd(_ shard: ShardID, _ end: Cursor) { prove(shard, upTo: nil) }

    /// Counts on over what is stored or not owed. What was proven once stays so.
    private func prove(_ shard: ShardID, upTo cursor: Cursor?) {
        while judge.provenCounts.count <= shard.value { judge.provenCounts.append(0) }
        let log = server.logs[shard.value]
        var count = judge.provenCounts[shard.value]
        while count < log.count {
            let group = server.accepted[log[count]]
            if let cursor, group.cursor >= cursor { break }
            guard isDelivered(log[count]) || !isOwed(group) else { break }
            count += 1
        }
        judge.provenCounts[shard.value] = count
    }

    func isOwed(_ group: LogGroupTruth) -> Bool {
        guard judge.usedSetups.contains(where: { !setups[$0].wanted[group.topic].isEmpty }) else { return false }
        switch plan.start {
        case .begin: return true
        case .absolute: return group.received >= absoluteStart
        case .end: return judge.startCompleted.map { group.accepted > $0 } ?? false
        }
    }

    /// A target has stored something, at least once.
    func judgeStored(_ content: Content, _ target: Int) {
        let group = server.accepted[content]
        if !setups[SetupChoice.main].wanted[group.topic].contains(target) {
            violated(.rightTarget, "log group \(group.cursor) in target \(target)")
        }
        if group.storedCount == 0 { judge.storedCount += 1 } else { judge.repeatedCount += 1 }
        server.noteStored(content)
        switch plan.start {
        case .begin: break
        case .absolute where group.received < absoluteStart:
            violated(.nothingEarly, "log group \(group.cursor), accepted at \(group.accepted)")
        case .end where !judge.mayFlood && judge.firstStart.map({ group.accepted < $0 }) ?? true:
            violated(.nothingEarly, "log group \(group.cursor) of shard \(group.shard), accepted at \(group.accepted)")
        case .absolute, .end: break
        }
    }

    // MARK: Who is at work

    func startWork(_ task: SimulatedTask, in process: SimulatedProcess) {
        task.isAtWork = true
        if let last = judge.lastWorker[task.shard], last != process.index { faults[.takeOver] += 1 }
        judge.lastWorker[task.shard] = process.index
        if let setup = judge.lastSetup[task.shard], setup != process.setup, !judge.change.isBegun {
            faults[.mixedSetups] += 1
        }
        judge.lastSetup[task.shard] = process.setup
        judgeWorkers(task, process)
    }

    func leaveWork(_ task: SimulatedTask) { task.isAtWork = false }

    /// Nobody else may be at work on that shard; whoever is stopped, or has just been, does nothing.
    private func judgeWorkers(_ task: SimulatedTask, _ process: SimulatedProcess) {
        if process.ignorance.ofTime { return }
        for other in processes where other.state == .running && !other.ignorance.ofTime {
            for rival in other.tasks where rival !== task && rival.shard == task.shard && rival.isAtWork {
                violated(
                    .oneWorker, by: task, rival, detail: "shard \(task.shard): \(process.name) and \(other.name)")
            }
        }
    }

    /// A process that was stopped has had time to look at its clock, and all its tasks to hear of it.
    func noteAwake(_ process: SimulatedProcess, life: Int) {
        guard process.life == life, process.state == .running else { return }
        process.ignorance.ofTime = false
        for task in process.tasks where task.isAtWork { judgeWorkers(task, process) }
    }

    /// The membership has taken in an event: it may know now what it could not before.
    func noteTurn(of process: SimulatedProcess, _ event: Membership.Event) {
        guard process.ignorance.isWeak else { return }
        switch event {
        case .timeoutSeen(let timeout) where timeout == server.group?.settings.timeout:
            process.ignorance.ofTimeout = false
            for task in process.tasks { task.exemption.ofTimeout = false }
        case .answered(_, let granted):
            guard let until = process.ignorance.untilHeartbeat, judge.lastHeartbeat[process.index] > until else {
                return
            }
            process.ignorance.untilHeartbeat = nil
            for task in process.tasks where granted.contains(task.shard) { task.exemption.ofTable = false }
        case .failed(_, .forgotten), .failed(_, .groupMissing): process.ignorance.untilHeartbeat = nil
        default: break
        }
    }

    /// What happened is told to the process by no heartbeat up to this one.
    func forget(_ process: SimulatedProcess, until heartbeat: Int) {
        guard process.state != .down else { return }
        process.ignorance.untilHeartbeat = max(process.ignorance.untilHeartbeat ?? 0, heartbeat)
        for task in process.tasks { task.exemption.ofTable = true }
    }
}
