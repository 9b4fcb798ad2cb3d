import Foundation
import Glibc
import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

/// SIGHUP to a real `sls-dispatch run --config`: what is read again, what is refused, and that a change is exact.
struct LiveReloadTests {
    /// A server, a folder with the configuration, and a client of the server.
    private struct Scene {
        let server: RunningFakeSLS
        let transport: CurlTransport
        let client: SLSClient
        let folder: String

        init() async throws {
            server = try await RunningFakeSLS.start()
            try await server.create(["source": 4, "web": 2, "audit": 2, "more": 2])
            transport = try CurlTransport()
            client = SLSClient(
                endpoint: try Endpoint(parsing: server.endpoint(.http)), project: try ProjectName("demo"),
                credentials: Credentials(accessKeyID: "fake-id", accessKeySecret: "fake-secret"), transport: transport)
            folder = try Files.makeTemporaryFolder(prefix: "reload-")
        }

        var file: String { folder + "/sls-dispatch.yaml" }
        var environment: [String: String] {
            server.clientEnvironment(.http).merging(["SLS_CONFIG": file, "SLS_LOG_LEVEL": "notice"]) { $1 }
        }

        func configure(_ routes: String, _ others: String = "") throws {
            let text = """
                group: dispatch
                group-timeout: 60s
                delivery: exactly-once
                batch-wait: 1s
                routes: {\(routes)}
                \(others)

                """
            try Files.write(Array(text.utf8), to: file)
        }

        /// Writes log groups of two topics to the source; by fours, for shards are taken in turn, and each shall have both.
        func fill(_ range: Range<Int>) async throws {
            for number in range {
                let log = LogGroup.Log(time: 1_709_618_828, contents: [.init("message", "\(number)")])
                let group = LogGroup(logs: [log], topic: number / 4 % 2 == 0 ? "nginx" : "sql")
                try await client.putLogs(PutLogsBody(compressing: group.serialized), to: try LogstoreName("source"))
            }
        }

        func isCovered() async throws -> Bool {
            let logstore = try LogstoreName("source")
            for checkpoint in try await client.listCheckpoints(of: try ConsumerGroupName("dispatch"), in: logstore) {
                let end = try await client.getCursor(of: ShardID(checkpoint.shard), in: logstore, from: .end)
                if Cursor(encoded: checkpoint.checkpoint) != end { return false }
            }
            return true
        }

        func counts(of logstore: String) async throws -> [[UInt8]: Int] {
            var counts: [[UInt8]: Int] = [:]
            for group in try await client.storedLogGroups(of: LogstoreName(logstore)) { counts[group, default: 0] += 1 }
            return counts
        }

        /// The log groups of one shard of the source, in order.
        func source(_ shard: ShardID) async throws -> [[UInt8]] {
            let logstore = try LogstoreName("source")
            var position = try await client.getCursor(of: shard, in: logstore, from: .begin)
            var groups: [[UInt8]] = []
            while true {
                let pulled = try await client.pullLogs(from: position, of: shard, in: logstore)
                if pulled.nextCursor == position { return groups }
                groups += try LogGroupScanner.groups(inList: pulled.body).map { Array(pulled.body[$0.bytes]) }
                position = pulled.nextCursor
            }
        }

        func leave() async throws {
            await transport.shutdown()
            try Files.removeTree(folder)
        }
    }

    private static let inForce = "the new configuration is in force"

    private func hangUp(_ dispatcher: RunningDispatcher, until text: String, times: Int = 1) async throws {
        dispatcher.process.kill(SIGHUP)
        let isSaid = try await eventually(within: Patience.script) {
            dispatcher.log.components(separatedBy: text).count > times
        }
        #expect(isSaid, "\(dispatcher.log)")
    }

    @Test func `X9 routes that change live, under load, are exact: nothing is lost and nothing comes twice`()
        async throws
    {
        let scene = try await Scene()
        try scene.configure("nginx: web, sql: audit")
        let first = try await RunningDispatcher.start(environment: scene.environment)
        let second = try await RunningDispatcher.start(environment: scene.environment)
        // Each keeps its shards over a reload, for it is back long before the group's timeout.
        let areSharing = try await eventually {
            let counts = try await [first.status().shards.count, second.status().shards.count]
            return counts == [2, 2]
        }
        #expect(areSharing, "\(first.log)\n\(second.log)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scene.fill(0..<900) }
            try await scene.fill(900..<1_000)
            try scene.configure("nginx: [web, more], sql: audit")
            for dispatcher in [first, second] { try await hangUp(dispatcher, until: Self.inForce) }
            try await scene.fill(1_000..<1_100)
            try scene.configure("nginx: more, sql: audit", "lanes: 3")
            for dispatcher in [first, second] { try await hangUp(dispatcher, until: Self.inForce, times: 2) }
            try await scene.fill(1_100..<1_200)
            try await group.waitForAll()
        }
        #expect(try await eventually(within: Patience.script) { try await scene.isCovered() }, "\(first.log)")
        for dispatcher in [first, second] {
            #expect(try await dispatcher.page("/status").contains(#""reloads":2"#))
            #expect(await dispatcher.stop() == .exited(0), "\(dispatcher.log)")
        }

        let (web, audit, more) = try await (
            scene.counts(of: "web"), scene.counts(of: "audit"), scene.counts(of: "more")
        )
        var owed: [String: Int] = [:]
        for shard in 0..<4 {
            // By the first routes, then the second, then the third: in each shard the changes come at one place each.
            var stage = 0
            for group in try await scene.source(ShardID(shard)) {
                if try LogGroup(serialized: group).topic == "sql" {
                    #expect(audit[group] == 1 && web[group] == nil && more[group] == nil)
                    owed["audit", default: 0] += 1
                    continue
                }
                let copies = [web[group] ?? 0, more[group] ?? 0]
                let now = try #require([[1, 0], [1, 1], [0, 1]].firstIndex(of: copies), "\(copies)")
                #expect(now >= stage, "the routes before came again")
                stage = now
                owed["web", default: 0] += copies[0]
                owed["more", default: 0] += copies[1]
            }
            #expect(stage == 2)
        }
        #expect(owed["audit"] == 600)
        #expect(web.values.reduce(0, +) == owed["web"] && more.values.reduce(0, +) == owed["more"], "nothing foreign")
        try await scene.leave()
    }

    @Test func `a configuration that cannot be read or is refused leaves the old one at work, and says why`()
        async throws
    {
        let scene = try await Scene()
        try scene.configure("nginx: web, sql: audit")
        let dispatcher = try await RunningDispatcher.start(environment: scene.environment)
        let refused = "the new configuration is refused; the old one goes on"
        let wrong = [
            ("nginx: web, sql: [audit", ""), ("nginx: web", "lanes: many"), ("nginx: web", "no-such-key: 1"),
            ("nginx: missing", ""), ("nginx: web", "consumer-name: other"), ("nginx: web", "log-level: debug"),
        ]
        for (index, (routes, others)) in wrong.enumerated() {
            try scene.configure(routes, others)
            try await hangUp(dispatcher, until: refused, times: index + 1)
        }
        for word in [
            "lanes: \\\"many\\\"", "unknown key \\\"no-such-key\\\"", "logstore \\\"missing\\\"",
            "consumer-name cannot change",
            "sls-dispatch.yaml",
        ] {
            let plain = word.replacingOccurrences(of: "\\\"", with: "\"")
            #expect(dispatcher.log.contains(word) || dispatcher.log.contains(plain), "\(word): \(dispatcher.log)")
        }
        #expect(try await dispatcher.page("/status").contains(#""reloadRefusal":"log-level cannot change"#))
        try await scene.fill(0..<20)
        #expect(try await eventually { try await scene.isCovered() })
        #expect(await dispatcher.stop() == .exited(0))
        let counts = try await (scene.counts(of: "web"), scene.counts(of: "audit"))
        #expect(counts.0.count == 12 && counts.1.count == 8)
        try await scene.leave()
    }

    @Test func `all mistakes of a configuration file are named at once, with their places`() async throws {
        let scene = try await Scene()
        try scene.configure(
            "nginx: Bad_NAME",
            """
            lanes: many
            no-such-key: 1
            endpoint: [localhost]
            endpoint-to: "no host"
            admin: nowhere
            cursor-start: end
            credentials-file: \(scene.folder)/none
            """)
        let result = try await RunningDispatcher.run(
            ["run", "--group-timeout", "5", "--log-level", "loud"],
            environment: scene.environment.merging(["SLS_ENDPOINT": ""]) { $1 })
        #expect(result.exit == .exited(64))
        let lines = result.errors.split(separator: "\n").map(String.init)
        for (line, column, words) in [
            (5, 9, "routes: "), (6, 8, "lanes: \"many\""), (7, 1, "unknown key"), (8, 11, "endpoint: expected a text"),
            (9, 14, "endpoint-to: "), (10, 8, "admin: \"nowhere\""), (12, 19, "credentials-file: "),
        ] {
            let place = "sls-dispatch.yaml: line \(line), column \(column): \(words)"
            #expect(lines.contains { $0.contains(place) }, "\(place) in \(result.errors)")
        }
        #expect(lines.contains { $0.contains(": --group-timeout: \"5\"") }, "\(result.errors)")
        #expect(lines.contains { $0.contains(": --log-level: \"loud\"") }, "\(result.errors)")
        #expect(lines.contains { $0.contains("the start must mean the same") }, "\(result.errors)")
        #expect(!result.errors.contains("SLS_ENDPOINT is"), "it is set, and has the wrong form")
        #expect(lines.count == 11, "and the hint where to look: \(result.errors)")
        try await scene.leave()
    }

    @Test func `without a configuration file SIGHUP changes nothing, and says so`() async throws {
        let server = try await RunningFakeSLS.start()
        try await server.create(["source": 1, "to-1": 1, "to-2": 1, "to-3": 1])
        let dispatcher = try await RunningDispatcher.start(environment: RunningDispatcher.environment(server))
        try await hangUp(dispatcher, until: "there is nothing to read again")
        #expect(await dispatcher.stop() == .exited(0))
    }

    @Test func `credentials in a file are rotated without a restart, and none is shown`() async throws {
        let server = try await RunningFakeSLS.start(
            ["--auth", "strict"], environment: ["FAKE_SLS_ACCESS_KEYS": "old:old-secret,new:new-secret"])
        let transport = try CurlTransport()
        func client(_ word: String) throws -> SLSClient {
            SLSClient(
                endpoint: try Endpoint(parsing: server.endpoint(.http)), project: try ProjectName("demo"),
                credentials: Credentials(accessKeyID: word, accessKeySecret: "\(word)-secret"), transport: transport)
        }
        let writer = try client("new")
        try await writer.createProject(description: "")
        for logstore in ["source", "to-1", "to-2", "to-3"] {
            try await writer.createLogstore(LogstoreDescription(logstoreName: logstore, ttl: 1, shardCount: 1))
        }
        let folder = try Files.makeTemporaryFolder(prefix: "credentials-")
        func keys(_ word: String) throws {
            try Files.write(
                Array("# rotated\nSLS_AK_ID=\(word)\nSLS_AK_KEY=\(word)-secret\n".utf8), to: folder + "/keys")
        }
        try keys("old")
        let dispatcher = try await RunningDispatcher.start(
            environment: RunningDispatcher.environment(
                server,
                changed: ["SLS_CREDENTIALS_FILE": folder + "/keys", "SLS_AK_ID": "", "SLS_AK_KEY": ""]))
        try keys("new")
        let isRead = try await eventually { dispatcher.log.contains("the credentials were read again") }
        #expect(isRead, "\(dispatcher.log)")
        #expect(!dispatcher.log.contains("-secret"))
        #expect(await dispatcher.stop() == .exited(0), "\(dispatcher.log)")
        await transport.shutdown()
        try Files.removeTree(folder)
    }
}
