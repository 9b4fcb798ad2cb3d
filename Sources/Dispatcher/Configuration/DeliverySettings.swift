import SLSClient
import SLSConsumer
import SLSProtocol

/// How often a log group may arrive, and what that takes.
public enum DeliveryMode: String, Sendable, CaseIterable {
    /// Never lost; after a crash or a lost answer it may arrive again. Asks nothing of the target.
    case atLeastOnce = "at-least-once"
    /// Once, where the target refuses a sequence id that is not above the last one of its key. One log group a request.
    case exactlyOnce = "exactly-once"
    /// Once, if moreover no request lives longer than `batchWait` after its sender stopped. Many log groups a request.
    case exactlyOnceBatched = "exactly-once-batched"

    /// Whether it rests on sequence ids.
    public var isExact: Bool { self != .atLeastOnce }
}

/// The mode of delivery with what belongs to it.
public struct DeliverySettings: Sendable {
    /// How often a log group may arrive. Default at least once.
    public var mode = DeliveryMode.atLeastOnce
    /// A word that is part of every key; another one delivers everything again. Default empty.
    public var identity = DeliveryIdentity.none
    /// L: lanes from one shard to one target, and so requests under way. Default 8.
    public var laneCount = LaneKeys.defaultLaneCount
    /// Where log groups go that their target refuses for what is in them; nil blocks the shard.
    public var deadLetter: DispatcherSettings.Place?
    /// D: how long a request may live after its sender stopped. Default 5 s.
    public var batchWait = Duration.seconds(5)
    /// Whether each log group gets a tag that says where it comes from. Default no: it arrives byte for byte.
    public var tagsOrigin = false

    /// The defaults.
    public init() {}
}

extension DispatcherSettings {
    /// Everything that shapes the output.
    public var shape: OutputShape {
        OutputShape(
            routes: routes, targets: targets.map(\.keyed), laneCount: delivery.laneCount, start: start.position,
            tagsOrigin: delivery.tagsOrigin)
    }

    /// The keys that log groups are written under.
    public var keys: LaneKeys {
        LaneKeys(
            origin: LaneKeys.Origin(
                source: source.keyed, group: group, identity: delivery.identity, generation: Generation(shape)),
            laneCount: delivery.laneCount)
    }

    /// What of these settings cannot be done, or not exactly, with what to write instead; empty where nothing is in the way.
    ///
    /// - Parameter now: The time that takes the place of a moving start.
    func deliveryMistakes(now: Timestamp) -> [String] {
        var mistakes: [String] = []
        for target in targets where target.isSame(as: source) {
            mistakes.append("\(target) is the source and a target: what is written there would be read again, for ever")
        }
        if Set(targets.map(\.keyed)).count < targets.count {
            mistakes.append("one logstore is a target twice, over http and https, and would get everything twice")
        }
        if let deadLetter = delivery.deadLetter {
            if targets.contains(deadLetter) {
                mistakes.append("SLS_DEAD_LETTER: \(deadLetter) is a target too; give a logstore of its own")
            }
            if deadLetter.isSame(as: source) {
                mistakes.append("SLS_DEAD_LETTER: \(deadLetter) is the source, and would be forwarded again")
            }
        }
        return mistakes + delivery.mode.mistakes(start: start, gapPolicy: gapPolicy, now: now)
    }
}

extension DeliveryMode {
    /// What rules this mode out, with what to write instead.
    ///
    /// - Parameter now: The time that takes the place of a moving start.
    func mistakes(start: StartSetting, gapPolicy: GapPolicy, now: Timestamp) -> [String] {
        guard isExact else { return [] }
        let mode = rawValue
        var mistakes: [String] = []
        if case .received(let time) = start.position, !start.isFixed, time > now {
            mistakes.append(
                "--delivery \(mode): the start lies ahead: what arrives until then would be left out, or delivered by whoever "
                    + "starts after it; write SLS_CURSOR_START=\(now.iso8601), or begin")
        } else if !start.isFixed {
            let instead: Timestamp =
                if case .received(let time) = start.position { time } else { now }
            mistakes.append(
                "--delivery \(mode): the start must mean the same at every restart, or log groups that were skipped could "
                    + "not be told from those delivered; write SLS_CURSOR_START=\(instead.iso8601), or begin. A group that has "
                    + "delivered before goes on where it is; before its checkpoints are ever set back it needs a new "
                    + "SLS_IDENTITY.")
        } else if start.isOfHostZone {
            mistakes.append(
                "--delivery \(mode): a start without a zone is another one on a host with another zone, which would begin "
                    + "elsewhere and write under other keys; write SLS_CURSOR_START=\(start)")
        }
        if gapPolicy == .latest {
            mistakes.append(
                "--delivery \(mode): SLS_GAP_POLICY=latest skips log groups that could never be gone back to, for the target "
                    + "would refuse them as if they were stored; write earliest or fail")
        }
        return mistakes
    }
}

extension DispatcherSettings.Place {
    /// Whether it is the same logstore, be it under the name that its region has in another network.
    func isSame(as other: Self) -> Bool { regional == other.regional }

    /// The logstore as keys name it, under the name that its region has in public.
    var regional: LaneKeys.Place {
        LaneKeys.Place(host: Self.region(keyed.host), project: project.value, logstore: logstore.value)
    }

    /// The logstore as keys name it, under each of the names that its region has.
    var aliases: [LaneKeys.Place] {
        let parts = regional.host.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return ([""] + Self.networks).map { network in
            LaneKeys.Place(
                host: ([parts[0] + network] + parts.dropFirst()).joined(separator: "."), project: project.value,
                logstore: logstore.value)
        }
    }

    /// What stands behind a region's name in networks other than the public one.
    private static let networks = ["-intranet", "-share"]

    private static func region(_ host: String) -> String {
        var parts = host.split(separator: ".", maxSplits: 1).map(String.init)
        for network in networks where parts.first?.hasSuffix(network) == true {
            parts[0].removeLast(network.utf8.count)
        }
        return parts.joined(separator: ".")
    }
}
