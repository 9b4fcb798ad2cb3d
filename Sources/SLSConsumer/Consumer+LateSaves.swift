import Logging
import SLSClient
import SLSProtocol
package import System

extension Consumer {
    /// How often a checkpoint is saved once more.
    private static let lateSaveRounds = 3
    private static let callTimeout = Duration.seconds(5)

    /// Waits until no late copy of a save of ours can come any more, and saves again what one has taken back. What others
    /// have saved stays; where it lies before our last save, other keys would write again what lies between.
    ///
    /// Call it soon after a settled `run`: a save counts as the holder's only as long as the group remembers us.
    ///
    /// - Parameter wait: How long a request may live after it was sent.
    /// - Returns: Whether the checkpoints stand where `run` left them, or further on.
    package func outwaitLateSaves(after outcome: Outcome, for wait: Duration) async -> Bool {
        for _ in 0..<Self.lateSaveRounds {
            await clock.sleep(until: clock.now() + wait)
            do throws(ClientError) {
                let lowered = outcome.letGo.lowered(in: try await checkpointsNow())
                for own in lowered where own.isOwn { try await saveAgain(own) }
                let foreign = lowered.filter { !$0.isOwn }
                for shard in foreign { warn(of: shard) }
                if !foreign.isEmpty { return false }
                if lowered.isEmpty { return !Task.isCancelled }
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

    private func warn(of foreign: LetGo.Lowered) {
        logger.warning(
            """
            the checkpoint was set back or lost after the last save, by somebody else or by a late save of a process before \
            this one under its name; what follows it may be sent again
            """,
            metadata: [
                "shard": "\(foreign.shard)", "found": "\(foreign.found.map(\.description) ?? "none")",
                "saved": "\(foreign.position)",
            ])
    }

    private func saveAgain(_ lowered: LetGo.Lowered) async throws(ClientError) {
        logger.warning(
            "a late copy of an older save came after the last one; it is saved again",
            metadata: ["shard": "\(lowered.shard)", "cursor": "\(lowered.position)"])
        try await client.limited(to: Self.callTimeout).saveCheckpoint(
            lowered.position, of: lowered.shard, in: configuration.group, of: configuration.logstore,
            as: .holder(configuration.consumer))
    }

    func checkpointsNow() async throws(ClientError) -> CheckpointTable {
        var tryCount = 0
        while true {
            do throws(ClientError) {
                let client = client.limited(to: Self.callTimeout)
                return Checkpoints(
                    try await client.listCheckpoints(of: configuration.group, in: configuration.logstore, shard: nil)
                ).table
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
        for (shard, outcome) in letGo.outcomes.sorted(by: { $0.key < $1.key }) {
            if let confirmed = outcome.confirmed { owed.owe(shard, upTo: confirmed) }
        }
        return Consumer.Outcome(isSettled: false, letGo: letGo, restarted: restarted, timing: timing, owed: owed)
    }
}
