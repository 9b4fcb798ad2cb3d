import System
import TestKit
import Testing

/// One kind of thing that can happen in a run; the raw value is its name in `scripts/chaos` and in the table at the end.
enum ChaosEvent: String, CaseIterable, Sendable {
    /// SIGKILL of a dispatcher, started again at once under the same name.
    case restart = "kill-and-restart"
    /// SIGKILL of a dispatcher, started again only when the others have its shards.
    case takeOver = "kill-and-take-over"
    /// SIGKILL of a dispatcher while the targets' server stands still with its requests unread.
    case orphan = "kill-with-requests-unread"
    /// SIGSTOP of a dispatcher until the others have been given its shards.
    case pause = "pause-beyond-lease"
    /// SIGTERM of a dispatcher.
    case stop = "graceful-stop"
    /// A dispatcher's heartbeats and saves find no answer until it has lost its lease.
    case partition = "partition"
    /// SIGSTOP of the targets' server for a while.
    case standstill = "target-standstill"
    /// SIGKILL of the targets' server, started again on the same data.
    case targetKill = "target-kill"
    /// Connections reset under writes, before they are stored or before their answer; heartbeats and saves as well.
    case cut = "connection-cut"
    /// Writes that arrive twice.
    case double = "doubled-write"
    /// Writes and saves that arrive late.
    case late = "late-request"
    /// Writes refused because of a quota.
    case throttle = "throttled-writes"
    /// SIGKILL of a dispatcher that is started again when the checkpoint of one of its shards was set back.
    case rewind = "checkpoint-rewind"
    /// Writes that a target refuses for what is in them, until some of that is among the dead letters.
    case poison = "refused-data"
    /// A split or a merge, of the source or of a target.
    case reshard = "split-or-merge"

    /// Whether a dispatcher dies of it.
    var isKill: Bool { [.restart, .takeOver, .orphan, .rewind].contains(self) }
}

/// What is to happen in one run, and how much of it.
struct ChaosPlan: Sendable, CustomTestStringConvertible {
    /// The mode of delivery.
    var delivery: String
    /// From which everything follows but the moments at which processes happen to be.
    var seed: UInt64
    /// How often each kind happens.
    var events: [ChaosEvent: Int]
    /// The log groups that are written at the least.
    var groupCount: Int
    /// The shards of the source when it starts.
    var sourceShards: Int
    /// The mean wait between two events.
    var pace: Duration

    /// A little of everything, for every run of the tests.
    static func small(_ delivery: String, seed: UInt64) -> ChaosPlan {
        var events = Dictionary(uniqueKeysWithValues: ChaosEvent.allCases.map { ($0, 1) })
        events[.restart] = 4
        events[.cut] = 4
        events[.late] = 2
        events[.reshard] = 4
        return ChaosPlan(
            delivery: delivery, seed: seed, events: events, groupCount: 600, sourceShards: 4, pace: .milliseconds(100))
    }

    /// The sizes of consumer-group.md, X2 and X16: 100,000 log groups, 10 shards, 200 kills, 50 pauses.
    static func full(_ delivery: String, seed: UInt64) -> ChaosPlan {
        ChaosPlan(
            delivery: delivery, seed: seed,
            events: [
                .restart: 150, .takeOver: 40, .orphan: 10, .pause: 50, .stop: 10, .partition: 10, .standstill: 20,
                .targetKill: 20, .cut: 40, .double: 20, .late: 20, .throttle: 20, .rewind: 20, .poison: 20,
                .reshard: 40,
            ], groupCount: 100_000, sourceShards: 10, pace: .seconds(1))
    }

    /// Just what shows that the judge sees copies: writes whose answers are lost, in a mode that sends them again.
    static func copies(seed: UInt64) -> ChaosPlan {
        var plan = small("at-least-once", seed: seed)
        plan.events = [.restart: 2, .cut: 4]
        return plan
    }

    /// Every event of the plan, in the order of its seed.
    var order: [ChaosEvent] {
        var random = SeededGenerator(seed: seed)
        return ChaosEvent.allCases.flatMap { Array(repeating: $0, count: events[$0] ?? 0) }.shuffled(using: &random)
    }

    var testDescription: String { "\(delivery), seed \(seed)" }

    var killCount: Int { events.filter { $0.key.isKill }.values.reduce(0, +) }
}

extension ChaosPlan {
    /// What `scripts/chaos` asks for, else a small run of each mode with a guarantee.
    static func wanted() throws -> [ChaosPlan] {
        try asked(Environment.all()) ?? [.small("exactly-once", seed: 1), .small("exactly-once-batched", seed: 2)]
    }

    /// The plans that `scripts/chaos` asks for by variables; nil unless it did.
    static func asked(_ variables: [String: String]) throws -> [ChaosPlan]? {
        guard let size = variables["CHAOS_SIZE"] else { return nil }
        let modes = (variables["CHAOS_MODES"] ?? "").split(separator: " ").map(String.init)
        let seed = UInt64(variables["CHAOS_SEED"] ?? "") ?? 1
        return try modes.map { mode in
            var plan = size == "full" ? full(mode, seed: seed) : small(mode, seed: seed)
            if let count = variables["CHAOS_GROUPS"].flatMap({ Int($0) }) { plan.groupCount = count }
            if let count = variables["CHAOS_SHARDS"].flatMap({ Int($0) }) { plan.sourceShards = count }
            if let pace = variables["CHAOS_PACE"].flatMap({ Double($0) }) { plan.pace = .seconds(pace) }
            for setting in (variables["CHAOS_EVENTS"] ?? "").split(separator: " ") {
                let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2, let event = ChaosEvent(rawValue: parts[0]), let count = Int(parts[1]) else {
                    throw HarnessError("no such event: \(setting)")
                }
                plan.events[event] = count
            }
            return plan
        }
    }
}
