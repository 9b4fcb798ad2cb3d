import Logging
import SLSClient
import SLSConsumer
import SLSProtocol

/// Asks what `StartExam` wants to know of a shard that was taken over, until that says whether it may be written.
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
        var exam = StartExam(start: start.position, checkpoint: held.start)
        let client = client.limited(to: Self.callTimeout)
        while !Task.isCancelled, !held.isEnding {
            do throws(ClientError) {
                switch exam.step {
                case .ask(let position):
                    exam.resolved(try await client.getCursor(of: held.id, in: source, from: position))
                    continue
                case .look(let cursor):
                    let (first, next) = try await look(from: cursor, at: held.id, client)
                    exam.found(first, next: next)
                    continue
                case .passed: return .passed
                case .hold(let start): return .hold(reason: reason(held.start, start))
                }
            } catch {
                troubles.log(
                    .warning, "the configured start cannot be asked for; nothing is written before it is known",
                    about: "\(held.id) \(error.code)", metadata: ["shard": "\(held.id)", "error": "\(error)"])
            }
            await clock.sleep(until: clock.now() + Self.retryInterval)
        }
        return nil
    }

    /// The first log group from there on, if one came, and where to go on; the position itself where it is not kept any more.
    private func look(
        from cursor: Cursor, at shard: ShardID, _ client: SLSClient
    ) async throws(ClientError) -> (first: Cursor?, next: Cursor) {
        do throws(ClientError) {
            let pulled = try await client.pullLogs(from: cursor, of: shard, in: source, count: 1)
            return (pulled.count > 0 ? Batch.Numbering(pulled, from: cursor).first : nil, pulled.nextCursor)
        } catch {
            if error.means(.invalidCursor) { return (cursor, cursor) }
            throw error
        }
    }

    private func reason(_ checkpoint: Cursor, _ first: Cursor) -> String {
        """
        the checkpoint \(checkpoint) lies \(first.number - checkpoint.number) log groups before \(first), where the \
        configured start \(start) is: set SLS_CURSOR_START to a time at or before the checkpoint (sls-dispatch checkpoints \
        list shows its time), which delivers from there under new keys, or set the checkpoint to the start
        """
    }
}
