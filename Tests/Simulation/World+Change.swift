import FakeSLS
import SLSConsumer
import SLSProtocol

/// A change of routes by a stop in between, which is exact (consumer-group.md 5.5): when all has settled, everybody stops
/// with nothing left to save, no request is under way any more, and everybody starts with the other routes.
enum RouteChange {
    /// Not in this history.
    case none
    /// When all has settled for the first time.
    case due
    /// Log groups come in again; everybody is told to stop then.
    case flowing(until: TrueTime)
    /// Until the last has ended.
    case stopping
    /// Whatever is under way arrives.
    case quiet(until: TrueTime)
    /// The other routes are in force; log groups come in until then.
    case done(until: TrueTime)

    /// Whether everybody is stopped, or about to be, or was.
    var isBegun: Bool {
        switch self {
        case .none, .due: false
        case .flowing, .stopping, .quiet, .done: true
        }
    }

    /// Whether processes that have ended stay so.
    var keepsDown: Bool {
        switch self {
        case .stopping, .quiet: true
        case .none, .due, .flowing, .done: false
        }
    }
}

extension World {
    /// Goes on with the change of routes at a look of the judge.
    ///
    /// - Returns: Whether the history is not over yet.
    func changeRoutes(isSettled: Bool) -> Bool {
        switch judge.change {
        case .none: return !isSettled
        case .due:
            guard isSettled else { return true }
            guard judge.usedSetups == [SetupChoice.main] else { return false }
            judge.calmed = now
            judge.change = .flowing(until: now + chance.span(.seconds(1) ... .seconds(4)))
        case .flowing(let end):
            trickle()
            if now >= end { stopAll() }
        case .stopping:
            trickle()
            guard processes.allSatisfy({ $0.state == .down }) else { break }
            judge.calmed = now
            judge.change = .quiet(until: now + Self.oldestRequest)
        case .quiet(let end): if now >= end { startAll() }
        case .done(let end):
            if now < end { trickle() } else { return !isSettled }
        }
        return true
    }

    /// None lives longer.
    private static let oldestRequest = TrueTime.seconds(100)

    private func trickle() { for _ in 0..<chance.within(1...4) { acceptOne() } }

    private func stopAll() {
        judge.change = .stopping
        judge.isChangeClean = true
        for process in processes where process.state == .running { tellToStop(process) }
    }

    private func startAll() {
        tell("everybody starts with other routes")
        judge.change = .done(until: now + chance.span(.seconds(3) ... .seconds(10)))
        // All has to settle once more.
        judge.calmed = now
        if judge.isChangeClean { faults[.cleanChange] += 1 }
        for process in processes { restart(process, after: chance.span(.zero ... .seconds(2))) }
    }

    /// A process has ended while everybody is told to: by exit status 0, or the change is not clean. What the process last
    /// heard of the checkpoints need not cover what it has sent in all its time; it reads them in the end.
    func noteEnd(of process: SimulatedProcess, _ reason: Membership.LeaveReason) {
        guard case .stopping = judge.change else { return }
        guard reason == .shutDown, let checkpoints = server.checkpoints,
            process.debts.covered(
                by: CheckpointTable(checkpoints, withoutCursor: Set(server.map.shards.map(\.id)))
            ).isCovered
        else { return judge.isChangeClean = false }
    }
}
