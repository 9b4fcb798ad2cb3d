internal import CEvent
import Glibc
import System

/// Sole owner of a libevent base. Used by one thread at a time.
@safe final class EventLoop {
    fileprivate let base: OpaquePointer
    private var knownTime: Int64?

    init() throws(EventHTTPError) {
        guard let base = unsafe event_base_new() else { throw EventHTTPError(.library, "event_base_new failed") }
        unsafe self.base = base
    }

    deinit { unsafe event_base_free(base) }

    /// Waits until something is due, then runs all callbacks that are due.
    func turn() { run(EVLOOP_ONCE) }

    /// Runs all callbacks that are due now, if any.
    func poll() { run(EVLOOP_NONBLOCK) }

    /// Monotonic nanoseconds, read at most once a turn, after its wait, and once after each `timeHasPassed()`.
    var now: Int64 {
        if let knownTime { return knownTime }
        let time = MonotonicClock.nanoseconds()
        knownTime = time
        return time
    }

    /// Makes `now` look at the clock again, after something that may have taken long.
    func timeHasPassed() { knownTime = nil }

    /// For calls that hand the base to libevent.
    func withBase<Result>(_ body: (OpaquePointer) -> Result) -> Result { unsafe body(base) }

    private func run(_ flag: Int32) {
        knownTime = nil
        let status = unsafe event_base_loop(base, flag)
        precondition(status >= 0, "event_base_loop failed with errno \(errno)")
    }
}

/// Sole owner of one libevent event: a condition of a descriptor, or a timer. Loop thread only.
///
/// `deinit` takes the event out of the loop; the descriptor must stay open until then, or until `remove()`.
@safe final class Event {
    private let raw: OpaquePointer
    private let loop: EventLoop
    private let action: () -> Void
    private(set) var isAdded = false

    /// Fires `action` on each turn on which the descriptor is readable, while it is added.
    static func readable(_ descriptor: Int32, on loop: EventLoop, _ action: @escaping () -> Void) -> Event {
        Event(loop, descriptor, EV_READ | EV_PERSIST, action)
    }

    /// Fires `action` on each turn on which the descriptor is writable, while it is added.
    static func writable(_ descriptor: Int32, on loop: EventLoop, _ action: @escaping () -> Void) -> Event {
        Event(loop, descriptor, EV_WRITE | EV_PERSIST, action)
    }

    /// Fires `action` when the peer has ended its sending side or the connection is broken, while it is added; what waits
    /// to be read is left where it is.
    static func hangUp(_ descriptor: Int32, on loop: EventLoop, _ action: @escaping () -> Void) -> Event {
        Event(loop, descriptor, EV_CLOSED, action)
    }

    /// Fires `action` once after each `schedule(after:)`.
    static func timer(on loop: EventLoop, _ action: @escaping () -> Void) -> Event { Event(loop, -1, 0, action) }

    private init(_ loop: EventLoop, _ descriptor: Int32, _ flags: Int32, _ action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
        // Made first, given its callback below: that needs `self`, which needs the event.
        let raw = unsafe loop.withBase { base in unsafe event_new(base, descriptor, Int16(flags), nil, nil) }
        guard let raw = unsafe raw else { preconditionFailure("event_new failed: out of memory") }
        unsafe self.raw = raw
        // Not retained: `deinit` frees the event, after which it cannot fire.
        unsafe event_assign(
            raw, loop.base, descriptor, Int16(flags), { _, _, context in unsafe Event.fire(context) },
            Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { unsafe event_free(raw) }

    /// Starts watching.
    func add() {
        guard !isAdded else { return }
        isAdded = true
        let status = unsafe event_add(raw, nil)
        precondition(status == 0, "event_add failed with errno \(errno)")
    }

    /// Sets the timer, in place of the time it was set to before.
    func schedule(after delay: Duration) {
        let (seconds, attoseconds) = max(delay, .zero).components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        let status = unsafe event_add(raw, &time)
        precondition(status == 0, "event_add failed with errno \(errno)")
    }

    /// Stops watching, and takes back a firing that is due but has not come.
    func remove() {
        isAdded = false
        unsafe event_del(raw)
    }

    /// Makes the event fire on the next turn, whatever its descriptor does.
    func activate() { unsafe event_active(raw, 0, 0) }

    private static func fire(_ context: UnsafeMutableRawPointer?) {
        guard let context = unsafe context else { return }
        unsafe Unmanaged<Event>.fromOpaque(context).takeUnretainedValue().action()
    }
}

/// Wakes a loop from any thread.
final class WakeUp: Sendable {
    /// Readable after `wake()`, until `clear()`.
    let descriptor: Int32

    init() throws(EventHTTPError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw EventHTTPError(.library, "eventfd: \(errorText(errno))") }
    }

    deinit { close(descriptor) }

    func wake() {
        // It fails only when the counter is at its end, and then the loop is awake anyway.
        eventfd_write(descriptor, 1)
    }

    func clear() {
        var count: eventfd_t = 0
        // It fails when nobody woke the loop, which is just as well.
        unsafe eventfd_read(descriptor, &count)
    }
}

/// The text of an `errno`.
func errorText(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
