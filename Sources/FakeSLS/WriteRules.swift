/// How writes are judged where the service's own way is unpublished or not always wanted; every switch is off by
/// default.
public struct WriteRules: Equatable, Sendable {
    /// Refuse log groups with a log older than 7 days or more than 15 minutes ahead: `PostBodyInvalid`.
    ///
    /// The service's older pages say so; today's service is more lenient (assumed).
    public var checksLogTimes = false
    /// Refuse keys, topics and sources of more than 128 bytes and values of more than 1 MB: `InvalidKey` for keys, else
    /// `PostBodyInvalid`. The figures are the service's, the refusal is assumed.
    public var checksLogContents = false
    /// A split forgets the sequence ids of the hash keys that belonged to the shard.
    public var forgetsSequenceIDsOnSplit = false
    /// Sequence ids are forgotten this long after they were accepted; nil keeps them for ever.
    public var sequenceIDLifetime: Duration?
    /// The status of `InvalidSequenceId`. Default 400.
    public var refusedSequenceIDStatus = 400

    /// The defaults.
    public init() {}

    /// How sequence ids are judged.
    var sequenceRule: SequenceRule {
        SequenceRule(lifetime: sequenceIDLifetime, forgetsOnSplit: forgetsSequenceIDsOnSplit)
    }
}
