import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

/// A shard's machine on a clock of its own, started by a first tick.
struct ShardMachine {
    var shard: ShardConsumer
    var now = Instant(nanoseconds: 0)
    private var random = SystemRandomNumberGenerator()

    init(
        _ id: Int = 0, start: CursorPosition = .begin, isFixed: Bool = true, listed: Set<ShardID> = [ShardID(0)],
        configure: (inout ShardConsumer.Configuration) -> Void = { _ in }
    ) throws {
        var configuration = ShardConsumer.Configuration()
        configure(&configuration)
        shard = ShardConsumer(
            ShardID(id), timing: try #require(GroupTiming(timeout: .seconds(30))), configuration: configuration,
            positions: InitialPositions(configured: start, isFixed: isFixed, listedBeforeJoining: listed), now: now)
    }

    mutating func handle(_ event: ShardConsumer.Event, after wait: Duration = .zero) -> [ShardConsumer.Action] {
        now = now + wait
        return shard.handle(event, now: now, using: &random)
    }

    /// A machine that processes from `cursor` on and has its first pull under way.
    static func processing(
        from cursor: Int64 = 100, configure: (inout ShardConsumer.Configuration) -> Void = { _ in }
    ) throws -> ShardMachine {
        var machine = try ShardMachine(configure: configure)
        _ = machine.handle(.tick)
        _ = machine.handle(.checkpointsRead([ShardID(0): at(cursor)]))
        return machine
    }

    /// Takes in a pull of `count` log groups that leaves more to read.
    mutating func pull(_ count: Int, isAtEnd: Bool = false, after wait: Duration = .zero) -> [ShardConsumer.Action] {
        pulledUpTo += Int64(count)
        return handle(
            .pulled(.init(next: at(pulledUpTo), count: count, rawByteCount: count * 2_000, isAtEnd: isAtEnd)),
            after: wait)
    }

    private var pulledUpTo: Int64 = 100
}

func at(_ number: Int64) -> Cursor { Cursor(number: number) }
func cursors(_ range: Range<Int64>) -> [Cursor] { range.map { at($0) } }
