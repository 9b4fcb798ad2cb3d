internal import System

/// A condition that did not come true in time.
public struct NotInTime: Error, CustomStringConvertible {
    /// What was waited for.
    public let description: String
}

/// Waits until something is so, looking again and again, but not for ever.
///
/// - Throws: `NotInTime` after `limit` of the machine's own time.
public func wait(
    for what: String, within limit: Duration = .seconds(120), _ condition: () async throws -> Bool
) async throws {
    let end = MonotonicClock.nanoseconds() + limit.wholeNanoseconds
    while try await !condition() {
        if MonotonicClock.nanoseconds() > end { throw NotInTime(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

extension Duration {
    fileprivate var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
