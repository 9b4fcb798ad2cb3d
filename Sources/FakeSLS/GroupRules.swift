/// How consumer groups behave where nobody has published it; the defaults are what the evidence makes likely.
///
/// What is not switchable stands in one function each: docs/compatibility.md has the list.
public struct GroupRules: Equatable, Sendable {
    /// Judge whether a shard is consumed only when its checkpoint is saved, as the vendor's README says: a shard that was
    /// at its end before it was split then waits for one more save. Default: also when it turns read-only.
    public var judgesEndsOnSaveOnly = false
    /// Say `ConsumerNotExsit` and `ShardNotExsit` in answers to checkpoint calls, the spelling that the Go library looks
    /// for. Default: as documented.
    public var misspellsCodes = false
    /// GetCheckPoint names the last saver, where the default is the present holder, else the last saver.
    public var showsLastSaver = false
    /// The status of `ConsumerNotMatch`. Default 400.
    public var consumerNotMatchStatus = 400
    /// The status of `ConsumerGroupQuotaExceed`. Default 400.
    public var groupQuotaStatus = 400
    /// Timeouts that a group may have, in seconds. Default: 1 and up.
    public var timeoutSeconds = 1...Int(Int32.max)

    /// The defaults.
    public init() {}
}
