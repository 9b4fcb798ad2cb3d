/// What to do where the checkpoint has expired, because its log groups are older than what the logstore keeps.
public enum GapPolicy: String, CaseIterable, Sendable {
    /// Go on with the oldest log group; the gap is reported.
    case earliest
    /// Go on behind the newest; all between is skipped and reported.
    case latest
    /// Hold the shard: it stands still until the checkpoint is set by hand.
    case fail
}
