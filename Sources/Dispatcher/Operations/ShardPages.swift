public import SLSClient
import SLSConsumer
public import SLSProtocol

/// The log groups of one shard up to an end that was taken before, in pieces as they are pulled.
public struct ShardPages {
    /// What one pull brought.
    struct Page {
        /// A serialized list of log groups.
        let bytes: [UInt8]
        /// Where each stands in it.
        let groups: [ScannedLogGroup]
        /// Which cursors they have.
        let numbering: Batch.Numbering
    }

    /// Why a shard could not be read.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A call failed.
        case call(ClientError)
        /// A pulled body is no list of log groups.
        case malformed(ProtobufError)
        /// Nothing comes below the end, however often it is asked for.
        case silent(LogstoreName, ShardID, at: Cursor, end: Cursor)

        /// A sentence for a person.
        public var description: String {
            switch self {
            case .call(let error): "\(error)"
            case .malformed(let error): "a pulled body is no list of log groups: \(error)"
            case .silent(let logstore, let shard, let cursor, let end):
                "shard \(shard) of \(logstore) answers nothing from cursor \(cursor) on although its end is \(end): try again "
                    + "later"
            }
        }
    }

    /// How often an empty answer below the end is believed to pass.
    static let tryCount = 5
    private static let pause = Duration.milliseconds(200)

    private let client: SLSClient
    private let logstore: LogstoreName
    private let shard: ShardID
    private var position: Cursor
    private let end: Cursor
    private let clock: ConsumerClock

    init(
        client: SLSClient, logstore: LogstoreName, shard: ShardID, position: Cursor, end: Cursor, clock: ConsumerClock
    ) {
        self.client = client
        self.logstore = logstore
        self.shard = shard
        self.position = position
        self.end = end
        self.clock = clock
    }

    /// Whether everything was read.
    var isAtEnd: Bool { position >= end }

    /// The next log groups; may be none on the way.
    mutating func next() async throws(Failure) -> Page {
        let start = position
        for number in 1...Self.tryCount {
            let (client, logstore, shard, end) = (client, logstore, shard, end)
            let pulled: PulledLogs
            do throws(ClientError) {
                pulled = try await Batch.Numbering.pulling(1_000, from: start) { count async throws(ClientError) in
                    try await client.pullLogs(from: start, of: shard, in: logstore, count: count, end: end)
                }.pulled
            } catch {
                throw .call(error)
            }
            if pulled.nextCursor > start {
                position = pulled.nextCursor
                let groups: [ScannedLogGroup]
                do { groups = try LogGroupScanner.groups(inList: pulled.body) } catch { throw .malformed(error) }
                return Page(bytes: pulled.body, groups: groups, numbering: Batch.Numbering(pulled, from: start))
            }
            if number < Self.tryCount { await clock.sleep(until: clock.now() + Self.pause) }
        }
        throw .silent(logstore, shard, at: start, end: end)
    }
}
