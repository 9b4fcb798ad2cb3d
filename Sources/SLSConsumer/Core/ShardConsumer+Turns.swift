import SLSProtocol

extension ShardConsumer {
    /// Another way to go on than with the next batch; taken when the processor has ended.
    enum Turn: Equatable, Sendable {
        /// From the checkpoint as the server has it, after a wait.
        case restart(reason: String, isByForeignCheckpoint: Bool)
        /// Not at all, until a person has decided.
        case hold(Hold)
        /// From this position.
        case seek(Cursor)

        /// What a processor asks for; nil when it only ends.
        init?(_ ending: ProcessingResult.Ending) {
            switch ending {
            case .finished: return nil
            case .restart(let reason): self = .restart(reason: reason, isByForeignCheckpoint: false)
            case .hold(let reason): self = .hold(.processor(reason))
            case .seek(let cursor): self = .seek(cursor)
            }
        }
    }
}
