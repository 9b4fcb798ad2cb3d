import Glibc
import SLSClient
import SLSProtocol
import System

/// What each event does, and how it is known to have happened.
extension ChaosRun {
    func perform(_ event: ChaosEvent) async throws {
        switch event {
        case .restart: try await restart()
        case .takeOver: try await takeOver()
        case .orphan: try await orphan()
        case .pause: try await pause()
        case .stop: try await stop()
        case .partition: try await partition()
        case .standstill: try await standStill()
        case .targetKill: try await killTarget()
        case .cut: try await cut()
        case .double: try await strike(target, #""call":"PutLogs","fault":"repeat""#, count: 5)
        case .late: try await late()
        case .throttle:
            try await strike(target, #""call":"PutLogs","fault":"refuse","code":"WriteQuotaExceed""#, count: 10)
        case .rewind: try await rewind()
        case .poison: try await poison()
        case .reshard: try await reshard()
        }
    }

    // MARK: Dispatchers

    private func restart() async throws {
        let name = try victim()
        // Some die young; most have delivered something, or a run would be a row of starts.
        if Int.random(in: 0..<4, using: &random) > 0 { try await waitUntilDelivering(name) }
        try await kill(name)
        try await start(name)
    }

    private func takeOver() async throws {
        try await wakePaused(keeping: 1)
        let name = try victim()
        let shards = try await waitUntilHolding(name)
        try await kill(name)
        try await wait(for: "the shards of \(name), which is dead, are with others") {
            guard let group = try await source.group("dispatch") else { return false }
            return !group.has(name)
                && group.shards.allSatisfy { !shards.contains($0.shard) || $0.state == "OVER" || $0.holder != nil }
        }
        try await start(name)
    }

    /// Its requests lie in the server's sockets: they are stored when it is dead, and perhaps when its successor runs.
    private func orphan() async throws {
        let name = try victim()
        try await waitUntilDelivering(name)
        try await withTargetStopped { try await kill(name) }
        try await start(name)
    }

    private func pause() async throws {
        try await wakePaused(keeping: 1)
        let name = try victim()
        _ = try await waitUntilHolding(name)
        let losses = try await dispatcher(name).status().leaseLosses
        try await stopProcess(dispatcher(name).process)
        paused.append((name, losses))
    }

    /// Lets dispatchers go on when the server has given their shards away; each has to notice that.
    func wakePaused(keeping count: Int) async throws {
        while let (name, losses) = paused.first {
            if paused.count <= count, try await source.group("dispatch")?.has(name) != false { return }
            try await wait(for: "\(name), which stands still, is taken for dead") {
                try await source.group("dispatch")?.has(name) == false
            }
            let dispatcher = try dispatcher(name)
            dispatcher.process.kill(SIGCONT)
            paused.removeFirst()
            try await wait(for: "\(name) notices that its lease is over") {
                try await dispatcher.status().leaseLosses > losses
            }
        }
    }

    /// Sets a checkpoint back to somewhere at or above the start, while nobody is there to save over it.
    private func rewind() async throws {
        try await wakePaused(keeping: 1)
        let name = try victim()
        let client = try sourceClient()
        let (group, logstore) = (try ConsumerGroupName("dispatch"), try LogstoreName("source"))
        var found: (shard: ShardID, begin: Cursor, standing: Cursor)?
        try await wait(for: "\(name) holds a shard with a checkpoint") {
            for shard in try await source.group("dispatch")?.shards(of: name).sorted().map({ ShardID($0) }) ?? [] {
                let begin = try await client.getCursor(of: shard, in: logstore, from: .begin)
                let saved = try await client.listCheckpoints(of: group, in: logstore, shard: shard).first
                guard let standing = saved.flatMap({ Cursor(encoded: $0.checkpoint) }), begin < standing else {
                    continue
                }
                found = (shard, begin, standing)
                return true
            }
            return false
        }
        guard let (shard, begin, standing) = found else { return }
        try await kill(name)
        let back = Cursor(number: Int64.random(in: begin.number..<standing.number, using: &random))
        try await client.saveCheckpoint(back, of: shard, in: group, of: logstore, as: .forced())
        count("log groups that checkpoints were set back by", Int(standing.number - back.number))
        try await start(name)
    }

    private func poison() async throws {
        let before = try await deadLetters().count
        guard let name = Self.targets.randomElement(using: &random) else { return }
        let fault = try await target.inject(
            #"{"call":"PutLogs","logstore":"\#(name)","fault":"refuse","code":"PostBodyInvalid","untilCleared":true}"#)
        try await wait(for: "something that \(name) refuses is among the dead letters") {
            try await deadLetters().count > before
        }
        try await target.clearFault(fault)
    }

    private func stop() async throws {
        let name = try victim()
        let dispatcher = try dispatcher(name)
        books.close(name, try await dispatcher.status())
        // What is in flight may be more than half the timeout lets it finish.
        let exit = await dispatcher.stop()
        books.ended(name, exit, allowed: [.exited(0), .exited(2)], log: dispatcher.log)
        count(exit == .exited(0) ? "stops with status 0" : "stops with status 2")
        try await start(name)
    }

    private func partition() async throws {
        try await wakePaused(keeping: 1)
        let name = try victim()
        _ = try await waitUntilHolding(name)
        let dispatcher = try dispatcher(name)
        let losses = try await dispatcher.status().leaseLosses
        let fault = try await source.inject(#"{"consumer":"\#(name)","fault":"hang","untilCleared":true}"#)
        try await wait(for: "\(name), which gets no answers, has lost its lease and its shards") {
            guard try await dispatcher.status().leaseLosses > losses else { return false }
            return try await source.group("dispatch")?.has(name) == false
        }
        guard try await source.fired(fault) > 0 else { throw HarnessError("no heartbeat of \(name) was held up") }
        try await source.clearFault(fault)
        try await wait(for: "\(name) is back") { try await source.group("dispatch")?.has(name) == true }
    }

    private func victim() throws -> String {
        guard let name = awake.randomElement(using: &random) else { throw HarnessError("no dispatcher is awake") }
        return name
    }

    private func kill(_ name: String) async throws {
        let dispatcher = try dispatcher(name)
        books.close(name, try await dispatcher.status())
        dispatcher.process.kill(SIGKILL)
        let exit = await dispatcher.process.wait(within: Patience.step)
        books.ended(name, exit, allowed: [.signalled(SIGKILL)], log: dispatcher.log)
        dispatchers[name] = nil
    }

    private func waitUntilDelivering(_ name: String) async throws {
        let dispatcher = try dispatcher(name)
        try await wait(for: "\(name) delivers something") {
            try await dispatcher.status().routes.contains { $0.logGroups > 0 }
        }
    }

    private func waitUntilHolding(_ name: String) async throws -> Set<Int> {
        var shards: Set<Int> = []
        try await wait(for: "\(name) holds shards") {
            shards = try await source.group("dispatch")?.shards(of: name) ?? []
            return !shards.isEmpty
        }
        return shards
    }

    // MARK: The targets' server

    private func standStill() async throws {
        try await withTargetStopped {}
    }

    /// Stops the server for longer than a write may take, but in batched mode for less than is assumed of requests.
    private func withTargetStopped(_ body: () async throws -> Void) async throws {
        try await stopProcess(target.process)
        let longest = plan.delivery == "exactly-once-batched" ? 1_500 : 4_000
        try await Task.sleep(for: .milliseconds(Int.random(in: 200...longest, using: &random)))
        try await body()
        target.process.kill(SIGCONT)
    }

    private func killTarget() async throws {
        let port = target.port
        target.process.kill(SIGKILL)
        let exit = await target.process.wait(within: Patience.step)
        books.ended("the targets' server", exit, allowed: [.signalled(SIGKILL)], log: "")
        target = try await RunningFakeSLS.start(["--control", "on", "--data", folder, "--port", "\(port)"])
    }

    private func stopProcess(_ process: ChildProcess) async throws {
        process.kill(SIGSTOP)
        try await wait(for: "process \(process.pid) stands still") {
            // Its name may hold spaces and parentheses; the state is the word behind the last of these.
            let line = String(decoding: try Files.read("/proc/\(process.pid)/stat", limit: 4096), as: UTF8.self)
            return line.split(separator: ")").last?.hasPrefix(" T") == true
        }
    }

    // MARK: The way there

    private func cut() async throws {
        let times = happened[.cut, default: 0]
        // Stored or not: the sender sees the same.
        let fault = times % 2 == 0 ? "drop-answer" : "drop-request"
        try await strike(target, #""call":"PutLogs","fault":"\#(fault)""#, count: 3)
        let call = times / 2 % 2 == 0 ? "UpdateCheckPoint" : "HeartBeat"
        try await strike(source, #""call":"\#(call)","fault":"\#(fault)""#, count: 2)
    }

    /// Holds back writes until their sender has given them up, or saves: these set a checkpoint back.
    private func late() async throws {
        let times = happened[.late, default: 0]
        // Strict delivery bears any delay; the lease is over when this one ends. The batched one assumes a bound.
        let seconds = plan.delivery == "exactly-once" ? 7 : 2
        let call = times % 2 == 0 ? "PutLogs" : "UpdateCheckPoint"
        try await strike(
            times % 2 == 0 ? target : source,
            #""call":"\#(call)","fault":"delay-request","seconds":\#(seconds)"#, count: 2)
        lateUntil = .now + .seconds(seconds)
    }

    /// Asks for a fault and waits until it has struck so many requests.
    private func strike(_ server: RunningFakeSLS, _ fault: String, count: Int) async throws {
        let id = try await server.inject("{\(fault),\"next\":\(count)}")
        try await wait(for: "\(count) requests met with \(fault)") { try await server.fired(id) == count }
    }

    /// Splits and merges in turn, the source and a target in turn.
    private func reshard() async throws {
        let times = happened[.reshard, default: 0]
        let isSource = times % 2 == 0
        let client = isSource ? try sourceClient() : try targetClient()
        let logstore = try LogstoreName(isSource ? "source" : "to-2")
        let writable = try await client.listShards(of: logstore).filter { $0.status == .readwrite }
            .sorted { $0.inclusiveBeginKey < $1.inclusiveBeginKey }
        let index = Int.random(in: 0..<writable.count - 1, using: &random)
        let shard = writable[index]
        if times / 2 % 2 == 1 {
            // With its neighbour to the right.
            _ = try await client.mergeShards(ShardID(shard.id), of: logstore)
            count("merges")
        } else {
            guard let begin = HashKey(hex: shard.inclusiveBeginKey), let end = HashKey(hex: shard.exclusiveEndKey)
            else { throw HarnessError("shard \(shard.id) has no key range") }
            let middle = HashKey(value: begin.value + (end.value - begin.value) / 2)
            _ = try await client.splitShard(ShardID(shard.id), of: logstore, at: middle)
            count("splits")
        }
    }
}
