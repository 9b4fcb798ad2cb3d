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
    /// The same where we may not ask: rights and keys change seldom, but they do.
    static let forbiddenInterval = Duration.seconds(600)
    private static let callTimeout = Duration.seconds(5)

    let targets: [ShardDelivery.Target]
    /// Dead letters are written under ids too; a change here concerns every target.
    let deadLetter: ShardDelivery.Target?
    let changes: TargetChanges
    let clock: ConsumerClock
    let logger: Logger
    let troubles: ThrottledLogger

    /// Runs until cancelled.
    func run() async {
        var watched = targets.enumerated().map { Watched(target: $1, concerned: [$0]) }
        if let deadLetter { watched.append(Watched(target: deadLetter, concerned: Array(targets.indices))) }
        while !Task.isCancelled {
            // All at the same time: one that hangs holds up no look at the others.
            watched = await allAtOnce(watched) { one in await looked(at: one) }
            await clock.sleep(until: clock.now() + Self.interval)
        }
    }

    /// A logstore, and what is known of it.
    private struct Watched: Sendable {
        let target: ShardDelivery.Target
        /// The targets that a change of it concerns.
        let concerned: [Int]
        var shards: [Shard]?
        /// When we may ask again, where we were not allowed to.
        var notBefore: Instant?
    }

    private func looked(at watched: Watched) async -> Watched {
        if let time = watched.notBefore, clock.now() < time { return watched }
        var watched = watched
        let place = watched.target.place
        do throws(ClientError) {
            let shards = try await list(watched.target)
            if let before = watched.shards, before != shards {
                logger.notice(
                    "the shards of a target have changed; what is under way is finished and saved first",
                    metadata: ["logstore": "\(place)", "shards": "\(shards.count)"])
                for target in watched.concerned { changes.tell(target) }
            }
            watched.shards = shards
            watched.notBefore = nil
        } catch {
            if Task.isCancelled { return watched }
            watched.notBefore = error.isAuthorization ? clock.now() + Self.forbiddenInterval : nil
            troubles.log(
                .warning,
                error.isAuthorization
                    ? "not allowed to list the shards of a target; a split of them is not seen, and it is asked again in ten minutes"
                    : "the shards of a target cannot be listed; a split of them is not seen meanwhile",
                about: "\(place) \(error.code)", metadata: ["logstore": "\(place)", "error": "\(error)"])
        }
        return watched
    }

    private struct Shard: Equatable, Sendable {
        let id: Int
        let isWritable: Bool
    }

    private func list(_ target: ShardDelivery.Target) async throws(ClientError) -> [Shard] {
        try await target.client.limited(to: Self.callTimeout).listShards(of: target.place.logstore)
            .map { Shard(id: $0.id, isWritable: $0.status == .readwrite) }.sorted { $0.id < $1.id }
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
