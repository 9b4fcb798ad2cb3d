internal import SLSProtocol
internal import System

/// The clock that requests are dated by: this host's, plus what an answer taught us.
final class SigningClock: Sendable {
    private let wallClock: @Sendable () -> Timestamp
    private let offset = Lock(0)

    init(_ wallClock: @escaping @Sendable () -> Timestamp) { self.wallClock = wallClock }

    func now() -> Timestamp { wallClock() + offset.withLock { $0 } }

    /// Takes the service's time as the right one.
    ///
    /// - Returns: Seconds that are added from now on to this host's time.
    func correct(to serverTime: Timestamp) -> Int {
        let seconds = serverTime.seconds - wallClock().seconds
        offset.withLock { $0 = seconds }
        return seconds
    }
}
