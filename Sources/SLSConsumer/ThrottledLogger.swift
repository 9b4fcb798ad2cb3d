package import Logging
import SLSProtocol
import System

/// Says the same thing only so often: the first time at once, then one line in 30 s with the number of those left out.
package final class ThrottledLogger: Sendable {
    private struct Line {
        var written: Instant
        var skippedCount = 0
    }

    /// The time between two lines about the same.
    static let interval = Duration.seconds(30)
    /// Subjects remembered at once.
    static let subjectLimit = 1_000

    private let logger: Logger
    private let clock: ConsumerClock
    private let lines = Lock<[String: Line]>([:])

    /// - Parameter clock: Measures the time between lines.
    package init(_ logger: Logger, clock: ConsumerClock) {
        self.logger = logger
        self.clock = clock
    }

    /// Writes a line, unless one about the same subject was written less than 30 s ago.
    ///
    /// - Parameters:
    ///   - subject: What makes lines alike: a call, a target, a shard; from a bounded set.
    ///   - metadata: Asked for only when the line is written.
    package func log(
        _ level: Logger.Level, _ message: Logger.Message, about subject: String,
        metadata: @autoclosure () -> Logger.Metadata = [:]
    ) {
        guard level >= logger.logLevel, let skippedCount = skipped("\(subject) \(message)") else { return }
        var metadata = metadata()
        if skippedCount > 0 { metadata["repeats"] = "\(skippedCount)" }
        logger.log(level: level, message, metadata: metadata)
    }

    /// How many lines were left out since the last; nil when this one must be, too.
    private func skipped(_ subject: String) -> Int? {
        let now = clock.now()
        return lines.withLock { lines in
            if let line = lines[subject], now - line.written < Self.interval {
                lines[subject]?.skippedCount += 1
                return nil
            }
            let skippedCount = lines[subject]?.skippedCount ?? 0
            if lines.count >= Self.subjectLimit { lines.removeAll() }
            lines[subject] = Line(written: now)
            return skippedCount
        }
    }
}
