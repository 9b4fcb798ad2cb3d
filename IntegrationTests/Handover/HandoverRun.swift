import Glibc
import SLSClient
import System
import TestKit

/// One way in which shards come into other hands: consumer-group.md 1.10.
enum Handover: String, CaseIterable, Sendable {
    /// A second member comes; from its ready line until it works on its half.
    case join = "join"
    /// One of two is killed; until the other works on everything.
    case crash = "crash (SIGKILL)"
    /// One of two is told to stop; until the other works on everything.
    case stop = "graceful stop (SIGTERM)"
    /// One of two is killed and started again at once; from the start until it works on what it had.
    case restart = "restart under the same name"

    /// The longest that 1.10 allows, without the time in which the old owner finishes what is in flight.
    func limit(timeout: Duration, heartbeat: Duration) -> Duration {
        switch self {
        case .join: heartbeat * 3
        case .crash, .stop: timeout + heartbeat
        case .restart: heartbeat
        }
    }
}

/// Two dispatchers of one group under a trickle of log groups, with shards that go from one to the other.
final class HandoverRun {
    private static let shardCount = 4
    private static let group = "dispatch"

    let timeout: Duration
    /// The pause between two heartbeats that follows from the timeout.
    let heartbeat: Duration
    private let server: RunningFakeSLS
    private let transport: CurlTransport
    private let writer: ChaosWriter
    private var first: RunningDispatcher
    private var second: RunningDispatcher?
    private var random = SystemRandomNumberGenerator()
    /// How long each took.
    private(set) var times: [Handover: [Duration]] = [:]
    /// What may not be, whatever the time.
    private(set) var mistakes: [String] = []

    init(timeout: Duration) async throws {
        self.timeout = timeout
        heartbeat = min(.seconds(5), (timeout - max(.seconds(2), timeout / 5)) / 4)
        transport = try CurlTransport.direct()
        server = try await RunningFakeSLS.start()
        try await server.create(["source": Self.shardCount, "to-1": 1, "to-2": 1, "to-3": 1])
        writer = ChaosWriter(try server.client(transport))
        first = try await Self.start("d0", server, timeout)
    }

    /// Lets all four happen so many times.
    func run(repetitions: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [writer] in try await writer.run() }
            try await waitUntil { try await self.shards(of: self.first) == Self.shardCount }
            for _ in 0..<repetitions {
                for leave in [Handover.crash, .stop] {
                    try await join()
                    if leave == .crash { try await restart() }
                    try await self.leave(leave)
                }
            }
            writer.end()
            try await tasks.waitForAll()
        }
        if await first.stop() != .exited(0) { mistakes.append("d0 did not end with status 0") }
        if await server.stop() != .exited(0) { mistakes.append("the server did not end with status 0") }
        await transport.shutdown()
    }

    private static func start(
        _ name: String, _ server: RunningFakeSLS, _ timeout: Duration
    ) async throws -> RunningDispatcher {
        try await RunningDispatcher.start(
            environment: RunningDispatcher.environment(
                server,
                changed: [
                    "SLS_CONSUMER_NAME": name, "SLS_GROUP_TIMEOUT": "\(timeout.components.seconds)s",
                    "SLS_LOG_LEVEL": "warning",
                ]))
    }

    /// How many shards it works on.
    private func shards(of dispatcher: RunningDispatcher) async throws -> Int {
        try await dispatcher.status().shards.count { $0.state == "processing" }
    }

    private func join() async throws {
        try await waitForAnyMoment()
        let second = try await Self.start("d1", server, timeout)
        self.second = second
        let began = ContinuousClock.now
        try await waitUntil { try await self.shards(of: second) == Self.shardCount / 2 }
        times[.join, default: []].append(.now - began)
        try await waitUntil { try await self.shards(of: self.first) == Self.shardCount / 2 }
    }

    private func restart() async throws {
        guard let dispatcher = second else { throw HarnessError("d1 does not run") }
        await dispatcher.expectBalance()
        try await waitForAnyMoment()
        let (looked, silent) = try await lastHeartbeat()
        dispatcher.process.kill(SIGKILL)
        _ = await dispatcher.process.wait(within: Patience.step)
        let began = ContinuousClock.now
        let again = try await Self.start("d1", server, timeout)
        second = again
        // Unless the machine took so long to start it that the promise does not hold.
        let isInTime = silent + (.now - looked) < timeout
        try await waitUntil {
            let held = try await self.server.group(Self.group)?.shards(of: "d1").count ?? 0
            if isInTime, held < Self.shardCount / 2 {
                self.mistakes.append("shards of d1 went elsewhere although it was back within T")
                return true
            }
            return try await self.shards(of: again) == Self.shardCount / 2
        }
        times[.restart, default: []].append(.now - began)
    }

    private func leave(_ way: Handover) async throws {
        guard let dispatcher = second else { throw HarnessError("d1 does not run") }
        await dispatcher.expectBalance()
        try await waitForAnyMoment()
        let (looked, silent) = try await lastHeartbeat()
        let began = ContinuousClock.now
        dispatcher.process.kill(way == .crash ? SIGKILL : SIGTERM)
        try await waitUntil { try await self.shards(of: self.first) == Self.shardCount }
        times[way, default: []].append(.now - began)
        // Every heartbeat after the look makes it later still.
        if .now - looked < timeout - silent {
            mistakes.append("\(way.rawValue): taken over before T was over")
        }
        let exit = await dispatcher.process.wait(within: Patience.step)
        if exit != (way == .crash ? .signalled(SIGKILL) : .exited(0)) {
            mistakes.append("\(way.rawValue): ended with \(exit.map { "\($0)" } ?? "nothing")")
        }
        second = nil
    }

    /// When the server was asked about `d1`, and how long it had then been silent: a little less than said, if anything.
    private func lastHeartbeat() async throws -> (looked: ContinuousClock.Instant, silent: Duration) {
        var (looked, silent) = (ContinuousClock.now, Double?.none)
        try await waitUntil {
            looked = .now
            let consumers = try await self.server.group(Self.group)?.consumers
            silent = consumers?.first { $0.name == "d1" }?.secondsSinceHeartbeat
            return silent != nil
        }
        return (looked, .seconds(silent ?? 0))
    }

    /// Lets the next thing happen anywhere between two heartbeats.
    private func waitForAnyMoment() async throws {
        try await Task.sleep(for: heartbeat * Double.random(in: 0...1, using: &random))
    }

    private func waitUntil(_ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + Patience.script
        while try await !holds() {
            guard ContinuousClock.now < end else {
                throw HarnessError("not in time: \(first.log.suffix(1_000))\n\(second?.log.suffix(1_000) ?? "")")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
