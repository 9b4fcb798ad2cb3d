import SLSClient
import SLSConsumer
import SLSProtocol
import TestKit
import Testing

@testable import Dispatcher

/// Owners that die at any moment, answers that are lost, requests that land late: the target's store is the judge.
@Suite struct ExactOwnersTests {
    @Test(arguments: 0..<200) func `every log group is stored once, in the order of its lane`(seed: UInt64) throws {
        var world = try SmallWorld(seed: seed, first: 1)
        world.run()
        #expect(world.stored.sorted() == world.cursors, "seed \(seed)")
        #expect(world.isInOrder, "seed \(seed)")
    }

    @Test(arguments: 0..<100, [1, 3]) func `X17 nothing is lost or doubled around the end of an epoch`(
        seed: UInt64, batchCount: Int
    ) throws {
        var world = try SmallWorld(seed: seed, first: (25_765_160_001 << 26) - 30, batchCount: batchCount)
        world.run()
        #expect(world.stored.sorted() == world.cursors, "seed \(seed)")
        #expect(world.isInOrder, "seed \(seed)")
        #expect(world.epochCount == 2)
    }
}

/// One shard, one target, one owner after another.
private struct SmallWorld {
    /// Every log group of the shard.
    let cursors: [Int64]
    private(set) var stored: [Int64] = []
    private var last: [HashKey: Int64] = [:]
    private var window: ExactWindow<Int>
    private var checkpoint: Int64
    private var tracker: CheckpointTracker
    private let end: Int64
    private var inFlight: [Delivery<Int>.Write] = []
    /// Requests whose sender is gone; they may land at any time, or never.
    private var late: [Delivery<Int>.Write] = []
    private var now = Instant(nanoseconds: 0)
    private var random: SeededGenerator
    private let configuration: ExactWindow<Int>.Configuration
    private let isBatched: Bool

    /// - Parameter batchCount: How many log groups one request may carry; above 1 no request lands late.
    init(seed: UInt64, first: Int64, batchCount: Int = 1) throws {
        cursors = Array(first..<first + 60)
        checkpoint = first
        end = first + 60
        tracker = CheckpointTracker(start: Cursor(number: first))
        isBatched = batchCount > 1
        let place = LaneKeys.Place(host: "sls.test", project: "demo", logstore: "web")
        let origin = LaneKeys.Origin(
            source: place, group: try ConsumerGroupName("cg"), generation: Generation(hex: "0"))
        var configuration = ExactWindow<Int>.Configuration(
            shard: ShardID(0), keys: LaneKeys(origin: origin, laneCount: 3), targets: [place], firstWrite: now)
        if batchCount > 1 {
            var limit = ExactWindow<Int>.BatchLimit()
            limit.count = batchCount
            configuration.batch(limit, after: .zero)
        }
        self.configuration = configuration
        window = ExactWindow(configuration)
        random = SeededGenerator(seed: seed)
    }

    /// Whether each lane's log groups are stored in the order of the source.
    var isInOrder: Bool {
        (0..<3).allSatisfy { lane in
            let found = stored.filter { configuration.keys.lane(of: Cursor(number: $0)) == lane }
            return found == found.sorted()
        }
    }

    /// How many runs of cursors, each with keys of its own, were written.
    var epochCount: Int { Set(stored.map { LaneKeys.epoch(of: Cursor(number: $0)) }).count }

    mutating func run() {
        takeOver()
        var steps = 0
        while tracker.lowWater.number < end {
            steps += 1
            let isCalm = steps > 2_000
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<3 where !isCalm: takeOver()
            case 3..<10 where !isCalm: if let write = late.randomElement(using: &random) { _ = judge(write) }
            case 10..<15: checkpoint = tracker.lowWater.number
            case 15..<40:
                now = max(now, window.nextTimer ?? now)
                feed(.tick)
            default: answerOne(isCalm: isCalm)
            }
        }
    }

    private mutating func takeOver() {
        if !isBatched { late += inFlight }
        inFlight = []
        if Int.random(in: 0..<4, using: &random) == 0 {
            checkpoint = Int64.random(in: cursors[0]...checkpoint, using: &random)
        }
        window = ExactWindow(configuration)
        tracker = CheckpointTracker(start: Cursor(number: checkpoint))
        guard checkpoint < end else { return }
        tracker.take(Int(end - checkpoint), upTo: Cursor(number: end))
        for cursor in checkpoint..<end { feed(.admit(.init(Cursor(number: cursor), 0), targets: [0])) }
    }

    private mutating func answerOne(isCalm: Bool) {
        guard let index = inFlight.indices.randomElement(using: &random) else { return }
        let write = inFlight.remove(at: index)
        let answer: DeliveryAnswer
        switch Int.random(in: 0..<10, using: &random) {
        case 0 where !isCalm:
            _ = judge(write)
            answer = .unanswered
        case 1 where !isCalm:
            if !isBatched { late.append(write) }
            answer = .unanswered
        case 2 where !isCalm: answer = .postponed
        default: answer = judge(write)
        }
        feed(.answered(write.id, answer))
    }

    /// The target: an id must be above the last one of its key.
    private mutating func judge(_ write: Delivery<Int>.Write) -> DeliveryAnswer {
        guard case .key(let key, let id?) = write.address, id > last[key] ?? 0 else { return .alreadyStored }
        last[key] = id
        stored += write.elements.map(\.cursor.number)
        return .accepted
    }

    private mutating func feed(_ event: Delivery<Int>.Event) {
        for action in window.handle(event, now: now, barrier: now + .seconds(9), using: &random) {
            switch action {
            case .put(let write): inFlight.append(write)
            case .acknowledge(let cursors): for cursor in cursors { tracker.acknowledge(cursor) }
            case .restart:
                takeOver()
                return
            default: break
            }
        }
    }
}
