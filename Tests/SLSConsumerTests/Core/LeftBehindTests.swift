import SLSConsumer
import SLSProtocol
import Testing

@Suite struct LeftBehindTests {
    private let shard = ShardID(0)

    private func left(at number: Int64) -> LeftBehind {
        var left = LeftBehind()
        left.leave([shard: at(number)])
        return left
    }

    @Test func `the maker of a group that starts at the end knows what it skips of every shard it had`() {
        var left = left(at: 10)
        left.leave([ShardID(1): at(7)])
        #expect(!left.asksForCheckpoints(isStartFixed: false, isMaker: true))
        let skipped = left.entered(
            isStartFixed: false, checkpoints: [shard: at(15), ShardID(1): at(7), ShardID(2): at(3)], isMaker: true)
        #expect(skipped == [.init(shard, from: at(10), to: at(15), isCertain: true)])
        #expect(left.started(shard, at: at(15), isFirst: false) == nil, "told already")
    }

    @Test func `whoever joins a group made anew by another knows at most what it skips`() {
        var left = left(at: 10)
        #expect(left.asksForCheckpoints(isStartFixed: false, isMaker: false))
        let skipped = left.entered(isStartFixed: false, checkpoints: [shard: at(15)], isMaker: false)
        #expect(skipped == [.init(shard, from: at(10), to: at(15), isCertain: false)])
    }

    @Test func `where the maker began no later than the shard stood nothing is missing, however far it has come`() {
        var left = left(at: 10)
        #expect(left.entered(isStartFixed: false, checkpoints: [shard: at(10)], isMaker: false).isEmpty)
        #expect(left.started(shard, at: at(90), isFirst: false) == nil)
    }

    @Test func `with a fixed start another member's progress is no gap`() {
        var left = left(at: 10)
        #expect(!left.asksForCheckpoints(isStartFixed: true, isMaker: false))
        #expect(left.entered(isStartFixed: true, checkpoints: [:], isMaker: false).isEmpty)
        #expect(left.started(shard, at: at(90), isFirst: false) == nil)
    }

    @Test func `a first checkpoint of our own beyond the old position is a gap, with any start`() {
        for isStartFixed in [true, false] {
            var left = left(at: 10)
            _ = left.entered(isStartFixed: isStartFixed, checkpoints: [:], isMaker: false)
            #expect(
                left.started(shard, at: at(12), isFirst: true)
                    == .init(shard, from: at(10), to: at(12), isCertain: true))
            #expect(left.started(shard, at: at(50), isFirst: true) == nil, "only its first start tells")
        }
    }

    @Test func `a shard without a checkpoint when the group was entered is judged at its first start`() {
        var left = left(at: 10)
        _ = left.entered(isStartFixed: false, checkpoints: [:], isMaker: false)
        #expect(
            left.started(shard, at: at(12), isFirst: false)
                == .init(shard, from: at(10), to: at(12), isCertain: false))
    }

    @Test func `a group that is deleted twice before a shard has begun is judged from where it stood last`() {
        var left = left(at: 10)
        _ = left.entered(isStartFixed: false, checkpoints: [shard: at(15)], isMaker: true)
        left.leave([:])
        #expect(
            left.entered(isStartFixed: false, checkpoints: [shard: at(20)], isMaker: true)
                == [.init(shard, from: at(15), to: at(20), isCertain: true)])
    }
}
