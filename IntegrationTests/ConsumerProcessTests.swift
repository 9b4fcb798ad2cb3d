import Glibc
import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

/// The scenarios of consumer groups that need processes: signals, names on one host, exit status. No official SDK.
@Suite struct ConsumerProcessTests {
    /// An emulator with a source of two shards and one target, and a client for both.
    private struct Place {
        let server: RunningFakeSLS
        let client: SLSClient
        let transport: CurlTransport
        let source: LogstoreName
        let target: LogstoreName
        let group: ConsumerGroupName

        init() async throws {
            server = try await RunningFakeSLS.start()
            try await server.create(["source": 2, "to-1": 1])
            transport = try CurlTransport()
            client = try server.client(transport)
            source = try LogstoreName("source")
            target = try LogstoreName("to-1")
            group = try ConsumerGroupName("dispatch")
        }

        /// The variables of a dispatcher of topic `t`, whose lease no busy machine outlasts.
        func environment(_ changed: [String: String] = [:]) -> [String: String] {
            RunningDispatcher.environment(
                server, changed: ["SLS_ROUTES": "t=to-1"].merging(changed) { $1 })
        }

        func fill(_ markers: Range<Int>) async throws {
            for marker in markers {
                let now = UInt32(SLSClient.systemTime().seconds)
                let group = LogGroup.make(topic: "t", marker: "<\(marker)>", time: now)
                try await client.putLogs(PutLogsBody(compressing: group.serialized), to: source)
            }
        }

        /// The markers in the target, in order.
        func arrived() async throws -> [Int] {
            var cursor = try await client.getCursor(of: ShardID(0), in: target, from: .begin)
            var markers: [Int] = []
            while true {
                let pulled = try await client.pullLogs(from: cursor, of: ShardID(0), in: target)
                for range in try LogGroupScanner.groups(inList: pulled.body) {
                    let text = try LogGroup(serialized: pulled.body.span.extracting(range.bytes)).logs
                        .flatMap(\.contents).map(\.value).joined()
                    markers += text.split(separator: "<").compactMap { Int($0.prefix { $0 != ">" }) }
                }
                if pulled.nextCursor == cursor { return markers }
                cursor = pulled.nextCursor
            }
        }

        /// Whether every shard's checkpoint is at its end.
        func isSettled() async throws -> Bool {
            let checkpoints = try await client.listCheckpoints(of: group, in: source)
            for checkpoint in checkpoints {
                let end = try await client.getCursor(of: ShardID(checkpoint.shard), in: source, from: .end)
                if Cursor(encoded: checkpoint.checkpoint) != end { return false }
            }
            return !checkpoints.isEmpty
        }
    }

    @Test func `C11 a process stopped for longer than T writes nothing more before it has joined again`() async throws {
        let place = try await Place()
        let environment = place.environment(["SLS_GROUP_TIMEOUT": "12s"])
        let first = try await RunningDispatcher.start(environment: environment)
        try await place.fill(0..<20)
        #expect(try await eventually { try await place.isSettled() }, "\(first.log)")
        #expect(first.process.kill(SIGSTOP))
        let second = try await RunningDispatcher.start(environment: environment)
        #expect(try await eventually { try await second.status().shards.count == 2 }, "\(second.log)")
        try await place.fill(20..<60)
        #expect(try await eventually { try await place.isSettled() }, "\(second.log)")
        #expect(first.process.kill(SIGCONT))
        #expect(
            try await eventually {
                let counts = try await [first.status().shards.count, second.status().shards.count]
                return counts == [1, 1]
            }, "\(first.log)")
        #expect(first.log.contains("the lease ran out") || first.log.contains("had forgotten us"), "\(first.log)")
        try await place.fill(60..<80)
        #expect(try await eventually { try await place.isSettled() }, "\(second.log)")
        #expect(try await place.arrived().sorted() == Array(0..<80), "each once: nothing was written a second time")
        #expect(await first.stop() == .exited(0))
        #expect(await second.stop() == .exited(0))
        await place.transport.shutdown()
    }

    @Test(.enabled("\(RemoteNetwork.howToGet)") { await RemoteNetwork.isAllowed() })
    func `C8 a process whose network is gone stops before another has its shards, and joins again when it is back`()
        async throws
    {
        let place = try await Place()
        try await RemoteNetwork.with(leadingTo: place.server.port) { network in
            let far = try await RunningDispatcher.start(
                environment: place.environment([
                    "SLS_ENDPOINT": network.endpoint, "SLS_CONSUMER_NAME": "far", "SLS_GROUP_TIMEOUT": "10s",
                ]), in: network)
            try await place.fill(0..<20)
            #expect(try await eventually { try await place.isSettled() }, "\(far.log)")
            let near = try await RunningDispatcher.start(environment: place.environment(["SLS_CONSUMER_NAME": "near"]))
            #expect(try await eventually { try await near.status().shards.count == 1 }, "\(near.log)")
            // Work is under way when the link goes: what was written and not acknowledged may come a second time. So it may
            // where a busy machine loses a lease that is as short as this.
            try await place.fill(20..<60)
            try await network.cut()
            try await place.fill(60..<100)
            #expect(try await eventually { try await near.status().shards.count == 2 }, "\(near.log)")
            #expect(far.log.contains("the lease ran out"), "before the other had its shard: \(far.log)")
            #expect(try await eventually { try await place.isSettled() }, "\(near.log)")
            try await network.mend()
            #expect(try await eventually { try await near.status().shards.count == 1 }, "\(far.log)")
            try await place.fill(100..<120)
            #expect(try await eventually { try await place.isSettled() }, "\(far.log)")
            #expect(Set(try await place.arrived()) == Set(0..<120), "none lost")
            #expect(await far.stop() == .exited(0), "\(far.log)")
            #expect(await near.stop() == .exited(0))
        }
        await place.transport.shutdown()
    }

    @Test func `C4 a name that another process of this host has ends the start with status 1, a default one differs`()
        async throws
    {
        let place = try await Place()
        let given = place.environment(["SLS_CONSUMER_NAME": "one"])
        let first = try await RunningDispatcher.start(environment: given)
        let refused = try await RunningDispatcher.run(environment: given)
        #expect(refused.exit == .exited(1))
        #expect(refused.errors.contains("\"one\" is in use by another process"), "\(refused.errors)")
        let second = try await RunningDispatcher.start(environment: place.environment())
        let third = try await RunningDispatcher.start(environment: place.environment(["SLS_CONSUMER_NAME": ""]))
        #expect(Set([first, second, third].map(\.ready.consumer)).count == 3)
        for dispatcher in [first, second, third] { #expect(await dispatcher.stop() == .exited(0)) }
        await place.transport.shutdown()
    }

    @Test func `a group whose timeout is below 6 s ends the start with status 1, naming both`() async throws {
        let place = try await Place()
        try await place.client.createConsumerGroup(place.group, of: place.source, timeoutSeconds: 5)
        let result = try await RunningDispatcher.run(environment: place.environment())
        #expect(result.exit == .exited(1))
        #expect(result.errors.contains("\"dispatch\" has a timeout of 5 s"), "\(result.errors)")
        let wrong = try await RunningDispatcher.run(environment: place.environment(["SLS_GROUP_TIMEOUT": "5s"]))
        #expect(wrong.exit == .exited(64))
        await place.transport.shutdown()
    }

    @Test func `a timeout set below 6 s, or a group deleted, under a live process ends it with status 1`() async throws
    {
        let place = try await Place()
        let first = try await RunningDispatcher.start(environment: place.environment())
        try await place.client.updateConsumerGroup(place.group, of: place.source, timeoutSeconds: 3)
        #expect(await first.process.wait(within: Patience.step) == .exited(1), "\(first.log)")
        #expect(first.log.contains("has a timeout of 3 s"))
        try await place.client.updateConsumerGroup(place.group, of: place.source, timeoutSeconds: 30)
        let second = try await RunningDispatcher.start(environment: place.environment())
        try await place.client.deleteConsumerGroup(place.group, of: place.source)
        #expect(await second.process.wait(within: Patience.step) == .exited(1), "\(second.log)")
        #expect(second.log.contains("was deleted while it was consumed"))
        await place.transport.shutdown()
    }

    @Test func `the admin listener shows each shard's state, lag and checkpoint, and the member's health`() async throws
    {
        let place = try await Place()
        let dispatcher = try await RunningDispatcher.start(environment: place.environment())
        try await place.fill(0..<20)
        #expect(try await eventually { try await place.isSettled() }, "\(dispatcher.log)")
        let isShown = try await eventually { try await dispatcher.page("/status").contains("\"lagSeconds\":0") }
        let status = try await dispatcher.page("/status")
        #expect(isShown, "\(status)")
        for key in [
            "batches", "checkpoint", "lastCommit", "restarts", "retries", "suppressedDuplicates", "foreignCheckpoints",
            "heartbeatMilliseconds", "leaseSeconds", "rebalances",
        ] { #expect(status.contains("\"\(key)\":"), "\(key) is missing: \(status)") }
        #expect(status.contains("\"state\":\"processing\""))
        let metrics = try await dispatcher.page("/metrics")
        for name in [
            "heartbeats_total", "heartbeat_seconds_count", "rebalances_total 2", "batches_total", "gaps_total 0",
        ] {
            #expect(metrics.contains("\nsls_consumer_\(name)"), "\(name) is missing: \(metrics)")
        }
        let areGaugesShown = try await eventually {
            let text = try await dispatcher.page("/metrics")
            return text.contains("\nsls_consumer_checkpoint_lag_seconds{shard=\"0\"} 0")
                && text.contains("\nsls_consumer_lease_remaining_seconds ")
        }
        #expect(areGaugesShown)
        #expect(await dispatcher.stop() == .exited(0))
        await place.transport.shutdown()
    }

    @Test func `the example prints every log and stops in order`() async throws {
        let place = try await Place()
        try await place.fill(0..<10)
        let environment = place.server.clientEnvironment(.http).merging(["SLS_CG": "printer"]) { $1 }
        let example = try ChildProcess(
            .init(
                BuiltPrograms.path("swift-consumer"), arguments: [], environment: environment,
                standardOutput: .collected, standardError: .collected))
        let areAllPrinted = try await eventually {
            let text = example.standardOutput?.text ?? ""
            return (0..<10).allSatisfy { text.contains("<\($0)>") }
        }
        #expect(areAllPrinted, "\(example.standardError?.text ?? "")")
        example.kill(SIGTERM)
        #expect(await example.wait(within: Patience.step) == .exited(0))
        _ = await example.standardError?.waitForEnd(within: Patience.step)
        let changes = try #require(example.standardError?.text)
        #expect(changes.contains("released"))
        await place.transport.shutdown()
    }
}
