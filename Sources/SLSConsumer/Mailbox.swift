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
