public import SLSProtocol
internal import System

/// The handles by which a test makes things go wrong in an emulator and moves its clock; from any thread.
///
/// ```swift
/// server.control.failNext(.putLogs, with: .writeQuotaExceed)
/// server.control.advanceClock(by: .seconds(31))
/// ```
public final class EmulatorControl: Sendable {
    private struct State {
        var plan = FaultPlan()
        /// Who waits for a commit to be held, by rule.
        var heldCommits: [Int: HeldCommit] = [:]
        var elapsed = ClockOffset()
    }

    /// The names of the calls there are.
    let calls: Set<String>
    private let state = Lock(State())
    private let commitHeld: (@Sendable () -> Void)?

    /// - Parameter commitHeld: Called on the loop thread each time a commit is held, before the wait.
    init(calls: Set<String>, commitHeld: (@Sendable () -> Void)?) {
        self.calls = calls
        self.commitHeld = commitHeld
    }

    // MARK: Faults

    /// Refuses the next requests of a call; they change nothing.
    ///
    /// - Parameters:
    ///   - code: The status is the one that goes with it.
    ///   - times: How many requests, 1 and up.
    public func failNext(_ call: CallName, with code: APIError.Code, times: Int = 1) {
        let error = APIError(code, "refused by a fault that was asked for")
        do throws(APIError) {
            _ = try inject(FaultRule(.refuse(error), on: call, extent: .next(times)))
        } catch {
            preconditionFailure("\(call): \(error.message)")
        }
    }

    /// Adds a rule behind those that are there.
    ///
    /// - Returns: Its id.
    /// - Throws: `ParameterInvalid` for a rule that is out of range or about an unknown call, `ExceedQuota` when there
    ///   are `FaultPlan.ruleLimit` rules that are not spent.
    @discardableResult
    public func inject(_ rule: FaultRule) throws(APIError) -> Int {
        try checkCall(rule)
        return try state.withLock { state throws(APIError) in try state.plan.add(rule) }
    }

    /// Takes a rule back; one that is not there, or spent and gone, is no mistake.
    public func clearFault(_ id: Int) { _ = removeFault(id) }

    /// Takes all rules back. What is held up already stays so.
    public func clearFaults() { state.withLock { $0.plan.clear() } }

    /// All rules, and how often each has struck.
    public var faults: [FaultPlan.Entry] { state.withLock { $0.plan.entries } }

    /// Stops the emulator before the commit of the next turn that holds a request of this call.
    ///
    /// - Returns: Tells when it is there, and lets it go on; after 600 s it goes on by itself.
    public func holdNextCommit(of call: CallName) throws -> HeldCommit {
        let rule = FaultRule(.holdCommit(FaultRule.durationLimit), on: call)
        try checkCall(rule)
        let held = HeldCommit(gate: try Gate())
        try state.withLock { state throws(APIError) in state.heldCommits[try state.plan.add(rule)] = held }
        return held
    }

    func removeFault(_ id: Int) -> Bool { state.withLock { $0.plan.remove(id) } }

    /// Adds rules again that were taken back, as they were.
    func putBack(_ entries: [FaultPlan.Entry]) { state.withLock { $0.plan.putBack(entries) } }

    func strike(_ subject: @autoclosure () -> FaultSubject) -> FaultPlan.Strike? {
        state.withLock { state in
            // Most emulators have no rules, and then nobody needs to know what the request is about.
            if state.plan.entries.isEmpty { return nil }
            return state.plan.strike(subject())
        }
    }

    /// Says that the turn stands between "answerable" and "durable", and waits there.
    func hold(_ strike: FaultPlan.Strike) {
        guard case .holdCommit(let limit) = strike.fault else { return }
        let held = state.withLock { $0.heldCommits.removeValue(forKey: strike.id) }
        commitHeld?()
        held?.wasReached.set(true)
        // A gate that nobody holds is opened by nothing but time. Without descriptors there is nothing to wait at.
        guard let gate = try? held?.gate ?? Gate() else { return }
        gate.wait(upTo: limit)
    }

    private func checkCall(_ rule: FaultRule) throws(APIError) {
        if let call = rule.call, !calls.contains(call.rawValue) {
            throw .parameterInvalid("\"call\": there is no call \"\(call.rawValue.prefix(60))\"")
        }
    }

    // MARK: The clock

    /// Lets time pass at once on both clocks: timeouts run out, data expires, quotas recover, from the next turn on.
    ///
    /// - Parameter duration: 0 and up.
    public func advanceClock(by duration: Duration) {
        do throws(APIError) { try moveClock(advance: duration, wallJump: .zero) } catch {
            preconditionFailure(error.message)
        }
    }

    /// Sets the time of day forwards or back, as people and NTP do; timeouts do not notice.
    public func jumpWallClock(by duration: Duration) {
        do throws(APIError) { try moveClock(advance: .zero, wallJump: duration) } catch {
            preconditionFailure(error.message)
        }
    }

    /// No clock goes further from the one it was given than this: ten years.
    static let clockRange = Duration.seconds(3_650 * 86_400)

    func moveClock(advance: Duration, wallJump: Duration) throws(APIError) {
        try state.withLock { state throws(APIError) in
            // Compared as durations first: as nanoseconds the longest ones would not fit.
            for time in [advance, wallJump] where !(.zero - Self.clockRange...Self.clockRange).contains(time) {
                throw .parameterInvalid("the clock: \(time) is more than ten years")
            }
            let range = -Self.clockRange.nanoseconds...Self.clockRange.nanoseconds
            var offset = state.elapsed
            offset.monotonic += advance.nanoseconds
            offset.wall += advance.nanoseconds + wallJump.nanoseconds
            guard advance >= .zero, range.contains(offset.monotonic), range.contains(offset.wall) else {
                throw .parameterInvalid("the clock: it would stand more than ten years off, or timeouts go back")
            }
            state.elapsed = offset
        }
    }

    /// A clock that is ahead of another as far as was asked for.
    func clock(over clock: ServerClock) -> ServerClock {
        ServerClock(
            monotonic: { Instant(nanoseconds: clock.monotonic().nanoseconds + self.clockOffset.monotonic) },
            wall: { WallTime(nanoseconds: clock.wall().nanoseconds + self.clockOffset.wall) })
    }

    /// How far each clock is ahead of the one the emulator was given.
    public internal(set) var clockOffset: ClockOffset {
        get { state.withLock { $0.elapsed } }
        set { state.withLock { $0.elapsed = newValue } }
    }
}

/// How far an emulator's clocks are ahead of those it was given, in nanoseconds.
public struct ClockOffset: Equatable, Sendable {
    /// The clock of timeouts; 0 and up.
    public var monotonic: Int64 = 0
    /// The time of day; below 0 when it was set back.
    public var wall: Int64 = 0
}

/// A turn that is, or will be, stopped before its commit.
public final class HeldCommit: Sendable {
    fileprivate let gate: Gate
    fileprivate let wasReached = Eventually<Bool>()

    fileprivate init(gate: Gate) { self.gate = gate }

    /// Waits until the turn stands there.
    ///
    /// - Returns: False when it did not come to that in time, or the task was cancelled.
    public func reached(within limit: Duration = .seconds(60)) async -> Bool {
        await wasReached.value(within: limit) ?? false
    }

    /// Lets the turn commit, and its answers leave.
    public func release() { gate.open() }
}
