import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// What a process asks of the server or of a target.
enum Request {
    case heartbeat(ConsumerName, reporting: [ShardID], number: Int)
    case findGroup
    case listShards
    case getCursor(ShardID, CursorPosition)
    case createGroup(timeout: Duration)
    /// Forced where no consumer is named.
    case save(ShardID, Cursor, by: ConsumerName?, isForced: Bool, number: Int)
    case readCheckpoints
    case pull(ShardID, from: Cursor, count: Int)
    case put(Content, target: Int)
    /// One with a sequence id.
    case putExact(ExactPut)
}

/// What comes back.
enum Answer {
    case granted([ShardID])
    /// The group's timeout; nil when there is no group.
    case group(timeout: Duration?)
    /// Each with whether it is read-only.
    case shards([(id: ShardID, isReadOnly: Bool)])
    case cursor(Cursor)
    case done
    case checkpoints([ShardID: Cursor])
    /// The log groups are what the body holds.
    case pulled(PulledLogs, [Content])
    case failed(ClientError)
}

/// Why a call was made, which says what becomes of its answer.
enum Purpose {
    case heartbeat(Int)
    case watch
    case entrance
    /// Of the task with that serial; `saving` is the cursor of a save.
    case shard(task: Int, ShardConsumer.Call, saving: Cursor?)
    case pull(task: Int, from: Cursor, count: Int)
    case put(task: Int, write: Int)
    /// Whether a shard may be written from where it stands.
    case exam(task: Int, stretch: Int)
}

/// A call that waits for its answer.
struct PendingCall {
    let serial: Int
    let purpose: Purpose
    /// When its process gives it up.
    let deadline: TrueTime
}

/// A request on its way.
struct Envelope {
    let request: Request
    let process: Int
    let life: Int
    /// Of the call; 0 for a copy, whose answer nobody hears.
    let call: Int
    let deadline: TrueTime

    /// A copy that somebody on the way makes.
    var copy: Envelope { Envelope(request: request, process: process, life: life, call: 0, deadline: deadline) }
}

/// A message in a mailbox inside a process.
enum Note {
    case membership(Membership.Event)
    case ended(ShardID, ShardOutcome)
    case shard(ShardConsumer.Event)
    case pulled(ShardConsumer.Pulled, Load?)
    case drain(DrainReason)
    case batch(Load)
    case window(Delivery<Content>.Event)
    /// From the processor of that stretch.
    case acknowledged([Cursor], stretch: Int)
    case processed(stretch: Int, ProcessingResult.Ending)
    /// A write that the window has decided on is about to leave.
    case leave(Delivery<Content>.Write)
    /// A save that the machine has decided on is about to leave.
    case save(Cursor)
    /// The start is asked for again.
    case examine(stretch: Int)
    /// The next step of entering the group.
    case enter
    /// The group is to be listed again.
    case watch
}
