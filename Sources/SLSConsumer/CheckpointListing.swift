import SLSClient
import SLSProtocol
import System

/// The checkpoints of a group, as they were read.
struct Checkpoints: Sendable {
    /// Those that are cursors.
    var cursors: [ShardID: Cursor] = [:]
    /// Those that were saved by somebody who does not know what a cursor is.
    var unreadable: [ShardID: String] = [:]

    /// Leaves out the shards of which none was ever saved.
    init(_ descriptions: [CheckpointDescription]) {
        for checkpoint in descriptions where !checkpoint.checkpoint.isEmpty {
            let shard = ShardID(checkpoint.shard)
            if let cursor = Cursor(encoded: checkpoint.checkpoint) {
                cursors[shard] = cursor
            } else {
                unreadable[shard] = String(checkpoint.checkpoint.prefix(80))
            }
        }
    }

    /// What the machine of a shard is told after it has asked for its position.
    func event(for shard: ShardID) -> ShardConsumer.Event {
        if let text = unreadable[shard] { return .checkpointUnreadable(text) }
        // For the rule of initial positions a checkpoint of another shard counts, whatever stands in it.
        return .checkpointsRead(cursors.merging(unreadable.mapValues { _ in Cursor(number: 0) }) { $1 })
    }

    /// What it is told after it has looked out for others.
    func readBack(of shard: ShardID) -> ShardConsumer.Event {
        if let text = unreadable[shard] { return .checkpointUnreadable(text) }
        return .readBack(cursors[shard])
    }
}

/// The group's checkpoints, read once for all shards of a member that ask at about the same time.
///
/// An answer is given only to those who asked before its request left: an older one could miss what they have saved
/// since. Who asks later waits for the next request, of which there is one at most.
final class CheckpointListing: Sendable {
    private typealias Answer = Result<Checkpoints, ClientError>

    private struct State {
        var running: Eventually<Answer>?
        var next: Eventually<Answer>?
    }

    private let state = Lock(State())

    func read(
        by ask: () async throws(ClientError) -> Checkpoints
    ) async throws(ClientError) -> Checkpoints {
        let (answer, isOurs, previous) = state.withLock { state -> (Eventually<Answer>, Bool, Eventually<Answer>?) in
            if let next = state.next { return (next, false, nil) }
            let answer = Eventually<Answer>()
            let running = state.running
            if running == nil { state.running = answer } else { state.next = answer }
            return (answer, true, running)
        }
        if isOurs {
            answer.set(await bring(ask, after: previous))
            state.withLock { state in
                if state.running === answer { state.running = nil }
                if state.next === answer { state.next = nil }
            }
        }
        guard let result = await answer.value() else { throw Self.cancelled }
        return try result.get()
    }

    private func bring(
        _ ask: () async throws(ClientError) -> Checkpoints, after previous: Eventually<Answer>?
    ) async -> Answer {
        if let previous, await previous.value() == nil { return .failure(Self.cancelled) }
        // From here on who asks is too late for this request.
        if previous != nil {
            state.withLock { state in
                state.running = state.next
                state.next = nil
            }
        }
        do throws(ClientError) {
            return .success(try await ask())
        } catch {
            return .failure(error)
        }
    }

    private static let cancelled = ClientError.transport(
        TransportFailure(.cancelled, "the task that had asked was cancelled"))
}
