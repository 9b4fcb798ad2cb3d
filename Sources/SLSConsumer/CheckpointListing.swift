import SLSClient
import SLSProtocol
import System

/// The checkpoints of a group, as they were read.
struct Checkpoints: Sendable {
    /// Those that are cursors.
    var cursors: [ShardID: Cursor] = [:]
    /// Those that were saved by somebody who does not know what a cursor is.
    var unreadable: [ShardID: String] = [:]

    /// The shards of which none was ever saved.
    var unsaved: Set<ShardID> = []

    init(_ descriptions: [CheckpointDescription]) {
        for checkpoint in descriptions {
            let shard = ShardID(checkpoint.shard)
            if checkpoint.checkpoint.isEmpty {
                unsaved.insert(shard)
            } else if let cursor = Cursor(encoded: checkpoint.checkpoint) {
                cursors[shard] = cursor
            } else {
                unreadable[shard] = String(checkpoint.checkpoint.prefix(80))
            }
        }
    }

    /// The same for the question of what they cover.
    var table: CheckpointTable { CheckpointTable(cursors, withoutCursor: unsaved.union(unreadable.keys)) }

    /// What the machine of a shard is told after it has asked for its position.
    func event(for shard: ShardID) -> ShardConsumer.Event {
        if let text = unreadable[shard] { return .checkpointUnreadable(text, by: .read) }
        // For the rule of initial positions a checkpoint of another shard counts, whatever stands in it.
        return .checkpointsRead(cursors.merging(unreadable.mapValues { _ in Cursor(number: 0) }) { $1 })
    }

    /// What it is told after it has looked out for others.
    func readBack(of shard: ShardID) -> ShardConsumer.Event {
        if let text = unreadable[shard] { return .checkpointUnreadable(text, by: .lookOut) }
        return .readBack(cursors[shard])
    }
}

/// The group's checkpoints, read once for all shards of a member that ask at about the same time.
///
/// An answer is given only to those who asked before its request left: an older one could miss what they have saved since.
final class CheckpointListing: Sendable {
    private typealias Answer = Result<Checkpoints, ClientError>

    /// How long a request waits for others to join it.
    private static let gatheringTime = Duration.milliseconds(50)

    /// Of the request that gathers; nil when none does.
    private let gathering = Lock<Eventually<Answer>?>(nil)
    private let clock: ConsumerClock

    init(clock: ConsumerClock) { self.clock = clock }

    func read(
        by ask: () async throws(ClientError) -> Checkpoints
    ) async throws(ClientError) -> Checkpoints {
        let (answer, isOurs) = gathering.withLock { gathering -> (Eventually<Answer>, Bool) in
            if let gathering { return (gathering, false) }
            let answer = Eventually<Answer>()
            gathering = answer
            return (answer, true)
        }
        if isOurs {
            await clock.sleep(until: clock.now() + Self.gatheringTime)
            // Who asks from here on is too late for this request.
            gathering.withLock { $0 = nil }
            do throws(ClientError) {
                answer.set(.success(try await ask()))
            } catch {
                answer.set(.failure(error))
            }
        }
        guard let result = await answer.value() else {
            throw .transport(TransportFailure(.cancelled, "the task was cancelled"))
        }
        return try result.get()
    }
}
