internal import SLSProtocol
internal import SQLite

extension Store {
    /// The highest sequence id that was accepted for a hash key, and when.
    func sequenceID(of key: HashKey, logstore: Int64) throws(APIError) -> SequenceRule.Last? {
        try row(
            "SELECT number, accept_time FROM sequence_id WHERE logstore = ? AND hash_key = ?", logstore, key.hex
        ) { SequenceRule.Last(number: $0.int64(0), accepted: $0.int64(1)) }
    }

    func setSequenceID(
        _ number: Int64, of key: HashKey, logstore: Int64, accepted: Int64
    ) throws(APIError) {
        try run(
            "INSERT OR REPLACE INTO sequence_id (logstore, hash_key, number, accept_time) VALUES (?, ?, ?, ?)",
            logstore, key.hex, number, accepted)
    }

    /// Forgets the ids of the hash keys that belong to a shard.
    func deleteSequenceIDs(ofShard shard: Shard, logstore: Int64) throws(APIError) {
        // Hash keys are stored with 32 lower-case digits, which compare as the numbers do.
        let end = shard.end == .max ? "g" : shard.end.hex
        try run(
            "DELETE FROM sequence_id WHERE logstore = ? AND hash_key >= ? AND hash_key < ?", logstore, shard.begin.hex,
            end)
    }
}
