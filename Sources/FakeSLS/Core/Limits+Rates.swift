internal import SLSProtocol

extension Limits {
    /// What may be used up again and again: so much in each second or minute. The raw value is the name in a file.
    ///
    /// Bytes are raw (uncompressed) bytes; each log group of a batch counts as a call (assumed: no page says).
    /// Source: protocol.md 8 ("Data read and write").
    public enum Rate: String, CaseIterable, Sendable {
        /// Of a shard whose logstore has an index. 5 MB in `strict`.
        case shardWriteBytes = "shard-write-bytes-per-second"
        /// Of a shard whose logstore has none. 10 MB in `strict`.
        case shardWriteBytesWithoutIndex = "shard-write-bytes-per-second-without-index"
        /// 500 in `strict`.
        case shardWriteCalls = "shard-write-calls-per-second"
        /// 10 MB in `strict`.
        case shardReadBytes = "shard-read-bytes-per-second"
        /// Pulls. 100 in `strict`.
        case shardReadCalls = "shard-read-calls-per-second"
        /// 100 GB in `strict`.
        case projectWriteBytes = "project-write-bytes-per-minute"
        /// 600,000 in `strict`.
        case projectWriteCalls = "project-write-calls-per-minute"
        /// Pulls and the calls for cursors (assumed). 600,000 in `strict`.
        case projectReadCalls = "project-read-calls-per-minute"
        /// Of each API call but those for data, in each project. Off in `strict`: the service publishes no figure.
        case controlCalls = "control-calls-per-second"

        /// How long the figure is meant for.
        public var period: Duration {
            switch self {
            case .projectWriteBytes, .projectWriteCalls, .projectReadCalls: .seconds(60)
            default: .seconds(1)
            }
        }

        /// What a caller who is over it is told; the status is 403.
        var code: APIError.Code {
            switch self {
            case .shardWriteBytes, .shardWriteBytesWithoutIndex, .shardWriteCalls: .shardWriteQuotaExceed
            case .shardReadBytes, .shardReadCalls: .shardReadQuotaExceed
            case .projectWriteBytes, .projectWriteCalls: .writeQuotaExceed
            case .projectReadCalls: .readQuotaExceed
            case .controlCalls: .metaOperationQpsLimitExceeded
            }
        }
    }
}
