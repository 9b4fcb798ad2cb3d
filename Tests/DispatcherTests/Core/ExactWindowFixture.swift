import SLSClient
import SLSConsumer
import SLSProtocol

@testable import Dispatcher

/// A window of two targets and two lanes, in which even cursors take one lane and odd ones the other; what comes out is
/// said in short words.
struct ExactWindowFixture {
    static let epochLength: Int64 = 1 << 26

    var window: ExactWindow<Int>
    var now = Instant(nanoseconds: 0)
    var barrier: Instant? = Instant(nanoseconds: 1_000_000_000_000)
    private(set) var writes: [Int: Delivery<Int>.Write] = [:]
    private var random = SystemRandomNumberGenerator()
    private let keys: LaneKeys

    init(hasDeadLetter: Bool = false, batchLimit: ExactWindow<Int>.BatchLimit? = nil, batchWait: Duration = .zero)
        throws
    {
        let source = LaneKeys.Place(host: "sls.test", project: "demo", logstore: "source")
        keys = LaneKeys(
            origin: LaneKeys.Origin(
                source: source, group: try ConsumerGroupName("cg"), generation: Generation(hex: "0")), laneCount: 2)
        var configuration = ExactWindow<Int>.Configuration(
            shard: ShardID(0), keys: keys, targets: ["web", "audit"].map { Self.place($0) },
            deadLetter: hasDeadLetter ? Self.place("dead") : nil, firstWrite: now)
        if let batchLimit { configuration.batch(batchLimit, after: batchWait) }
        window = ExactWindow(configuration)
    }

    static func place(_ logstore: String) -> LaneKeys.Place {
        LaneKeys.Place(host: "sls.test", project: "demo", logstore: logstore)
    }

    /// The n-th cursor of a lane, from 1 on.
    func cursor(_ lane: Int, _ number: Int, from start: Int64 = 1) -> Int64 {
        var found = 0
        var cursor = start
        while true {
            if keys.lane(of: Cursor(number: cursor)) == lane { found += 1 }
            if found == number { return cursor }
            cursor += 1
        }
    }

    /// The key and id of a cursor for the first target.
    func address(of cursor: Int64) -> PutLogsTarget {
        let cursor = Cursor(number: cursor)
        let key = keys.key(
            shard: ShardID(0), target: Self.place("web"), lane: keys.lane(of: cursor), epoch: LaneKeys.epoch(of: cursor)
        )
        return .key(key, sequenceID: LaneKeys.sequenceID(of: cursor))
    }

    mutating func handle(_ event: Delivery<Int>.Event, after wait: Duration = .zero) -> [String] {
        now = now + wait
        return window.handle(event, now: now, barrier: barrier, using: &random).map { action in
            switch action {
            case .put(let write):
                note(write)
            case .settled(let write, let ending): "\(ending) \(write.elements.map { $0.cursor.number })"
            case .acknowledge(let cursors): "ack \(cursors.map(\.number))"
            case .blocked(let target, let cursor): "blocked \(target) at \(cursor)"
            case .unblocked(let target): "unblocked \(target)"
            case .restart(let write):
                "restart \(letters(write))\(write.target) at \(write.cursor)"
            case .finish: "finish"
            }
        }
    }

    private mutating func note(_ write: Delivery<Int>.Write) -> String {
        writes[write.id] = write
        let carried = write.elements.map { "\($0.cursor)" }.joined(separator: "+")
        return "put \(write.id): \(carried) to \(letters(write))\(write.target)"
    }

    private func letters(_ write: Delivery<Int>.Write) -> String {
        switch write.deadLetter {
        case nil: ""
        case .plain: "the dead letters of "
        case .sealed: "the dead letters, sealed, of "
        }
    }

    mutating func admit(_ cursors: Int64..., to targets: [Int] = [0], byteCount: Int = 0) -> [String] {
        cursors.flatMap { cursor in
            handle(.admit(.init(Cursor(number: cursor), 0, byteCount: byteCount), targets: targets))
        }
    }
}
