import System

/// What the processes of one run said of themselves, life by life, and where that cannot be so.
struct ChaosBooks {
    /// Sums and exits that are not as documented, one sentence each.
    private(set) var mistakes: [String] = []
    /// Accepted by each target, as far as its writers said before they ended.
    private(set) var accepted: [String: Int] = [:]
    private(set) var suppressed = 0
    private(set) var deadLettered = 0
    private(set) var failedPuts = 0
    private(set) var leaseLosses = 0
    private(set) var restarts = 0

    /// Takes in the last look at one life.
    ///
    /// - Parameter isDone: Whether everything was delivered: then nothing may be in flight.
    mutating func close(_ name: String, _ status: RunningDispatcher.Status, isDone: Bool = false) {
        mistakes += status.mistakes.map { "\(name), \($0)" }
        for route in status.routes {
            if isDone, route.inFlight > 0 { mistakes.append("\(name), \(route.logstore): \(route.inFlight) in flight") }
            accepted[route.logstore, default: 0] += route.logGroups
            suppressed += route.suppressed
            deadLettered += route.deadLettered
        }
        failedPuts += status.failedPuts
        leaseLosses += status.leaseLosses
        restarts += status.shards.reduce(0) { $0 + $1.restarts }
    }

    /// Takes in how a process ended, against the endings that are documented for it.
    mutating func ended(_ name: String, _ exit: ChildProcess.Exit?, allowed: [ChildProcess.Exit], log: String) {
        if let exit, allowed.contains(exit) { return }
        let end = exit.map { "\($0)" } ?? "not at all"
        mistakes.append("\(name) ended with \(end), not \(allowed): \(log.suffix(1_000))")
    }

    /// Takes in what a target holds: each acceptance is one log group in its store.
    mutating func holds(_ logstore: String, _ count: Int) {
        if let said = accepted[logstore], said > count {
            mistakes.append("\(logstore) holds \(count) log groups, and \(said) acceptances were counted")
        }
    }

    /// Takes in what the dead-letter logstore holds.
    mutating func holdsDeadLetters(_ count: Int) {
        if deadLettered > count { mistakes.append("\(deadLettered) dead letters were counted, and there are \(count)") }
    }
}
