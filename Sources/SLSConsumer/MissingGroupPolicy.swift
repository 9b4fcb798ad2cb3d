/// What to do when the group is deleted while it is consumed.
public enum MissingGroupPolicy: Sendable {
    /// End with `ConsumerError.groupDeleted`: whoever deleted it may have meant it. The default.
    case fail
    /// Make it anew and go on. Its checkpoints are gone: each shard begins as the configured start says, so that with
    /// `begin` everything is handed over again, and with `end` what lies between the old position and the new one is
    /// skipped; that stretch is logged and counted as a gap.
    case recreate
}
