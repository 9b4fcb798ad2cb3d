import Logging
import SLSClient
import SLSConsumer
import SLSProtocol

/// Whether a shard may be written from where it stands: not from before the position that the settings begin at.
///
/// Exactly once rests on this: under one generation no position may come before its first start, or log groups that were
/// never written are refused as if they had been (consumer-group.md 5.4). What was skipped by starting late, and then
/// gone back to, cannot be told from what was delivered. So the shard is held until a person has decided.
struct StartCheck: Sendable {
    enum Verdict: Equatable, Sendable {
        case passed
        /// Nothing may be written; a person must decide, and know why.
        case hold(reason: String)
    }

    private static let callTimeout = Duration.seconds(5)
    private static let retryInterval = Duration.seconds(1)

    let start: StartSetting
    let source: LogstoreName
    let client: SLSClient
    let clock: ConsumerClock
    let troubles: ThrottledLogger

    /// Asks where the start is now, until that is known or the shard turns elsewhere.
    ///
    /// - Returns: nil when it turned elsewhere first.
    func verdict(on held: HeldShard) async -> Verdict? {
        // `begin` is the oldest log group that is kept; what lies before it is a gap, which the consumer reports.
        guard case .received = start.position else { return .passed }
        let client = client.limited(to: Self.callTimeout)
        while !Task.isCancelled, !held.isEnding {
            do throws(ClientError) {
                let start = try await client.getCursor(of: held.id, in: source, from: start.position)
                if held.start >= start { return .passed }
                let oldest = try await client.getCursor(of: held.id, in: source, from: .begin)
                return Self.isGap(from: start, oldest: oldest) ? .passed : .hold(reason: reason(held.start, start))
            } catch {
                troubles.log(
                    .warning, "the configured start cannot be asked for; nothing is written before it is known",
                    about: "\(held.id) \(error.code)", metadata: ["shard": "\(held.id)", "error": "\(error)"])
            }
            await clock.sleep(until: clock.now() + Self.retryInterval)
        }
        return nil
    }

    /// Whether all that is kept came after the start: then the checkpoint has fallen out of what is kept. The oldest was asked
    /// for later, so it may have moved past the start meanwhile.
    static func isGap(from start: Cursor, oldest: Cursor) -> Bool { start <= oldest }

    private func reason(_ checkpoint: Cursor, _ first: Cursor) -> String {
        """
        the checkpoint \(checkpoint) lies \(first.number - checkpoint.number) log groups before \(first), where the \
        configured start \(start) is: set SLS_CURSOR_START to a time at or before the checkpoint, which delivers from there \
        under new keys, or set the checkpoint to the start
        """
    }
}
