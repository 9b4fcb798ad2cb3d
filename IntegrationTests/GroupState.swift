import Foundation

/// A logstore's shards and a group's checkpoints, as the official SDK reads them; cursors as their numbers.
struct GroupState: Decodable {
    struct Shard: Decodable {
        let shard: Int
        let status: String
        let begin: Int64
        let end: Int64
    }
    struct Checkpoint: Decodable {
        let shard: Int
        let checkpoint: Int64?
        let consumer: String
    }
    let shards: [Shard]
    let checkpoints: [Checkpoint]

    static func read(_ group: String, environment: [String: String]) async throws -> GroupState {
        let lines = try await PythonScript.run("state", [group], environment: environment)
        return try JSONDecoder().decode(GroupState.self, from: Data((lines.last ?? "").utf8))
    }

    /// The end cursor of each shard.
    var ends: [Int: Int64] { Dictionary(uniqueKeysWithValues: shards.map { ($0.shard, $0.end) }) }
    /// The saved checkpoint of each shard that has one.
    var saved: [Int: Int64] {
        Dictionary(uniqueKeysWithValues: checkpoints.compactMap { point in point.checkpoint.map { (point.shard, $0) } })
    }
}
