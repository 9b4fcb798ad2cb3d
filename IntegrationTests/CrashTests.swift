import Foundation
import Glibc
import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

/// `fake-sls --data` under load, killed with SIGKILL at seeded moments: in every third round with a commit held, in
/// every third after the answer to a write was dropped.
///
/// `scripts/crash.sh` runs the same for many rounds.
@Suite(.serialized) struct CrashTests {
    private static let rounds = Int(Environment.value("SLS_CRASH_ROUNDS") ?? "") ?? 6
    private static let seed = UInt64(Environment.value("SLS_CRASH_SEED") ?? "") ?? UInt64.random(in: 0...999_999)

    @Test func `X21: kill -9, also with a commit held, takes nothing back that was answered`() async throws {
        let folder = try Files.makeTemporaryFolder(prefix: "fake-sls-crash-")
        defer { try? Files.removeTree(folder) }  // A folder left behind harms nobody.
        var generator = SeededGenerator(seed: Self.seed)
        let ledger = Lock(CrashLedger())
        for round in 0..<Self.rounds {
            let life = try await CrashLife.start(data: folder, ledger: ledger)
            if round == 0 { try await life.prepare() }
            let kill = CrashKill.ofRound(round)
            try await life.kill(afterAnswers: Int.random(in: 1...300, using: &generator), kill)
            let next = try await CrashLife.start(data: folder, ledger: ledger)
            try await next.judge(after: kill)
            #expect(await next.stop() == .exited(0))
            let violations = ledger.withLock { $0.violations }
            #expect(violations.isEmpty, "seed \(Self.seed), round \(round): \(violations.prefix(5))")
            if !violations.isEmpty { return }
        }
        let end = ledger.withLock { $0 }
        // The last round's writes in doubt are not settled; some of those before must have been.
        #expect(end.settledCount > 0)
        print(
            "crash: seed \(Self.seed), \(Self.rounds) kills (\(Self.rounds / 3) with a commit held, "
                + "\((Self.rounds + 1) / 3) after a dropped answer), "
                + "\(end.told.count) writes answered, \(end.settledCount) in doubt and settled, "
                + "\(end.shown.values.reduce(0) { $0 + $1.count }) log groups shown, nothing taken back")
    }
}

/// One life of the emulator: its process, and clients that write, read and save until it is killed.
private struct CrashLife {
    static let writerCount = 4
    static let shards = [ShardID(0), ShardID(1)]

    let server: RunningFakeSLS
    let transport: CurlTransport
    let client: SLSClient
    let ledger: Lock<CrashLedger>
    let logstore: LogstoreName
    let group: ConsumerGroupName

    static func start(data: String, ledger: Lock<CrashLedger>) async throws -> CrashLife {
        let server = try await RunningFakeSLS.start(["--data", data, "--control", "on"])
        let transport = try CurlTransport.direct()
        let client = try server.client(transport)
        return CrashLife(
            server: server, transport: transport, client: client, ledger: ledger, logstore: try LogstoreName("app"),
            group: try ConsumerGroupName("cg"))
    }

    func prepare() async throws {
        try await server.create(["app": Self.shards.count])
        try await client.createConsumerGroup(group, of: logstore, timeoutSeconds: 60)
    }

    func stop() async -> ChildProcess.Exit? {
        await transport.shutdown()
        return await server.stop()
    }

    /// Lets the clients work until so many answers came, then kills the process.
    func kill(afterAnswers count: Int, _ kill: CrashKill) async throws {
        let enough = Eventually<Bool>()
        let goal = ledger.withLock { $0.answeredCount } + count
        let note: @Sendable () -> Void = { [ledger] in
            if ledger.withLock({ $0.answeredCount }) >= goal { enough.set(true) }
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for writer in 0..<Self.writerCount { tasks.addTask { try await write(writer, note) } }
            for shard in Self.shards { tasks.addTask { await read(shard, note) } }
            tasks.addTask {
                _ = await enough.value(within: Patience.step)
                switch kill {
                case .unprepared: break
                case .answerDropped: try await dropAnswer()
                case .commitHeld: try await holdCommit()
                }
                server.process.kill(SIGKILL)
                _ = await server.process.wait(within: Patience.step)
            }
            try await tasks.waitForAll()
        }
        #expect(enough.current == true, "too few answers")
        await transport.shutdown()
    }

    private func dropAnswer() async throws {
        let fault = try await server.inject(#"{"call":"PutLogs","fault":"drop-answer"}"#)
        let deadline = ContinuousClock.now + Patience.step
        // Each question is a turn of the emulator, in which the writers' requests come along.
        while try await server.fired(fault) == 0 {
            guard ContinuousClock.now < deadline else { throw HarnessError("no answer was dropped") }
        }
    }

    private func holdCommit() async throws {
        let body = #"{"call":"PutLogs","fault":"hold-commit"}"#
        let connection = try RawConnection(port: server.port)
        try await connection.send(
            "POST /_fake/faults HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(body.utf8.count)"
                + "\r\n\r\n\(body)")
        // Its answer may never come: a write of the same turn may hold the commit already.
        let line = await server.process.standardOutput?.line(within: Patience.step) { $0.contains("commit-held") }
        guard line != nil else { throw HarnessError("no commit was held") }
    }

    /// Writes one log group after the other under a key of its own, each under the next sequence id.
    private func write(_ writer: Int, _ note: () -> Void) async throws {
        while true {
            let write = ledger.withLock { ledger -> CrashLedger.Write in
                let next = ledger.next(of: writer)
                ledger.sends(next)
                return next
            }
            do throws(ClientError) {
                try await send(write)
                ledger.withLock { $0.answered(write, isRefused: false) }
            } catch {
                // The end of the connection is what the kill looks like; it stays in doubt.
                guard error.code == APIError.Code.invalidSequenceID.rawValue else { return }
                ledger.withLock { $0.answered(write, isRefused: true) }
            }
            note()
        }
    }

    private func send(_ write: CrashLedger.Write) async throws(ClientError) {
        let body = PutLogsBody(plain: LogGroup.make(topic: write.topic, logs: 3).serialized)
        // Two of the four keys belong to each shard.
        let key = HashKey(value: UInt128(write.writer * 4) << 124)
        try await client.putLogs(body, to: logstore, target: .key(key, sequenceID: write.id))
    }

    /// Reads a shard, saves how far it came, and begins again, until the connection ends.
    private func read(_ shard: ShardID, _ note: () -> Void) async {
        // Whatever fails, fails because the process was killed; the judgement is made afterwards.
        do {
            var cursor = try await client.getCursor(of: shard, in: logstore, from: .begin)
            while true {
                let end = try await client.getCursor(of: shard, in: logstore, from: .end)
                let pulled = try await client.pullLogs(from: cursor, of: shard, in: logstore, count: 100)
                let groups = try LogGroupScanner.groups(inList: pulled.body).map { Array(pulled.body[$0.bytes]) }
                ledger.withLock { ledger in
                    ledger.hasEnd(end, shard)
                    ledger.pulled(groups, from: pulled.nextCursor.number - Int64(pulled.count), of: shard)
                    ledger.saves(pulled.nextCursor.encoded, of: shard)
                }
                cursor = pulled.nextCursor
                try await client.saveCheckpoint(cursor, of: shard, in: group, of: logstore, as: .forced(by: nil))
                ledger.withLock { $0.saved(cursor.encoded, of: shard) }
                note()
            }
        } catch {}
    }

    /// Reads everything and lets the ledger judge it; then every id that was answered last must be refused.
    func judge(after kill: CrashKill) async throws {
        var stored: [ShardID: StoredShard] = [:]
        for shard in Self.shards {
            var cursor = try await client.getCursor(of: shard, in: logstore, from: .begin)
            var read = StoredShard(end: try await client.getCursor(of: shard, in: logstore, from: .end))
            while cursor < read.end {
                let pulled = try await client.pullLogs(from: cursor, of: shard, in: logstore, count: 1_000)
                for (offset, group) in try LogGroupScanner.groups(inList: pulled.body).enumerated() {
                    let bytes = Array(pulled.body[group.bytes])
                    read.groups[cursor.number + Int64(offset)] = bytes
                    read.topics.append(try LogGroup(serialized: bytes).topic ?? "")
                }
                #expect(pulled.nextCursor.number == cursor.number + Int64(pulled.count))
                cursor = pulled.nextCursor
            }
            stored[shard] = read
        }
        let checkpoints = try await client.listCheckpoints(of: group, in: logstore)
        ledger.withLock { ledger in
            ledger.judge(
                stored,
                checkpoints: checkpoints.reduce(into: [:]) { $0[ShardID($1.shard)] = $1.checkpoint }, after: kill)
        }
        for write in ledger.withLock({ $0.lastWrites }) {
            do throws(ClientError) {
                try await send(write)
                ledger.withLock { $0.wasTaken(write) }
            } catch {
                guard error.code == APIError.Code.invalidSequenceID.rawValue else { throw error }
            }
        }
    }
}
