import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System

/// Looks out for splits and merges of the targets' shards, by which the ids of their keys may be forgotten.
///
/// Whether a service forgets them is not documented (consumer-group.md 5.6). What is behind the checkpoint then does not
/// rest on them, so every shard of the source is told to let its checkpoint catch up before it goes on.
struct TargetWatch: Sendable {
    static let interval = Duration.seconds(30)
    private static let callTimeout = Duration.seconds(5)

    let targets: [ShardDelivery.Target]
    let changes: TargetChanges
    let clock: ConsumerClock
    let logger: Logger
    let troubles: ThrottledLogger

    /// Runs until cancelled.
    func run() async {
        var known: [[Shard]?] = targets.map { _ in nil }
        while !Task.isCancelled {
            for (index, target) in targets.enumerated() {
                guard let shards = await list(target) else { continue }
                if let before = known[index], before != shards {
                    logger.notice(
                        "the shards of a target have changed; what is under way is finished and saved first",
                        metadata: ["logstore": "\(target.place)", "shards": "\(shards.count)"])
                    changes.tell(index)
                }
                known[index] = shards
            }
            await clock.sleep(until: clock.now() + Self.interval)
        }
    }

    private struct Shard: Equatable {
        let id: Int
        let isWritable: Bool
    }

    /// - Returns: nil when they cannot be had now.
    private func list(_ target: ShardDelivery.Target) async -> [Shard]? {
        do throws(ClientError) {
            return try await target.client.limited(to: Self.callTimeout).listShards(of: target.place.logstore)
                .map { Shard(id: $0.id, isWritable: $0.status == .readwrite) }.sorted { $0.id < $1.id }
        } catch {
            if !Task.isCancelled {
                troubles.log(
                    .warning, "the shards of a target cannot be asked for; a split of them would not be seen",
                    about: "\(target.place) \(error.code)",
                    metadata: ["logstore": "\(target.place)", "error": "\(error)"])
            }
            return nil
        }
    }
}

/// Tells all shards of the source that the shards of a target have changed.
final class TargetChanges: Sendable {
    private struct State {
        var lastNumber = 0
        var listeners: [Int: @Sendable (Int) -> Void] = [:]
    }

    private let state = Lock(State())

    /// Calls back with the index of each target whose shards change, until `leave`; the call must return at once.
    func listen(_ told: @escaping @Sendable (Int) -> Void) -> Int {
        state.withLock { state in
            state.lastNumber += 1
            state.listeners[state.lastNumber] = told
            return state.lastNumber
        }
    }

    /// Ends the calls to that listener.
    func leave(_ listener: Int) { _ = state.withLock { $0.listeners.removeValue(forKey: listener) } }

    /// Tells everybody.
    func tell(_ target: Int) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener(target) }
    }
}
