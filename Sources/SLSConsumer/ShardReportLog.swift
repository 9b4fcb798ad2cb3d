import Logging
import SLSClient
import SLSProtocol

/// Writes what a shard's machine reports for people, and counts it.
struct ShardReportLog {
    let logger: Logger
    let troubles: ThrottledLogger
    let board: StatusBoard
    let shard: ShardID

    func write(_ report: ShardConsumer.Report) {
        switch report {
        case .started(let cursor): logger.notice("shard started", metadata: named("cursor", cursor))
        case .surprisingStart(let position):
            logger.warning(
                "no checkpoint where the group's maker should have left one; starting at the configured position",
                metadata: named("position", position))
        case .gap(let from, let to):
            countGap()
            logger.error(
                "the checkpoint has expired: log groups between are lost", metadata: named("from", from, "to", to))
        case .foreignPosition(let from, let to):
            logger.error(
                """
                the checkpoint lies beyond all that the shard holds: it is of another shard, or the logstore was made anew; \
                reading from what there is
                """,
                metadata: named("checkpoint", from, "cursor", to))
        case .refused: break  // Logged with its cause by `failed`.
        case .foreignCheckpoint(let found, let ours):
            board.metrics.foundForeignCheckpoint()
            board.update { $0.foreignCheckpointCount += 1 }
            troubles.log(
                .error,
                """
                somebody else has set this shard's checkpoint: either another process runs under this consumer's name, or \
                the checkpoint was reset by hand; the shard starts again from it
                """,
                about: "\(shard)", metadata: named("found", found.map(\.description) ?? "none", "ours", ours))
        case .restarting(let reason, let isRepeated):
            board.metrics.restarted()
            logger.log(
                level: isRepeated ? .error : .warning, "the shard is started again from its checkpoint",
                metadata: named("reason", reason, "within-an-hour", isRepeated))
        case .held(let hold):
            logger.error("the shard is held until a person decides", metadata: named("reason", hold))
        }
    }

    /// A call failed.
    ///
    /// - Parameter isOver: Whether nothing is owed of the shard, and nothing will come: then one that is not ours any more was
    ///   taken off for that.
    func failed(
        _ call: ShardConsumer.Call, _ failure: ShardConsumer.CallFailure, _ error: ClientError, isOver: Bool
    ) {
        let metadata: Logger.Metadata = ["shard": "\(shard)", "call": "\(call)", "error": "\(error)"]
        let about = "\(shard) \(call)"
        switch failure {
        case .notOwner where call == .save && isOver:
            logger.notice("the shard is over", metadata: ["shard": "\(shard)"])
        case .notOwner:
            troubles.log(
                .warning, "a call is refused, for the shard is not ours any more", about: about, metadata: metadata)
        case .refused:
            troubles.log(
                .error, "a call for a shard is refused; it is tried every 30 s", about: about, metadata: metadata)
        case .retriable, .invalidCursor:
            troubles.log(
                .warning, "a call for a shard failed and is tried again", about: about, metadata: metadata)
        }
    }

    /// The group was deleted and made anew, and the shard stands further on in it than before.
    func skipped(_ stretch: LeftBehind.Stretch) {
        let places = named("from", stretch.from, "to", stretch.to)
        if stretch.isCertain {
            countGap()
            logger.error("the group was made anew with another start: log groups between are skipped", metadata: places)
        } else {
            logger.error(
                """
                the group was made anew by another member, which stands further on: log groups between are skipped, but \
                for those that it has handed over
                """,
                metadata: places)
        }
    }

    private func countGap() {
        board.metrics.foundGap()
        board.change(shard) { $0.gapCount += 1 }
        board.update { $0.gapCount += 1 }
    }

    private func named(_ key: String, _ value: Any, _ other: (key: String, value: Any)? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["shard": "\(shard)", key: "\(value)"]
        if let other { metadata[other.key] = "\(other.value)" }
        return metadata
    }

    private func named(_ key: String, _ value: Any, _ other: String, _ otherValue: Any) -> Logger.Metadata {
        named(key, value, (other, otherValue))
    }
}
