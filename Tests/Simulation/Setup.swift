import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// What a process is configured with.
struct Setup {
    /// For each topic, the targets that want it: the truth that the route table is made from.
    let wanted: [[Int]]
    let routes: RouteTable
    let start: CursorPosition
    /// Whose keys its writes have; nil at least once.
    let keys: LaneKeys?

    /// At least once: topic by topic, and none for the last.
    init(topics: [UInt8], start: CursorPosition) {
        wanted = topics.indices.map { $0 < topics.count - 1 ? [$0] : [] }
        routes = Self.routes(topics, wanted)
        self.start = start
        keys = nil
    }

    /// Exactly once.
    init(
        topics: [UInt8], wanted: [[Int]], start: CursorPosition, identity: DeliveryIdentity = .none, laneCount: Int,
        among places: Places, safeguards: Safeguards
    ) {
        self.wanted = wanted
        routes = Self.routes(topics, wanted)
        self.start = start
        let shape = OutputShape(routes: routes, targets: places.targets, laneCount: laneCount, start: start)
        let origin = LaneKeys.Origin(
            source: places.source, group: places.group, identity: identity,
            generation: Generation(shape, safeguards: safeguards))
        keys = LaneKeys(origin: origin, laneCount: laneCount)
    }

    private static func routes(_ topics: [UInt8], _ wanted: [[Int]]) -> RouteTable {
        RouteTable(
            zip(topics, wanted).flatMap { topic, targets in
                targets.map { RouteTable.Route(topic: String(decoding: [topic], as: UTF8.self), target: $0) }
            })
    }

    /// The logstores by the names that keys hold.
    struct Places {
        let source = Places.place("source")
        let group: ConsumerGroupName
        let targets: [LaneKeys.Place]
        let deadLetter = Places.place("dead")

        init(targetCount: Int) {
            do throws(APIError) {
                group = try ConsumerGroupName("dispatch")
            } catch {
                preconditionFailure("\(error)")
            }
            targets = (0..<targetCount).map { Self.place("target-\($0)") }
        }

        private static func place(_ logstore: String) -> LaneKeys.Place {
            LaneKeys.Place(host: "sls.test", project: "demo", logstore: logstore)
        }
    }
}

/// The configurations of an exactly-once history, by what they are for.
enum SetupChoice {
    static let main = 0
    /// Other routes, where processes are started with one of two configurations.
    static let rerouted = 1
    /// Begins at the beginning: a person's answer to a shard that is held.
    static let fromBeginning = 2
    /// The same under another identity, for when the group is made anew after that.
    static let renamed = 3
    static let count = 4
}
