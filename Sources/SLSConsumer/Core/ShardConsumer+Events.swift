package import SLSClient
package import SLSProtocol

extension ShardConsumer {
    /// What a reply to a pull says; the bytes stay outside.
    package struct Pulled: Equatable, Sendable {
        /// The cursor of the first log group; nil for the position that was asked for.
        package let first: Cursor?
        /// Where the next pull goes on.
        package let next: Cursor
        /// How many log groups came.
        package let count: Int
        /// Their size, uncompressed.
        package let rawByteCount: Int
        /// Whether the shard has no more at this moment.
        package let isAtEnd: Bool

        /// A reply of these properties.
        package init(first: Cursor? = nil, next: Cursor, count: Int, rawByteCount: Int, isAtEnd: Bool) {
            self.first = first
            self.next = next
            self.count = count
            self.rawByteCount = rawByteCount
            self.isAtEnd = isAtEnd
        }
    }

    /// Why a call for this shard failed.
    package enum CallFailure: Equatable, Sendable {
        /// No answer, 5xx or a quota: worth another try.
        case retriable
        /// Refused for good: tried again, but slowly.
        case refused
        /// The shard is not ours any more (`ConsumerNotExist`, `ConsumerNotMatch`).
        case notOwner
        /// The position is outside what the shard retains (`InvalidCursor`).
        case invalidCursor
    }

    /// What happened outside.
    package enum Event: Equatable, Sendable {
        /// A timer fired; `nextTimer` says when the next is due.
        case tick
        /// The group's checkpoints; shards without one are left out.
        case checkpointsRead([ShardID: Cursor])
        /// The shard's checkpoint is no cursor, as that call found it.
        case checkpointUnreadable(String, by: Call)
        /// The shard's checkpoint as the look-out found it; nil for none.
        case readBack(Cursor?)
        /// The cursor of the position that was asked for.
        case resolved(Cursor)
        /// A pull was answered; a batch of its log groups waits outside to be delivered, if there are any.
        case pulled(Pulled)
        /// The shard was listed; nil when it is not there any more.
        case listed(isReadOnly: Bool?)
        /// A checkpoint was saved.
        case saved(Cursor)
        /// The call that was asked for last failed.
        case failed(Call, CallFailure)
        /// Log groups were delivered everywhere.
        case acknowledged([Cursor])
        /// The server confirmed the lease.
        case leaseRenewed
        /// Let the shard go.
        case drain
        /// Give up what is still in flight, save, let go.
        case hurry
        /// The lease is over.
        case drop
        /// Go on at another position, which may lie before the present one.
        case seek(Cursor)
        /// The processor has returned.
        case processorEnded(ProcessingResult.Ending)
    }

    /// The calls that may be under way, one of each.
    package enum Call: Hashable, Sendable, CaseIterable {
        /// Of the checkpoints.
        case read
        /// Of a cursor.
        case resolve
        /// Of log groups.
        case pull
        /// Of a checkpoint.
        case save
        /// Of the shards.
        case list
        /// Of the checkpoint, to see whether somebody else has set it.
        case lookOut
    }

    /// What to do next, in this order.
    package enum Action: Equatable, Sendable {
        /// Read this shard's checkpoint, or those of the whole group where the initial position depends on them.
        case readCheckpoints(ofAllShards: Bool)
        /// Read this shard's checkpoint back.
        case readBack
        /// Ask for the cursor of a position.
        case resolve(CursorPosition)
        /// Pull from here.
        case pull(Cursor)
        /// Hand the waiting batch to the processor.
        case deliver
        /// Ask whether the shard is read-only.
        case listShards
        /// Save a checkpoint, unforced.
        case save(Cursor)
        /// Tell the processor that nothing more comes; it ends what is in flight and returns.
        case finishProcessing
        /// Tell the processor to return at once.
        case cancelProcessing
        /// Something a person should know.
        case report(Report)
        /// The task is over.
        case end(Ending)
    }

    /// What a person should know.
    package enum Report: Equatable, Sendable {
        /// Processing begins here.
        case started(at: Cursor)
        /// There was no checkpoint where one was expected; the shard begins at the configured position.
        case surprisingStart(CursorPosition)
        /// The checkpoint had expired; log groups up to the first retained one are lost to us.
        case gap(from: Cursor, to: Cursor)
        /// The checkpoint lay beyond everything the shard holds: it is another shard's, or the logstore was made anew.
        case foreignPosition(Cursor, resumedAt: Cursor)
        /// A call is refused for good; tried again slowly.
        case refused(Call)
        /// Somebody else has set the checkpoint: a twin, or a person; the shard starts again from there.
        case foreignCheckpoint(found: Cursor?, ours: Cursor)
        /// The shard is started again from its checkpoint; `isRepeated` when its processor had asked for that less than an
        /// hour ago, too.
        case restarting(reason: String, isRepeated: Bool)
        /// The shard stands still until a person has decided.
        case held(Hold)
    }

    /// Why a shard stands still.
    package enum Hold: Equatable, Sendable, CustomStringConvertible {
        /// The checkpoint is older than what the logstore keeps, and the gap policy leaves the decision to a person.
        case expired(Cursor)
        /// The checkpoint is no cursor.
        case unreadable(String)
        /// The processor asked for it.
        case processor(String)

        /// What to do about it, in a sentence.
        package var description: String {
            switch self {
            case .expired(let cursor): "the checkpoint \(cursor) has expired; set it, or choose another gap policy"
            case .unreadable(let text): "the checkpoint \(text.debugDescription) is no cursor; set it"
            case .processor(let reason): reason
            }
        }
    }

    /// How the task ended.
    package enum Ending: Equatable, Sendable {
        /// Saved and let go.
        case released
        /// Let go, but the last save did not succeed in time.
        case unsaved
        /// Ended without a save: the lease is over, or the shard is not ours.
        case lost
        /// Saved and let go while a person had to decide.
        case held
    }

    /// Bounds and times.
    package struct Configuration: Equatable, Sendable {
        /// R: nothing is handed over for a position further than this past the confirmed checkpoint; bounds what a crash
        /// repeats. Default 16,384 log groups.
        package var runAhead = 16_384
        /// How often a changed checkpoint is saved. Default 1 s.
        package var saveInterval = Duration.seconds(1)
        /// Log groups to ask for in one pull, 1 to 1,000. Default 1,000.
        package var pullCount = 1_000
        /// How often the shard is looked up for having become read-only. Default 60 s; six times as often at its end.
        package var listInterval = Duration.seconds(60)
        /// How long a refused call waits for its next try. Default 30 s.
        package var refusedInterval = Duration.seconds(30)
        /// How often the checkpoint is read back, all shards of a member at the same time. Default 3 s.
        package var lookOutInterval = Duration.seconds(3)
        /// What happens to a shard whose checkpoint has expired. Default `earliest`.
        package var gapPolicy = GapPolicy.earliest
        /// When the shard was last started again for a reason of its processor's, by a task before this one.
        package var restarted: Instant?
        package var safeguards = Safeguards.all

        /// The defaults.
        package init() {}
    }
}

extension ShardConsumer {
    /// Whether it is a read-only shard whose end was reached and is saved: nothing comes, and nothing is owed any more.
    var isSavedAtItsEnd: Bool {
        isReadOnly && isAtEnd && outstandingCount == 0 && waiting == nil && confirmed != nil && lowWater == confirmed
    }
}
