import Foundation
import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

/// The commands of operators as programs: what they print, and how they end.
struct OperatorCommandTests {
    private func server(_ arguments: [String] = []) async throws -> RunningFakeSLS {
        let server = try await RunningFakeSLS.start(arguments)
        try await server.create(["source": 1, "to-1": 1, "to-2": 1, "to-3": 1, "scratch": 1])
        return server
    }

    private func run(
        _ arguments: [String], _ environment: [String: String]
    ) async throws -> (exit: ChildProcess.Exit?, output: String, errors: String) {
        let process = try RunningDispatcher.launch(arguments, environment: environment)
        let exit = await process.wait(within: Patience.step)
        _ = await process.standardOutput?.waitForEnd(within: Patience.step)
        _ = await process.standardError?.waitForEnd(within: Patience.step)
        return (exit, process.standardOutput?.text ?? "", process.standardError?.text ?? "")
    }

    @Test func `a probe is resumed a day later, and then makes exactly once the default`() async throws {
        let server = try await server(["--control", "on"])
        let folder = try Files.makeTemporaryFolder(prefix: "probe-")
        // What stays in the temporary folder fails no test.
        defer { try? Files.removeTree(folder) }
        let file = folder + "/probe.json"
        let environment = RunningDispatcher.environment(server, changed: ["SLS_PROBE_FILE": file])
        let check = ["check", "--probe-idempotence", "scratch"]

        let first = try await run(check, environment)
        #expect(first.exit == .exited(2), "\(first.errors)")
        #expect(first.output.contains("supported so far") && first.output.contains("not yet"))
        let early = try await run(check, environment)
        #expect(early.exit == .exited(2) && early.output == first.output)

        var record = try #require(
            try JSONSerialization.jsonObject(with: Data(try Files.read(file, limit: 1 << 20))) as? [String: Any])
        record["written"] = try #require(record["written"] as? Int) - 86_400
        try Files.write(Array(try JSONSerialization.data(withJSONObject: record)), to: file)
        let fault = try await server.inject(#"{"call":"PutLogs","fault":"drop-answer","next":1}"#)
        let lost = try await run(check, environment)
        #expect(lost.exit == .exited(1), "\(lost.output)")
        #expect(try await server.fired(fault) == 1)
        #expect(String(decoding: try Files.read(file, limit: 1 << 20), as: UTF8.self).contains("answer unknown"))
        let later = try await run(check, environment)
        #expect(later.exit == .exited(0), "\(later.errors)")
        #expect(later.output.contains("exactly-once by default"))

        // What is finished is shown without a write.
        let before = try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date
        #expect(try await run(check, environment).output == later.output)
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date == before)

        let dispatcher = try await RunningDispatcher.start(environment: environment)
        #expect(try await dispatcher.page("/status").contains(#""delivery":"exactly-once""#))
        let other = try await run(["check", "--probe-idempotence", "to-1"], environment)
        #expect(other.exit == .exited(64) && other.errors.contains("is a target"))
        #expect(await dispatcher.stop() == .exited(0))
        try await refusesWhatItRuledOut(file, environment)
    }

    /// Makes the probe in that file a failed one, then takes it away: neither lets anything begin that rests on sequence ids.
    private func refusesWhatItRuledOut(_ file: String, _ environment: [String: String]) async throws {
        let text = String(decoding: try Files.read(file, limit: 1 << 20), as: UTF8.self)
        let environment = environment.merging(["SLS_DEAD_LETTER": "scratch"]) { $1 }
        let commands = [["run", "--delivery", "exactly-once"], ["dead-letter", "replay", "--id", "a"]]
        let failed = text.replacing(#""isAsNeeded":true"#, with: #""isAsNeeded":false"#)
            .replacing(#""isAsNeeded" : true"#, with: #""isAsNeeded" : false"#)
        try Files.write(Array(failed.utf8), to: file)
        for command in commands {
            let ended = try await run(command, environment)
            #expect(ended.exit == .exited(64) && ended.errors.contains("ruled out"), "\(ended)")
        }
        try Files.removeTree(file)
        for command in commands {
            let ended = try await run(command, environment)
            #expect(ended.exit == .exited(64) && ended.errors.contains("there is no probe file"), "\(ended)")
        }
    }

    @Test func `checkpoints are shown and set, and an audit compares what was delivered`() async throws {
        let server = try await server()
        let environment = RunningDispatcher.environment(server, changed: ["SLS_DELIVERY": "exactly-once"])
        let transport = try CurlTransport()
        let client = try server.client(transport)
        for number in 0..<6 {
            let log = LogGroup.Log(time: 1_709_618_828, contents: [.init("message", "\(number)")])
            let group = LogGroup(logs: [log], topic: "click")
            try await client.putLogs(PutLogsBody(compressing: group.serialized), to: try LogstoreName("source"))
        }
        let dispatcher = try await RunningDispatcher.start(environment: environment)
        let isDelivered = try await eventually {
            try await dispatcher.page("/metrics").contains(#"sls_dispatch_put_log_groups_total{route="to-3"} 6"#)
        }
        #expect(isDelivered)
        let metrics = try await dispatcher.page("/metrics")
        #expect(metrics.contains(#"sls_dispatch_pull_log_groups_total{shard="0"} 6"#))
        #expect(metrics.contains(#"sls_dispatch_shard_routed_log_groups_total{shard="0"} 6"#))
        #expect(await dispatcher.stop() == .exited(0))

        let list = try await run(["checkpoints"], environment)
        #expect(list.exit == .exited(0) && list.output.contains("behind"), "\(list.errors)")
        let audit = try await run(["audit", "--shard", "0", "--from", "begin", "--to", "end"], environment)
        #expect(audit.exit == .exited(0), "\(audit.output)\(audit.errors)")
        #expect(audit.output.contains("6 log groups read"))

        let back = ["checkpoints", "set", "--shard", "0", "--to", "begin"]
        let refused = try await run(back, environment)
        #expect(refused.exit == .exited(1) && refused.errors.contains("would go back by 6 log groups"), "\(refused)")
        let vouched = try await run(back + ["--same-identity"], environment)
        #expect(vouched.exit == .exited(0), "\(vouched.errors)")
        #expect(vouched.output.contains("before shard 0 has been read to its end again"), "\(vouched.output)")
        let forward = try await run(["checkpoints", "set", "--shard", "0", "--to", "end"], environment)
        #expect(forward.exit == .exited(1) && forward.errors.contains("would skip 6 log groups"))
        let renamed = try await run(
            ["checkpoints", "set", "--shard", "0", "--to", "end", "--new-identity", "blue"], environment)
        #expect(renamed.exit == .exited(0) && renamed.output.contains("SLS_IDENTITY=blue"))
        let plain = try await run(
            ["checkpoints", "set", "--shard", "0", "--to", "begin", "--delivery", "at-least-once"], environment)
        #expect(plain.exit == .exited(0) && plain.output.split(separator: "\n").count == 1, "\(plain.output)")
        let skipped = try await run(
            ["checkpoints", "set", "--shard", "0", "--to", "end", "--delivery", "at-least-once"], environment)
        #expect(skipped.exit == .exited(0) && skipped.output.contains("cannot be gone back to"), "\(skipped.output)")
        let all = try await run(
            ["checkpoints", "set", "--all", "--to", "begin", "--new-identity", "green"], environment)
        #expect(all.exit == .exited(0) && all.output.hasPrefix("shard 0: "), "\(all)")
        let ahead = try await run(
            ["checkpoints", "set", "--all", "--to", "2099-01-01T00:00:00Z", "--new-identity", "red"], environment)
        #expect(ahead.exit == .exited(1) && ahead.errors.contains("still to come"), "\(ahead)")
        for wrong in [
            ["--shard", "0", "--to", "soon"], ["--to", "begin"], ["--shard", "0", "--all", "--to", "begin"],
            ["--all", "--to", "1729070618428044655"], ["--shard", "0", "--to", "begin", "--new-identity", ""],
            ["--shard", "0", "--to", "begin", "--cursor-start", "-2h"],
        ] {
            let ended = try await run(["checkpoints", "set"] + wrong, environment)
            #expect(ended.exit == .exited(64), "\(wrong): \(ended)")
        }
        await transport.shutdown()
    }

    @Test func `what a target refused goes to the dead letters, and from there to the target when that is corrected`()
        async throws
    {
        let server = try await RunningFakeSLS.start(["--control", "on"])
        try await server.create(["source": 2, "to-1": 1, "to-2": 1, "to-3": 1, "dead": 1])
        let environment = RunningDispatcher.environment(
            server, changed: ["SLS_DELIVERY": "exactly-once", "SLS_DEAD_LETTER": "dead", "SLS_BATCH_WAIT": "1s"])
        let transport = try CurlTransport()
        let client = SLSClient(
            endpoint: try Endpoint(parsing: server.endpoint(.http)), project: try ProjectName("demo"),
            credentials: Credentials(accessKeyID: "fake-id", accessKeySecret: "fake-secret"), transport: transport)
        for number in 0..<40 {
            let log = LogGroup.Log(time: 1_709_618_828, contents: [.init("message", "\(number)")])
            let group = LogGroup(logs: [log], topic: number % 4 < 2 ? "click" : "ngnix")
            try await client.putLogs(PutLogsBody(compressing: group.serialized), to: try LogstoreName("source"))
        }
        let rule =
            #"{"call":"PutLogs","logstore":"to-3","fault":"refuse","status":400,"code":"PostBodyInvalid","next":7}"#
        let connection = try RawConnection(port: server.port)
        try await connection.send(
            "POST /_fake/faults HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Length: \(rule.utf8.count)\r\n\r\n\(rule)")
        #expect(try await connection.read().hasPrefix("HTTP/1.1 20"))
        let dispatcher = try await RunningDispatcher.start(environment: environment)
        // The last dead letter may be written after the last log group that is taken.
        let isDelivered = try await eventually {
            let metrics = try await dispatcher.page("/metrics")
            return metrics.contains(#"sls_dispatch_put_log_groups_total{route="to-3"} 13"#)
                && metrics.contains(#"sls_dispatch_dead_letter_log_groups_total{route="to-3"} 7"#)
        }
        #expect(isDelivered, "\(dispatcher.log)")
        #expect(await dispatcher.stop() == .exited(0))

        func audits() async throws -> String {
            var texts = ""
            for shard in ["0", "1"] {
                let audit = try await run(["audit", "--shard", shard, "--from", "begin", "--to", "end"], environment)
                #expect(audit.exit == .exited(0), "\(audit.output)\(audit.errors)")
                texts += audit.output
            }
            return texts
        }
        let before = try await audits()
        let replay = try await run(["dead-letter", "replay", "--id", "fix-1"], environment)
        #expect(replay.exit == .exited(0), "\(replay.errors)")
        #expect(replay.output.contains("7 of 7 dead letters read"))
        let again = try await run(
            ["dead-letter", "replay", "--id", "fix-1", "--leave-out", "0:1729070618428044655"], environment)
        #expect(again.output.contains("there is no such dead letter"), "\(again.output)")
        #expect(again.exit == .exited(0) && again.output != replay.output, "\(again.errors)")
        let after = try await audits()
        #expect(before != after, "\(before)\(after)")
        let stored = try await client.storedLogGroups(of: try LogstoreName("to-3"))
        #expect(stored.count == 20 && Set(stored).count == 20)
        let nameless = try await run(["dead-letter", "replay", "--id", "a b"], environment)
        #expect(nameless.exit == .exited(64))
        let misnamed = try await run(["dead-letter", "replay", "--id", "a", "--leave-out", "0"], environment)
        #expect(misnamed.exit == .exited(64) && misnamed.errors.contains("shard:cursor"), "\(misnamed.errors)")
        let moving = try await run(["dead-letter", "replay", "--id", "fix-2", "--from=-2h"], environment)
        #expect(moving.exit == .exited(64) && moving.errors.contains("a start that moves"), "\(moving.errors)")
        await transport.shutdown()
    }

    @Test func `a mistake is told of where it was made: in an option, in the file, or in a variable`() async throws {
        let server = try await server()
        let folder = try Files.makeTemporaryFolder(prefix: "mistakes-")
        // What stays in the temporary folder fails no test.
        defer { try? Files.removeTree(folder) }
        let file = folder + "/config.yaml"
        try Files.write(Array("lanes: 7\nbatch-wait: soon\n".utf8), to: file)
        let environment = RunningDispatcher.environment(server, changed: ["SLS_DISPATCH_TAG": "perhaps"])
        let ended = try await run(["run", "--config", file, "--lanes", "0"], environment)
        #expect(ended.exit == .exited(64))
        for mistake in [
            "--lanes: \"0\"", "\(file): line 2, column 13: batch-wait: \"soon\"", "SLS_DISPATCH_TAG: \"perhaps\"",
        ] {
            #expect(ended.errors.contains("sls-dispatch: \(mistake)"), "\(ended.errors)")
        }
    }

    @Test(arguments: [
        ["checkpoints"], ["checkpoints", "set", "--all", "--to=begin"], ["dead-letter", "replay", "--id=a"],
        ["audit", "--shard=0", "--from=begin", "--to=end"], ["check", "--probe-idempotence=scratch"], ["run"],
    ]) func `with a wrong secret every command names the settings to look at`(words: [String]) async throws {
        let server = try await server()
        let folder = try Files.makeTemporaryFolder(prefix: "secret-")
        // What stays in the temporary folder fails no test.
        defer { try? Files.removeTree(folder) }
        let environment = RunningDispatcher.environment(
            server, changed: ["SLS_AK_KEY": "no-secret", "SLS_DEAD_LETTER": "dead"])
        let file = words[0] == "check" ? ["--probe-file", folder + "/probe.json"] : []
        let ended = try await run(words + file, environment)
        #expect(ended.exit == .exited(1), "\(ended)")
        #expect(ended.errors.hasSuffix(". Check SLS_AK_ID and SLS_AK_KEY."), "\(ended.errors)")
    }

    /// Each option with numbers that nobody means; what follows `=` reaches it whatever it begins with.
    private static let hostile: [(command: [String], option: String, values: [String])] = {
        let numbers = ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "-1"]
        let places =
            numbers + [
                "99999999999", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00+14:00", "-9999999d",
                "OTIyMzM3MjAzNjg1NDc3NTgwNw==",
            ]
        let audit = ["audit", "--shard=0", "--from=begin", "--to=end"]
        let set = ["checkpoints", "set", "--shard=0", "--to=begin"]
        let replay = ["dead-letter", "replay", "--id=a"]
        // Checked as a whole, and refused for that level: nothing runs until it is stopped.
        let run = ["run", "--log-level=none"]
        return [
            (audit, "--margin", numbers), (audit, "--shard", numbers), (replay, "--lanes", numbers),
            (audit, "--from", places), (audit, "--to", places), (set, "--shard", numbers), (set, "--to", places),
            (replay, "--from", places), (replay, "--leave-out", numbers + numbers.map { "0:" + $0 }),
            (run, "--group-timeout", numbers), (run, "--batch-wait", numbers),
            (run, "--lanes", numbers), (run, "--admin", numbers),
        ]
    }()

    @Test func `numbers that nobody means end no command with a signal`() async throws {
        let server = try await server()
        let transport = try CurlTransport()
        try await server.client(transport).createConsumerGroup(
            try ConsumerGroupName("dispatch"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        await transport.shutdown()
        let environment = RunningDispatcher.environment(server, changed: ["SLS_DEAD_LETTER": "scratch"])
        for (command, option, values) in Self.hostile {
            for value in values {
                let words = command.filter { !$0.hasPrefix(option + "=") } + ["\(option)=\(value)"]
                let ended = try await run(words, environment)
                #expect([.exited(0), .exited(1), .exited(64)].contains(ended.exit), "\(words): \(ended)")
            }
        }
    }

    @Test func `a probe file with numbers that nobody means is none`() async throws {
        let server = try await server()
        let folder = try Files.makeTemporaryFolder(prefix: "hostile-")
        // What stays in the temporary folder fails no test.
        defer { try? Files.removeTree(folder) }
        let file = folder + "/probe.json"
        let environment = RunningDispatcher.environment(server, changed: ["SLS_PROBE_FILE": file])
        for (name, number) in [("written", Int.max), ("written", -Int.max), ("tries", Int.max), ("tries", -1)] {
            var record: [String: Any] = [
                "endpoint": "a", "project": "b", "logstore": "c", "keys": [] as [String], "written": 0, "tries": 0,
                "steps": [] as [String],
            ]
            record[name] = number
            try Files.write(Array(try JSONSerialization.data(withJSONObject: record)), to: file)
            for words in [["check", "--probe-idempotence=scratch"], ["run"]] {
                let ended = try await run(words, environment)
                #expect(ended.exit == .exited(64) && ended.errors.contains("\(name) is \(number)"), "\(ended)")
            }
        }
    }

    @Test func `of several checkpoints those that were set before one failed are warned of`() async throws {
        let server = try await RunningFakeSLS.start(["--control", "on"])
        try await server.create(["source": 2, "to-1": 1, "to-2": 1, "to-3": 1])
        let transport = try CurlTransport()
        try await server.client(transport).createConsumerGroup(
            try ConsumerGroupName("dispatch"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        await transport.shutdown()
        let set = ["checkpoints", "set", "--all", "--to", "begin", "--new-identity", "blue"]
        _ = try await server.inject(
            #"{"call":"UpdateCheckPoint","shard":1,"fault":"refuse","status":403,"code":"Unauthorized","untilCleared":true}"#
        )
        let ended = try await run(set, RunningDispatcher.environment(server))
        #expect(ended.exit == .exited(1) && ended.errors.contains("shard 1: "), "\(ended)")
        #expect(ended.output.contains("shard 0: ") && ended.output.contains("SLS_IDENTITY=blue"), "\(ended)")
    }

    @Test func `a probe whose file cannot be written asks nothing and splits nothing`() async throws {
        let server = try await server()
        let ended = try await run(
            ["check", "--probe-idempotence", "scratch", "--probe-file", "/dev/null/probe.json"],
            RunningDispatcher.environment(server))
        #expect(ended.exit == .exited(1) && ended.errors.contains("/dev/null/probe.json"), "\(ended)")
        let transport = try CurlTransport()
        let client = try server.client(transport)
        #expect(try await client.listShards(of: try LogstoreName("scratch")).count == 1)
        #expect(try await client.storedLogGroups(of: try LogstoreName("scratch")).isEmpty)
        await transport.shutdown()
    }

    @Test func `a file that is no probe file is named, with what it lacks`() async throws {
        let server = try await server()
        let folder = try Files.makeTemporaryFolder(prefix: "lacking-")
        // What stays in the temporary folder fails no test.
        defer { try? Files.removeTree(folder) }
        let file = folder + "/probe.json"
        let environment = RunningDispatcher.environment(server, changed: ["SLS_PROBE_FILE": file])
        for (text, reason) in [
            (#"{"project":"b"}"#, "(endpoint is missing)"), (#"{"endpoint":7}"#, "(endpoint is of another kind)"),
            ("[]", "(it holds no such object)"), ("probe", "no probe file of this version ("),
        ] {
            try Files.write(Array(text.utf8), to: file)
            let ended = try await run(["check", "--probe-idempotence=scratch"], environment)
            #expect(ended.exit == .exited(64) && ended.errors.contains(reason), "\(ended)")
            #expect(ended.errors.contains("SLS_PROBE_FILE") && !ended.errors.contains("DecodingError"), "\(ended)")
        }
    }

    @Test func `a start in the host's zone ends an exactly-once program with the same time in UTC`() async throws {
        let server = try await server()
        let environment = RunningDispatcher.environment(
            server, changed: ["SLS_CURSOR_START": "2018-12-26 0:0:0", "TZ": "CST-8", "SLS_DEAD_LETTER": "scratch"])
        let result = try await RunningDispatcher.run(["run", "--delivery", "exactly-once"], environment: environment)
        #expect(result.exit == .exited(64) && result.errors.contains("=2018-12-25T16:00:00Z"), "\(result.errors)")
        let replay = try await run(
            ["dead-letter", "replay", "--id", "a", "--from", "2018-12-26 0:0:0"], environment)
        #expect(replay.exit == .exited(64) && replay.errors.contains("2018-12-25T16:00:00Z"), "\(replay.errors)")
    }

    @Test func `X18 a start that moves ends the program with the time to write`() async throws {
        let server = try await server()
        let result = try await RunningDispatcher.run(
            ["run", "--delivery", "exactly-once"],
            environment: RunningDispatcher.environment(server, changed: ["SLS_CURSOR_START": "end"]))
        #expect(result.exit == .exited(64))
        #expect(result.errors.contains("SLS_CURSOR_START=20"), "\(result.errors)")
    }
}
