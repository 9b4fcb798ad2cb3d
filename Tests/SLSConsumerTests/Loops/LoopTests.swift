import Testing

/// Whole members on a clock that runs ten times as fast: one test after the other, so that none slows another's clock.
@Suite(.serialized) struct LoopTests {
    @Suite struct JoiningTests {}
    @Suite struct InitialPositionTests {}
    @Suite struct LeaseTests {}
    @Suite struct HandOverTests {}
    @Suite struct ShardTaskTests {}
    @Suite struct HandlerTests {}
    @Suite struct LookOutTests {}
    @Suite struct HealthTests {}
}
