package import SLSProtocol

/// Wakes an event loop when its machine asks for it.
package struct WakeTimer: Sendable {
    private let clock: ConsumerClock
    private let wake: @Sendable () -> Void
    /// Wake-ups on their way, the next one last.
    private var pending: [Instant] = []

    /// - Parameter wake: Sends the loop its tick; may be called when nothing is due any more.
    package init(clock: ConsumerClock, wake: @escaping @Sendable () -> Void) {
        self.clock = clock
        self.wake = wake
    }

    /// Sees to a wake-up at `due`, unless one is on its way that comes no later.
    ///
    /// A wake-up that has become needless is left to fire: there are never more of them than there were earlier and
    /// earlier requests.
    package mutating func arm(_ due: Instant?, in group: inout DiscardingTaskGroup) {
        let now = clock.now()
        while let next = pending.last, next <= now { pending.removeLast() }
        guard let due, pending.last.map({ due < $0 }) ?? true else { return }
        pending.append(due)
        group.addTask { [clock, wake] in
            // The sleep may be measured by another clock, a little ahead of ours; a tick before its time is no tick.
            repeat { await clock.sleep(until: due) } while clock.now() < due && !Task.isCancelled
            wake()
        }
    }
}
