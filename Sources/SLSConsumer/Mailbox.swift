package import SLSProtocol

/// The queue of one event loop: answers of calls, timers and orders come in from anywhere and are taken one at a time.
///
/// Its length is bounded by what is under way: each call, timer or order sends exactly one event.
package struct Mailbox<Event: Sendable>: Sendable {
    /// What came in, in order; ends after `close()`.
    package let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    /// An empty queue.
    package init() { (events, continuation) = AsyncStream.makeStream(of: Event.self) }

    /// Puts an event at the end; after `close()` it is dropped.
    package func send(_ event: Event) { continuation.yield(event) }

    /// Ends the queue behind what is already in it.
    package func close() { continuation.finish() }
}

/// Wakes an event loop when its machine asks for it.
package struct WakeTimer: Sendable {
    private let clock: ConsumerClock
    private let wake: @Sendable () -> Void
    private var armed: Instant?

    /// - Parameter wake: Sends the loop its tick; may be called when nothing is due any more.
    package init(clock: ConsumerClock, wake: @escaping @Sendable () -> Void) {
        self.clock = clock
        self.wake = wake
    }

    /// Sees to a wake-up at `due`, unless one is armed that comes no later.
    ///
    /// A wake-up that has become needless is left to fire: there are never more of them than there were earlier and
    /// earlier requests.
    package mutating func arm(_ due: Instant?, in group: inout DiscardingTaskGroup) {
        let now = clock.now()
        if let set = armed, set <= now { armed = nil }
        guard let due, armed.map({ due < $0 }) ?? true else { return }
        armed = due
        group.addTask { [clock, wake] in
            await clock.sleep(until: due)
            wake()
        }
    }
}
