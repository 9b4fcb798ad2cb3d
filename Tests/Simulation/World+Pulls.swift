import SLSClient
import SLSConsumer
import SLSProtocol

/// The pulls of held shards: `ShardCalls`' part.
extension World {
    func pull(_ cursor: Cursor, count: Int, by task: SimulatedTask, in process: SimulatedProcess) {
        send(
            .pull(task.shard, from: cursor, count: count), from: process,
            for: .pull(task: task.serial, from: cursor, count: count), within: GroupTiming.pullTimeout)
    }

    /// Exactly once, fewer are asked for until each log group has its own cursor.
    func pulled(
        _ answer: Answer, by task: SimulatedTask, from cursor: Cursor, count: Int, in process: SimulatedProcess
    ) {
        switch answer {
        case .failed(let error): post(.shard(.failed(.pull, ShardConsumer.CallFailure(error))), to: process, task)
        case .pulled(let pulled, let contents):
            let numbering = Batch.Numbering(pulled, from: cursor)
            if numbering.kind != .consecutive { faults[.sparseNumbers] += 1 }
            if mode.isExact,
                let fewer = Batch.Numbering.fewer(
                    than: count, after: pulled, from: cursor, safeguards: rules.safeguards)
            {
                return pull(cursor, count: fewer, by: task, in: process)
            }
            let summary = ShardConsumer.Pulled(
                pulled, numbering, asked: count, rawByteCount: contents.reduce(0) { $0 + server.accepted[$1].byteCount }
            )
            let batch = Batch(
                shard: task.shard, first: numbering.first, next: pulled.nextCursor, count: pulled.count, bytes: [],
                kind: numbering.kind)
            post(.pulled(summary, contents.isEmpty ? nil : Load(batch: batch, contents: contents)), to: process, task)
        default: preconditionFailure("no answer to a pull: \(answer)")
        }
    }
}

/// What a pull brought: the batch as the consumer has it, and what its bytes are.
struct Load {
    let batch: Batch
    let contents: [Content]
}
