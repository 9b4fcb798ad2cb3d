import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct ShardCallTests {
    private func shards(_ server: InProcessEmulator) throws -> [ShardDescription] {
        try server.send("GET", "/logstores/app/shards").decoded([ShardDescription].self)
    }

    @Test func `four shards share out the keys evenly`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 4)
        let shards = try shards(server)
        #expect(shards.map(\.id) == [0, 1, 2, 3])
        let zeros = String(repeating: "0", count: 31)
        #expect(shards.map(\.inclusiveBeginKey) == ["0\(zeros)", "4\(zeros)", "8\(zeros)", "c\(zeros)"])
        #expect(shards.last?.exclusiveEndKey == String(repeating: "f", count: 32))
        #expect(shards.allSatisfy { $0.status == .readwrite && $0.createTime == 1_709_618_828 })
    }

    @Test func `a split answers the parent first, then its children`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        let key = "4" + String(repeating: "0", count: 31)
        let family = try server.send("POST", "/logstores/app/shards/0?action=split&key=\(key)")
            .decoded([ShardDescription].self)
        #expect(family.map(\.id) == [0, 1, 2])
        #expect(family.map(\.status) == [.readonly, .readwrite, .readwrite])
        #expect(family[1].exclusiveEndKey == key)
        #expect(family[2].inclusiveBeginKey == key)
        #expect(try shards(server) == family)
        let logstore = try server.send("GET", "/logstores/app").decoded(LogstoreDescription.self)
        #expect(logstore.shardCount == 2)
    }

    @Test func `without a key a split is by number, else in the middle`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        let three = try server.send("POST", "/logstores/app/shards/0?action=split&key=&shardCount=3")
            .decoded([ShardDescription].self)
        #expect(three.map(\.id) == [0, 1, 2, 3])
        let two = try server.send("POST", "/logstores/app/shards/3?action=split").decoded([ShardDescription].self)
        #expect(two.map(\.id) == [3, 4, 5])
    }

    @Test(arguments: [
        "0?action=split&key=00000000000000000000000000000000", "0?action=split&key=xyz", "9?action=split",
        "x?action=split", "0?action=split&shardCount=1", "0?action=split&shardCount=257", "-1?action=merge",
    ])
    func `a split that cannot be is refused`(call: String) throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        let answer = server.send("POST", "/logstores/app/shards/\(call)")
        #expect(answer.status == 400)
        #expect(answer.errorCode == "ParameterInvalid")
        #expect(try shards(server).count == 1)
    }

    @Test func `a merge answers the new shard first, then its parents`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 2)
        let family = try server.send("POST", "/logstores/app/shards/0?action=merge").decoded([ShardDescription].self)
        #expect(family.map(\.id) == [2, 0, 1])
        #expect(family.map(\.status) == [.readwrite, .readonly, .readonly])
        let last = server.send("POST", "/logstores/app/shards/2?action=merge")
        #expect(last.errorCode == "ParameterInvalid")
        #expect(last.text.contains("can not merge the last shard"))
    }

    @Test func `a readonly shard is read to its end and written no more`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        let group = LogGroup.make(marker: "before")
        #expect(server.turn([server.put(group)])[0].status == 200)
        server.send("POST", "/logstores/app/shards/0?action=split")
        for _ in 0..<4 { #expect(server.turn([server.put()])[0].status == 200) }
        #expect(try server.groups(shard: 0) == [group.serialized])
        #expect(try server.groups(shard: 1).count + server.groups(shard: 2).count == 4)
        let end = server.cursor("end")
        #expect(server.pull(from: end).headers["x-log-cursor"] == end)
    }
}
