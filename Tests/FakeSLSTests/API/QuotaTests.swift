import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// Rates that throttle, over the whole way that a request goes.
struct QuotaTests {
    private func server(
        shards: Int = 1, _ configure: (inout Limits) -> Void
    ) throws -> InProcessEmulator {
        var limits = Limits.relaxed
        configure(&limits)
        let server = try InProcessEmulator { [limits] in $0.limits = limits }
        server.makeLogstore(shards: shards)
        return server
    }

    private static let group = LogGroup.make()
    private static let size = group.serialized.count

    /// The code, or OK.
    private func put(_ server: InProcessEmulator, _ path: String = "/shards/lb") -> String {
        server.turn([server.put(Self.group, path: path)])[0].errorCode ?? "OK"
    }

    @Test(arguments: [
        (Limits.Rate.shardWriteCalls, "ShardWriteQuotaExceed"), (.projectWriteCalls, "WriteQuotaExceed"),
    ])
    func `the call after the last one of a write rate is refused, and writes nothing`(
        rate: Limits.Rate, code: String
    ) throws {
        let server = try server { $0[rate] = 3 }
        let answers = server.turn((0..<4).map { _ in server.put(Self.group) })
        #expect(answers.map(\.status) == [200, 200, 200, 403])
        #expect(answers[3].errorCode == code)
        #expect(answers[3].text.contains(rate.rawValue))
        #expect(try server.groups().count == 3)
        // Refusals use up nothing: however often it was tried, a third of the period makes room for one.
        for _ in 0..<10 { #expect(put(server) == code) }
        server.clock.advance(by: rate.period / 3 + .nanoseconds(1))
        #expect(put(server) == "OK")
        #expect(put(server) == code)
        #expect(try server.groups().count == 4)
    }

    @Test(arguments: [
        (Limits.Rate.shardWriteBytes, true, "ShardWriteQuotaExceed"),
        (.shardWriteBytesWithoutIndex, false, "ShardWriteQuotaExceed"), (.projectWriteBytes, true, "WriteQuotaExceed"),
    ])
    func `a write that begins below the limit of bytes is let in whole, the next one is not`(
        rate: Limits.Rate, hasIndex: Bool, code: String
    ) throws {
        for (limit, codes) in [
            (2 * Self.size - 1, ["OK", "OK", code]), (2 * Self.size, ["OK", "OK", code]),
            (2 * Self.size + 1, ["OK", "OK", "OK", code]),
        ] {
            let server = try server { $0[rate] = limit }
            if hasIndex { server.send("POST", "/logstores/app/index", json: #"{"line":{"token":[","]}}"#) }
            #expect(codes.map { _ in put(server) } == codes)
            server.clock.advance(by: rate.period)
            #expect(put(server) == "OK")
        }
    }

    @Test func `the index decides which of the two rates of bytes a shard has`() throws {
        let server = try server {
            $0[.shardWriteBytes] = 1
            $0[.shardWriteBytesWithoutIndex] = 1_000_000
        }
        #expect([put(server), put(server)] == ["OK", "OK"])
        server.send("POST", "/logstores/app/index", json: #"{"line":{"token":[","]}}"#)
        #expect([put(server), put(server)] == ["OK", "ShardWriteQuotaExceed"])
    }

    @Test func `bytes are those before compression, and a batch counts each of its groups`() throws {
        let raw = LogGroup.bytes(count: 50_000)
        let package = LogPackage(
            data: try Compression.compress(raw, as: .lz4), rawByteCount: raw.count, compressionNumber: 2)
        let body = LogPackageList.serialized([package, package])
        #expect(body.count < 10_000)
        for (rate, limit, wait) in [
            (Limits.Rate.shardWriteCalls, 3, Duration.milliseconds(666)),
            (.shardWriteBytesWithoutIndex, 150_000, .milliseconds(333)),
        ] {
            let server = try server { $0[rate] = limit }
            let batch = server.put(raw: body, ["x-log-mode": "batch_group"])
            let answers = server.turn([batch, batch, batch])
            #expect(answers.map(\.status) == [200, 200, 403])
            #expect(try server.groups().count == 4)
            // A third more than the limit was used: there is room when that is paid off, and one call or byte.
            server.clock.advance(by: wait)
            #expect(server.turn([batch])[0].errorCode == "ShardWriteQuotaExceed")
            server.clock.advance(by: .milliseconds(1))
            #expect(server.turn([batch])[0].status == 200)
        }
    }

    @Test func `a request that is refused for its body uses up nothing`() throws {
        let server = try server { $0[.shardWriteCalls] = 1 }
        let answers = server.turn([
            server.put(raw: [0xFF]), server.put(Self.group, logstore: "none"), server.put(Self.group),
            server.put(Self.group),
        ])
        #expect(answers.map(\.status) == [400, 404, 200, 403])
    }

    @Test(arguments: [
        (Limits.Rate.shardReadCalls, "ShardReadQuotaExceed"), (.projectReadCalls, "ReadQuotaExceed"),
    ])
    func `the pull after the last one of a read rate is refused`(rate: Limits.Rate, code: String) throws {
        let server = try server { $0[rate] = 4 }
        #expect(put(server) == "OK")
        let cursor = server.cursor("begin")
        // Looking for a cursor is a read of the project, not one of the shard.
        let left = rate == .shardReadCalls ? 4 : 3
        for _ in 0..<left { #expect(server.pull(from: cursor).status == 200) }
        let refused = server.pull(from: cursor)
        #expect(refused.status == 403)
        #expect(refused.errorCode == code)
        for _ in 0..<10 { #expect(server.pull(from: cursor).errorCode == code) }
        #expect(put(server) == "OK")
        server.clock.advance(by: rate.period / 4 + .nanoseconds(1))
        #expect(try server.pull(from: cursor).pulledGroups().count == 2)
        #expect(server.pull(from: cursor).errorCode == code)
    }

    @Test func `a pull that begins below the limit of bytes is answered whole, the next one is not`() throws {
        let server = try server { _ in }
        #expect(put(server) == "OK")
        let answerSize = server.pull(from: server.cursor("begin")).body.count
        for (limit, pullCount) in [(answerSize - 1, 1), (answerSize, 1), (answerSize + 1, 2)] {
            let server = try self.server { $0[.shardReadBytes] = limit }
            #expect(put(server) == "OK")
            let cursor = server.cursor("begin")
            for _ in 0..<pullCount { #expect(try server.pull(from: cursor).pulledGroups().count == 1) }
            #expect(server.pull(from: cursor).errorCode == "ShardReadQuotaExceed")
            // Nothing to read is over the limit as well; another second pays for it.
            #expect(server.pull(from: server.cursor("end")).errorCode == "ShardReadQuotaExceed")
            server.clock.advance(by: .seconds(1))
            #expect(server.pull(from: cursor).status == 200)
        }
    }

    @Test func `a pull that is refused uses up nothing`() throws {
        let server = try server { $0[.projectReadCalls] = 2 }
        for _ in 0..<5 { #expect(server.pull(from: "nonsense").errorCode == "ParameterInvalid") }
        for _ in 0..<5 { #expect(server.pull(from: "MTIz").errorCode == "InvalidCursor") }
        let cursor = server.cursor("begin")
        #expect(server.pull(from: cursor).status == 200)
        #expect(server.pull(from: cursor).errorCode == "ReadQuotaExceed")
    }

    @Test func `each control call of a project has its own rate`() throws {
        let server = try server { $0[.controlCalls] = 2 }
        server.send("POST", "/", json: #"{"projectName":"other","description":""}"#)
        let answers = (0..<3).map { _ in server.send("GET", "/logstores") }
        #expect(answers.map(\.status) == [200, 200, 403])
        #expect(answers[2].errorCode == "MetaOperationQpsLimitExceeded")
        #expect(server.send("GET", "/logstores/app").status == 200)
        #expect(server.send("GET", "/logstores", host: "other.localhost").status == 200)
        // A write call is put back with its savepoint when it is refused, a read call likewise.
        for _ in 0..<3 {
            #expect(server.send("GET", "/logstores/none").status == 404)
            #expect(server.send("POST", "/logstores", json: "{}").status == 400)
        }
        #expect(put(server) == "OK")
        #expect(server.send("GET", "/_fake/healthz").status == 200)
        server.clock.advance(by: .milliseconds(501))
        #expect(server.send("GET", "/logstores").status == 200)
        #expect(server.send("GET", "/logstores").status == 403)
    }

    @Test func `a write without a key goes where there is room`() throws {
        let server = try server(shards: 2) { $0[.shardWriteCalls] = 2 }
        let first = "/shards/route?key=00"
        #expect([put(server, first), put(server, first), put(server, first)] == ["OK", "OK", "ShardWriteQuotaExceed"])
        #expect([put(server), put(server), put(server)] == ["OK", "OK", "ShardWriteQuotaExceed"])
        #expect(try [server.groups(shard: 0).count, server.groups(shard: 1).count] == [2, 2])
    }

    @Test func `a logstore that splits by itself cuts the shard that is over its limit`() throws {
        let server = try server { $0[.shardWriteCalls] = 1 }
        server.send(
            "POST", "/logstores",
            json: #"{"logstoreName":"auto","ttl":1,"shardCount":1,"autoSplit":true,"maxSplitShard":2}"#)
        server.makeGroup(logstore: "auto")
        #expect(server.heartbeat("c", logstore: "auto") == [0])
        let answers = server.turn((0..<4).map { _ in server.put(Self.group, logstore: "auto") })
        // One in the parent, one in each half, and two halves are all there may be.
        #expect(answers.map(\.status) == [200, 200, 200, 403])
        let shards = try server.send("GET", "/logstores/auto/shards").decoded([ShardDescription].self)
        #expect(shards.map(\.status) == [.readonly, .readwrite, .readwrite])
        #expect(shards[2].inclusiveBeginKey == "8" + String(repeating: "0", count: 31))
        #expect(try (0..<3).map { try server.groups(shard: $0, logstore: "auto").count } == [1, 1, 1])
        #expect(server.heartbeat("c", [0], logstore: "auto") == [0, 1, 2])
        // The other logstore does not, and neither does one whose project has no more shards to give.
        #expect([put(server), put(server)] == ["OK", "ShardWriteQuotaExceed"])
    }

    @Test func `no shard is cut beyond the project's number of shards`() throws {
        let server = try server {
            $0[.shardWriteCalls] = 1
            $0.shardsPerProject = 1
        }
        server.send("PUT", "/logstores/app", json: #"{"autoSplit":true,"maxSplitShard":64}"#)
        #expect([put(server), put(server)] == ["OK", "ShardWriteQuotaExceed"])
    }

    @Test func `relaxed throttles nothing`() throws {
        let server = try server { _ in }
        let answers = server.turn((0..<700).map { _ in server.put(Self.group) })
        #expect(answers.allSatisfy { $0.status == 200 })
    }
}
