public import SLSClient
package import SLSConsumer
import SLSProtocol

/// A digest of everything that shapes the output: another one means other keys, under which nothing counts as delivered.
///
/// Not of credentials, limits, time-outs or the mode of delivery. Change it only as docs/delivery.md says.
public struct Generation: Hashable, Sendable {
    /// 64 hexadecimal digits.
    public let hex: String

    /// A generation of one's own making.
    public init(hex: String) { self.hex = hex }

    /// The generation of a configuration.
    public init(_ shape: OutputShape) { self.init(shape, safeguards: .all) }

    package init(_ shape: OutputShape, safeguards: Safeguards) {
        var shape = shape
        if !safeguards.contains(.routesInKeys) { shape.routes = RouteTable([]) }
        hex = Digest.sha256Hex(Array(shape.canonicalText.utf8))
    }
}

/// Everything that decides which bytes go where, and from which position on.
public struct OutputShape: Equatable, Sendable {
    /// The version of the way from a log group's bytes to those written.
    static let codecVersion = 1

    /// Which topic goes to which of the targets.
    public var routes: RouteTable
    /// The targets, by the index that routes use.
    public var targets: [LaneKeys.Place]
    /// L.
    public var laneCount: Int
    /// Where a shard without a checkpoint begins, as configured.
    public var start: CursorPosition
    /// Whether each log group is tagged with where it comes from.
    public var tagsOrigin: Bool

    /// The shape of an output.
    public init(
        routes: RouteTable, targets: [LaneKeys.Place], laneCount: Int = LaneKeys.defaultLaneCount,
        start: CursorPosition = .begin, tagsOrigin: Bool = false
    ) {
        self.routes = routes
        self.targets = targets
        self.laneCount = laneCount
        self.start = start
        self.tagsOrigin = tagsOrigin
    }

    /// One text for all shapes that give the same output, and another for every other.
    ///
    /// Routes are sorted by topic and target, for their order decides nothing; texts stand behind their lengths in
    /// bytes, since a topic may hold anything.
    public var canonicalText: String {
        let places = targets
        let rows = Set(
            routes.routes.map { route in
                let place = places[route.target]
                return ([route.topic, place.host, place.project, place.logstore]).map { "\($0.utf8.count):\($0)" }
                    .joined(separator: " ")
            })
        let lines =
            ["sls-dispatch output", "codec \(Self.codecVersion)", "lanes \(laneCount)", "start \(startText)"]
            + ["rewrite \(tagsOrigin ? "tag __dispatch_id__" : "none")"]
            + rows.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.map { "route \($0)" }
        return lines.map { $0 + "\n" }.joined()
    }

    private var startText: String {
        switch start {
        case .begin: "begin"
        case .end: "end"
        case .received(let time): "\(time.seconds)"
        }
    }
}
