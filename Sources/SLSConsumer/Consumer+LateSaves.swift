import Logging
import SLSClient
import SLSProtocol
package import System

extension Consumer {
    /// How often a checkpoint is saved once more.
    private static let lateSaveRounds = 3
    private static let callTimeout = Duration.seconds(5)

    /// Waits until no late copy of a save of ours can come any more, and saves again what one has taken back. What others
    /// have saved is theirs.
    ///
    /// Call it soon after a settled `run`: a save counts as the holder's only as long as the group remembers us.
    ///
    /// - Parameter wait: How long a request may live after it was sent.
    /// - Returns: Whether the checkpoints stand where `run` left them, or where others have set them.
    package func outwaitLateSaves(after outcome: Outcome, for wait: Duration) async -> Bool {
        for _ in 0..<Self.lateSaveRounds {
            await clock.sleep(until: clock.now() + wait)
            do throws(ClientError) {
                let taken = takenBack(of: outcome, in: try await checkpointsNow())
                if taken.isEmpty { return !Task.isCancelled }
                for (shard, position) in taken {
                    logger.warning(
                        "a late copy of an older save came after the last one; it is saved again",
                        metadata: ["shard": "\(shard)", "cursor": "\(position)"])
                    try await client.limited(to: Self.callTimeout).saveCheckpoint(
                        position, of: shard, in: configuration.group, of: configuration.logstore,
                        as: .holder(configuration.consumer))
                }
            } catch {
                logger.warning(
                    "whether a late copy of an older save has come cannot be told, or not be put right",
                    metadata: ["error": "\(error)"])
                return false
            }
        }
        return false
    }

    /// Sends heartbeats of a member without shards until told not to: whoever comes next under our name then finds them
    /// where they were, however long the wait between the two.
    package func keepSeat(after outcome: Outcome, until done: Eventually<Void>) async {
        guard let timing = outcome.timing else { return }
        let client = heartbeatClient.limited(to: timing.heartbeatTimeout)
        while done.current == nil, !Task.isCancelled {
            do throws(ClientError) {
                _ = try await client.heartbeat(
                    configuration.consumer, in: configuration.group, of: configuration.logstore, holding: [])
            } catch {
                logger.debug("a heartbeat between two configurations failed", metadata: ["error": "\(error)"])
            }
            let next = clock.now() + timing.heartbeatInterval
            _ = await until(done) { [clock] in await clock.sleep(until: next) }
        }
    }

    /// The shards whose checkpoint is one that we have saved, but not the last.
    private func takenBack(of outcome: Outcome, in found: [ShardID: Cursor]) -> [(shard: ShardID, position: Cursor)] {
        outcome.left.sorted { $0.key < $1.key }.compactMap { shard, left in
            guard let position = left.confirmed, let checkpoint = found[shard], checkpoint < position,
                var lookOut = left.lookOut
            else { return nil }
            lookOut.began()
            return lookOut.verdict(of: checkpoint) == .olderOwn ? (shard, position) : nil
        }
    }

    func checkpointsNow() async throws(ClientError) -> [ShardID: Cursor] {
        var tryCount = 0
        while true {
            do throws(ClientError) {
                let client = client.limited(to: Self.callTimeout)
                return Checkpoints(
                    try await client.listCheckpoints(of: configuration.group, in: configuration.logstore, shard: nil)
                ).cursors
            } catch {
                tryCount += 1
                guard error.isRetriable, tryCount < 3, !Task.isCancelled else { throw error }
                await clock.sleep(until: clock.now() + .seconds(1))
            }
        }
    }
}

extension Consumer.Outcome {
    /// The same where `outwaitLateSaves` has failed: the checkpoints that stood there may have been taken back.
    package var doubted: Consumer.Outcome {
        var owed = owed
        for (shard, outcome) in left.sorted(by: { $0.key < $1.key }) {
            if let confirmed = outcome.confirmed { owed.owe(shard, upTo: confirmed) }
        }
        return Consumer.Outcome(isSettled: false, left: left, restarted: restarted, timing: timing, owed: owed)
    }
}
