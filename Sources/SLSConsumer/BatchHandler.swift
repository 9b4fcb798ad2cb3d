import Logging
import SLSClient
import SLSProtocol

/// Processes a shard by handing its batches one by one to a handler, as a `FailurePolicy` says.
struct BatchHandler: Sendable {
    private enum Result {
        case done
        case ended(ProcessingResult.Ending)
    }

    /// How soon a lease is looked at again that leaves no time for a try.
    private static let leaseInterval = Duration.milliseconds(500)

    let policy: FailurePolicy
    let clock: ConsumerClock
    let troubles: ThrottledLogger
    let handle: @Sendable (Batch) async throws -> Void

    /// Runs until the shard is let go or turned elsewhere. A batch that was not begun by then is left to the next owner.
    func process(_ held: HeldShard) async -> ProcessingResult {
        var result = ProcessingResult(sentUpTo: nil)
        for await batch in held.batches {
            if held.isEnding { break }
            switch await deliver(batch, of: held, begun: { result.sentUpTo = batch.next }) {
            case .done: held.acknowledge(batch)
            case .ended(let ending):
                result.ending = ending
                return result
            }
        }
        return result
    }

    private func deliver(_ batch: Batch, of held: HeldShard, begun: () -> Void) async -> Result {
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        var tryCount = 0
        while await mayStart(held) {
            begun()
            do {
                try await attempt(batch, tryCount)
                return .done
            } catch let seek as Seek {
                return .ended(.seek(seek.cursor))
            } catch {
                if Task.isCancelled { break }
                tryCount += 1
                held.countRetries(1)
                troubles.log(
                    .warning, "a batch failed and is tried again", about: "\(batch.shard)",
                    metadata: [
                        "shard": "\(batch.shard)", "cursor": "\(batch.first)", "tries": "\(tryCount)",
                        "error": "\(error)",
                    ])
                if case .stopShard(let limit) = policy, tryCount >= limit {
                    return .ended(
                        .hold(reason: "the batch at \(batch.first) failed \(tryCount) times, at last with: \(error)"))
                }
            }
            await held.sleep(for: backoff.next(using: &random), by: clock)
        }
        return .ended(.finished)
    }

    /// One try: of the handler, and behind its last failure of the dead letter's.
    private func attempt(_ batch: Batch, _ tryCount: Int) async throws {
        guard case .deadLetter(let limit, let keep) = policy, tryCount >= limit - 1 else {
            return try await handle(batch)
        }
        do {
            try await handle(batch)
        } catch  where !(error is Seek) && !Task.isCancelled {
            try await keep(batch, error)
            troubles.log(
                .error, "a batch failed for good and went to the dead letter", about: "\(batch.shard)",
                metadata: ["shard": "\(batch.shard)", "cursor": "\(batch.first)", "error": "\(error)"])
        }
    }

    /// Waits until the lease leaves time for a try; false when the shard is let go first.
    private func mayStart(_ held: HeldShard) async -> Bool {
        while !held.isEnding, !Task.isCancelled {
            if let barrier = held.writeBarrier, clock.now() < barrier { return true }
            await held.sleep(for: Self.leaseInterval, by: clock)
        }
        return false
    }
}
