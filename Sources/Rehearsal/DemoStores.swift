import SLSClient
import SLSProtocol

/// The demo's project as its producer and its judge see it: through the client, over HTTP.
struct DemoStores: Sendable {
    static let group = "dispatch-demo"

    let client: SLSClient
    let source: LogstoreName
    let targets: [LogstoreName]
    private let group: ConsumerGroupName

    init(client: SLSClient, source: LogstoreName, targets: [LogstoreName]) throws(APIError) {
        self.client = client
        self.source = source
        self.targets = targets
        group = try ConsumerGroupName(Self.group)
    }

    func put(_ group: LogGroup) async throws {
        try await client.putLogs(PutLogsBody(compressing: group.serialized), to: source)
    }

    /// Which consumer holds each shard of the source, by the server's table; "" for none.
    func owners() async throws -> [ShardID: String] {
        let checkpoints = try await client.listCheckpoints(of: group, in: source)
        return Dictionary(uniqueKeysWithValues: checkpoints.map { (ShardID($0.shard), $0.consumer) })
    }

    /// Reads a logstore from begin to end, each log group decoded.
    func readAll(_ logstore: LogstoreName, _ take: (LogGroup) -> Void) async throws {
        for shard in try await client.listShards(of: logstore).map({ ShardID($0.id) }) {
            var cursor = try await client.getCursor(of: shard, in: logstore, from: .begin)
            while true {
                let pulled = try await client.pullLogs(from: cursor, of: shard, in: logstore)
                for group in try LogGroupScanner.groups(inList: pulled.body) {
                    take(try LogGroup(serialized: Array(pulled.body[group.bytes])))
                }
                if pulled.nextCursor == cursor { break }
                cursor = pulled.nextCursor
            }
        }
    }

    /// How many log groups a logstore holds, by its cursors.
    func count(_ logstore: LogstoreName) async throws -> Int {
        var count = 0
        for shard in try await client.listShards(of: logstore).map({ ShardID($0.id) }) {
            let begin = try await client.getCursor(of: shard, in: logstore, from: .begin)
            let end = try await client.getCursor(of: shard, in: logstore, from: .end)
            count += Int(end.number - begin.number)
        }
        return count
    }
}
