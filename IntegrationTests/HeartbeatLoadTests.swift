import Foundation
import SLSClient
import SLSProtocol
import System
import Testing

/// A large group over HTTP: one process of the emulator, one connection for each consumer.
@Suite(.serialized) struct HeartbeatLoadTests {
    private static let consumerCount = 50
    private static let shardCount = 500

    /// What one consumer was granted, and how long it waited for that.
    private struct Beat: Sendable {
        let consumer: Int
        let granted: [ShardID]
        let time: Duration
    }

    @Test func `S31: 500 shards and 50 consumers over HTTP: balanced within five heartbeats, and quick`() async throws {
        let folder = try Files.makeTemporaryFolder(prefix: "fake-sls-heartbeats-")
        defer { try? Files.removeTree(folder) }  // A folder left behind harms nobody.
        try Files.write(Array("shards-per-new-logstore: \(Self.shardCount)\n".utf8), to: folder + "/limits")
        let server = try await RunningFakeSLS.start(["--limits", folder + "/limits"])
        try await server.create(["app": Self.shardCount])
        var configuration = CurlTransport.Configuration()
        configuration.usesProxyVariables = false
        configuration.connectionsPerHost = Self.consumerCount
        let transport = try CurlTransport(configuration)
        let client = try server.client(transport)
        let (group, logstore) = (try ConsumerGroupName("cg"), try LogstoreName("app"))
        try await client.createConsumerGroup(group, of: logstore, timeoutSeconds: 60)

        var held: [[ShardID]] = Array(repeating: [], count: Self.consumerCount)
        for _ in 0..<5 {
            for beat in try await Self.round(client, group, logstore, held) { held[beat.consumer] = beat.granted }
        }
        #expect(held.allSatisfy { $0.count == Self.shardCount / Self.consumerCount })
        #expect(Set(held.joined()).count == Self.shardCount)

        // A heartbeat a second from each is one every 20 ms: hardly two at a time. Between them the shortest of calls, to
        // know what the machine makes of any call meanwhile.
        var apart: [Duration] = []
        var short: [Duration] = []
        for _ in 0..<20 {
            for consumer in held.indices {
                apart.append(try await Self.beat(client, group, logstore, consumer, held[consumer]).time)
                let start = ContinuousClock.now
                _ = try await client.listConsumerGroups(of: logstore)
                short.append(.now - start)
            }
        }
        var together: [Duration] = []
        let before = (server: Self.work(of: server), load: clock())
        for _ in 0..<20 { together += try await Self.round(client, group, logstore, held).map(\.time) }
        let work = (server: Self.work(of: server) - before.server, load: clock() - before.load)
        print(
            "heartbeats, one after the other: \(Self.figures(apart)); 50 at a time: \(Self.figures(together)), "
                + "of which the server works \(work.server / together.count) µs for each, and the load \(work.load / together.count) µs; "
                + "short calls: \(Self.figures(short))")
        // The figures of a release build stand in docs/measurements.md; this is a debug build on a busy machine.
        #expect(Self.p99(apart) < .milliseconds(20) + Self.p99(short) * 3)
        await transport.shutdown()
        #expect(await server.stop() == .exited(0))
    }

    /// How long the server's loop, its first thread, has had a processor, in microseconds; 0 where the kernel does not tell.
    private static func work(of server: RunningFakeSLS) -> Int {
        // Not every kernel counts it, and then the figure alone is lost.
        let line = (try? Files.read("/proc/\(server.process.pid)/schedstat", limit: 4096)) ?? []
        return (String(decoding: line, as: UTF8.self).split(separator: " ").first.flatMap { Int($0) } ?? 0) / 1000
    }

    private static func figures(_ times: [Duration]) -> String {
        let sorted = times.sorted().map {
            $0.formatted(.units(allowed: [.milliseconds], fractionalPart: .show(length: 2)))
        }
        return "p50 \(sorted[sorted.count / 2]), p99 \(sorted[sorted.count * 99 / 100]) of \(sorted.count)"
    }

    private static func p99(_ times: [Duration]) -> Duration { times.sorted()[times.count * 99 / 100] }

    private static func beat(
        _ client: SLSClient, _ group: ConsumerGroupName, _ logstore: LogstoreName, _ consumer: Int, _ held: [ShardID]
    ) async throws -> Beat {
        let start = ContinuousClock.now
        let granted = try await client.heartbeat(
            try ConsumerName("consumer-\(consumer)"), in: group, of: logstore, holding: held)
        return Beat(consumer: consumer, granted: granted, time: ContinuousClock.now - start)
    }

    /// Every consumer sends a heartbeat at the same time, reporting what it holds.
    private static func round(
        _ client: SLSClient, _ group: ConsumerGroupName, _ logstore: LogstoreName, _ held: [[ShardID]]
    ) async throws -> [Beat] {
        try await withThrowingTaskGroup(of: Beat.self) { tasks in
            for (consumer, shards) in held.enumerated() {
                tasks.addTask { try await beat(client, group, logstore, consumer, shards) }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
    }
}
