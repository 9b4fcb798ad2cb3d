import EventHTTP
import Foundation
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct RetentionTests {
    private static let day = Duration.seconds(86_400)

    private func server(ttl: Int = 1, folder: String? = nil, clock: VirtualClock = VirtualClock()) throws
        -> InProcessEmulator
    {
        let server = try InProcessEmulator(clock: clock) { $0.dataFolder = folder }
        server.send("POST", "/logstores", json: #"{"logstoreName":"app","ttl":\#(ttl),"shardCount":1}"#)
        return server
    }

    private func put(_ server: InProcessEmulator, count: Int = 1) {
        for _ in 0..<count { #expect(server.turn([server.put()])[0].status == 200) }
    }

    private func number(_ server: InProcessEmulator, _ from: String) throws -> Int64 {
        try #require(Cursor(encoded: server.cursor(from))).number
    }

    private func shards(_ server: InProcessEmulator) throws -> [Int] {
        try server.send("GET", "/logstores/app/shards").decoded([ShardDescription].self).map(\.id)
    }

    @Test func `a log group is kept for its days to the second, then begin moves behind it`() throws {
        let server = try server()
        let first = try number(server, "begin")
        let old = server.cursor("begin")
        put(server, count: 2)
        server.clock.advance(by: .seconds(10))
        put(server, count: 3)
        server.clock.advance(by: Self.day - .seconds(11))
        #expect(try number(server, "begin") == first)
        server.clock.advance(by: .seconds(1))
        #expect(try number(server, "begin") == first + 2)
        #expect(try number(server, "end") == first + 5)
        #expect(try server.groups().count == 3)
        for call in ["type=log&count=1", "type=cursor_time"] {
            let answer = server.send("GET", "/logstores/app/shards/0?\(call)&cursor=\(old)")
            #expect(answer.status == 400)
            #expect(answer.errorCode == "InvalidCursor")
        }
        server.clock.advance(by: .seconds(10))
        #expect(try number(server, "begin") == first + 5)
        #expect(try number(server, "\(server.clock.now)") == first + 5)
        put(server)
        #expect(try server.groups().count == 1)
    }

    @Test func `turns without requests let data expire, and a longer retention saves it`() throws {
        let server = try server()
        put(server)
        let longer = #"{"logstoreName":"app","ttl":2,"shardCount":1}"#
        #expect(server.send("PUT", "/logstores/app", json: longer).status == 200)
        server.clock.advance(by: Self.day)
        #expect(server.turn([]).isEmpty)
        #expect(try server.groups().count == 1)
        server.clock.advance(by: Self.day)
        #expect(server.turn([]).isEmpty)
        #expect(try server.groups().isEmpty)
    }

    @Test func `3650 days are for ever`() throws {
        let server = try server(ttl: 3_650)
        put(server)
        server.clock.advance(by: Self.day * 4_000)
        #expect(try server.groups().count == 1)
    }

    @Test func `one turn takes a bounded number of groups, the next goes on`() throws {
        let limit = RetentionService.itemLimit
        for (count, left) in [(limit - 1, 0), (limit, 0), (limit + 1, 1)] {
            let server = try server()
            let first = try number(server, "begin")
            let answers = server.turn((0..<count).map { _ in server.put() })
            #expect(answers.allSatisfy { $0.status == 200 })
            server.clock.advance(by: Self.day)
            #expect(try number(server, "begin") == first + Int64(count - left))
            #expect(try number(server, "begin") == first + Int64(count))
        }
    }

    @Test func `a readonly shard vanishes once its data has expired, and groups are told`() throws {
        let server = try server()
        server.makeGroup(timeout: 1_000_000)
        put(server)
        #expect(server.heartbeat("c") == [0])
        let begin = server.cursor("begin")
        let checkpoint = "/logstores/app/consumergroups/cg?type=checkpoint&consumer=c"
        #expect(server.send("POST", checkpoint, json: #"{"shard":0,"checkpoint":"\#(begin)"}"#).status == 200)
        server.clock.advance(by: .seconds(5))
        server.send("POST", "/logstores/app/shards/0?action=split")
        #expect(server.heartbeat("c", [0]) == [0, 1, 2])
        server.clock.advance(by: Self.day - .seconds(5))
        // Its data is gone, but it was split five seconds later.
        #expect(try shards(server) == [0, 1, 2])
        server.clock.advance(by: .seconds(5))
        #expect(try shards(server) == [1, 2])
        #expect(server.heartbeat("c", [0, 1, 2]) == [1, 2])
        #expect(server.send("GET", "/logstores/app/consumergroups/cg?shard=0").text == "[]")
        let gone = server.send("POST", checkpoint, json: #"{"shard":0,"checkpoint":"\#(begin)"}"#)
        #expect(gone.status == 404)
        #expect(gone.errorCode == "ShardNotExist")
        #expect(server.pull(from: begin).errorCode == "ShardNotExist")
    }

    @Test func `numbers are never given twice, also where everything expired before a restart`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fake-sls-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // A folder left behind harms nobody.
        let clock = VirtualClock()
        var end: Int64 = 0
        do {
            let server = try server(folder: folder, clock: clock)
            put(server, count: 3)
            end = try number(server, "end")
            clock.advance(by: Self.day)
            #expect(try number(server, "begin") == end)
        }
        let server = try server(folder: folder, clock: clock)
        #expect(try number(server, "begin") == end)
        put(server)
        #expect(try number(server, "end") == end + 1)
    }

    @Test func `a readonly shard can be deleted, one that can be written cannot`() throws {
        let server = try server()
        put(server)
        let refused = server.send("DELETE", "/logstores/app/shards/0")
        #expect(refused.errorCode == "ParameterInvalid")
        server.send("POST", "/logstores/app/shards/0?action=split")
        #expect(server.send("DELETE", "/logstores/app/shards/0").status == 200)
        #expect(try shards(server) == [1, 2])
        #expect(server.send("DELETE", "/logstores/app/shards/0").errorCode == "ShardNotExist")
        #expect(server.send("DELETE", "/logstores/none/shards/0").errorCode == "LogStoreNotExist")
    }
}
