import SLSClient
import SLSProtocol
import System

/// Which shards are read-only, asked once for all shards of a member that want to know at about the same time.
final class ShardListing: Sendable {
    private typealias Answer = Result<[ShardID: Bool], ClientError>

    private struct State {
        var sent: Instant?
        var answer: Eventually<Answer>?
    }

    /// How old an answer may be.
    private static let longestAge = Duration.seconds(1)

    private let logstore: LogstoreName
    private let clock: ConsumerClock
    private let state = Lock(State())

    init(_ logstore: LogstoreName, clock: ConsumerClock) {
        self.logstore = logstore
        self.clock = clock
    }

    /// Whether the shard is read-only; nil when it is not listed any more.
    func isReadOnly(_ shard: ShardID, by client: SLSClient) async throws(ClientError) -> Bool? {
        let (answer, isOurs) = expected()
        if isOurs { answer.set(await ask(client)) }
        guard let result = await answer.value() else {
            throw .transport(TransportFailure(.cancelled, "the task was cancelled"))
        }
        return try result.get()[shard]
    }

    /// The answer to wait for, and whether it is the caller who must bring it.
    private func expected() -> (Eventually<Answer>, isOurs: Bool) {
        let now = clock.now()
        return state.withLock { state in
            if let sent = state.sent, let answer = state.answer, now - sent < Self.longestAge { return (answer, false) }
            let answer = Eventually<Answer>()
            state = State(sent: now, answer: answer)
            return (answer, true)
        }
    }

    private func ask(_ client: SLSClient) async -> Answer {
        do throws(ClientError) {
            var shards: [ShardID: Bool] = [:]
            for shard in try await client.listShards(of: logstore) {
                shards[ShardID(shard.id)] = shard.status == .readonly
            }
            return .success(shards)
        } catch {
            // Nobody else waits for what failed a moment ago.
            state.withLock { $0 = State() }
            return .failure(error)
        }
    }
}
