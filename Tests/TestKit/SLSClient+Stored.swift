public import SLSClient
public import SLSProtocol

extension SLSClient {
    /// Every log group of a logstore, as it is stored, shard by shard.
    public func storedLogGroups(of logstore: LogstoreName) async throws -> [[UInt8]] {
        var groups: [[UInt8]] = []
        for shard in try await listShards(of: logstore).map({ ShardID($0.id) }) {
            var cursor = try await getCursor(of: shard, in: logstore, from: .begin)
            while true {
                let pulled = try await pullLogs(from: cursor, of: shard, in: logstore)
                groups += try LogGroupScanner.groups(inList: pulled.body).map { Array(pulled.body[$0.bytes]) }
                if pulled.nextCursor == cursor { break }
                cursor = pulled.nextCursor
            }
        }
        return groups
    }
}
