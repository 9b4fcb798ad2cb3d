import EventHTTP
import Foundation
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// An emulator whose data is in a folder, stopped and started again.
struct RestartTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fake-sls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A folder left behind harms nobody.
        try body(folder.path)
    }

    @Test func `everything survives a restart, and consumers go on`() throws {
        try withFolder { folder in
            let clock = VirtualClock()
            let group = LogGroup.make(marker: "kept")
            let index = #"{"line":{"token":[","]}}"#
            var begin = ""
            do {
                let server = try InProcessEmulator(clock: clock) { $0.dataFolder = folder }
                server.makeLogstore(shards: 4)
                server.makeGroup(timeout: 60)
                server.send("POST", "/logstores/app/index", json: index)
                #expect(server.turn([server.put(group)])[0].status == 200)
                server.send("POST", "/logstores/app/shards/3?action=split")
                #expect(server.heartbeat("a") == [0, 1, 2, 3, 4, 5])
                #expect(server.heartbeat("b") == [])
                begin = server.cursor("begin")
                server.send(
                    "POST", "/logstores/app/consumergroups/cg?type=checkpoint&consumer=a",
                    json: #"{"shard":0,"checkpoint":"\#(begin)"}"#)
            }
            clock.advance(by: .seconds(3_600))
            let server = try InProcessEmulator(clock: clock) { $0.dataFolder = folder }
            #expect(try server.groups() == [group.serialized])
            #expect(server.cursor("begin") == begin)
            #expect(server.send("GET", "/logstores/app/index").text == index)
            let shards = try server.send("GET", "/logstores/app/shards").decoded([ShardDescription].self)
            #expect(shards.map(\.id) == [0, 1, 2, 3, 4, 5])
            #expect(shards[3].status == .readonly)
            // A fresh full timeout for both, and the same assignment: three of six are on their way to b.
            clock.advance(by: .seconds(60))
            #expect(server.heartbeat("a", [0, 1, 2, 3, 4, 5]) == [0, 1, 2])
            #expect(server.heartbeat("a", [0, 1, 2]) == [0, 1, 2])
            #expect(server.heartbeat("b") == [3, 4, 5])
            let saved = try server.send("GET", "/logstores/app/consumergroups/cg?shard=0")
                .decoded([CheckpointDescription].self)
            #expect(saved.map(\.checkpoint) == [begin])
            #expect(server.turn([server.put()])[0].status == 200)
            let split = try server.send("POST", "/logstores/app/shards/0?action=split").decoded([ShardDescription].self)
            #expect(split.map(\.id) == [0, 6, 7])
        }
    }

    @Test func `a cursor mark survives deletion and restart`() throws {
        try withFolder { folder in
            let clock = VirtualClock()
            var end: Cursor?
            do {
                let server = try InProcessEmulator(clock: clock) { $0.dataFolder = folder }
                server.makeLogstore(shards: 1)
                for _ in 0..<3 { #expect(server.turn([server.put()])[0].status == 200) }
                end = Cursor(encoded: server.cursor("end"))
                server.send("DELETE", "/")
            }
            let server = try InProcessEmulator(clock: clock) { $0.dataFolder = folder }
            server.makeLogstore(shards: 1)
            let begin = try #require(Cursor(encoded: server.cursor("begin")))
            let oldEnd = try #require(end)
            #expect(begin > oldEnd)
        }
    }

    @Test func `what is to be made at start is made once`() throws {
        try withFolder { folder in
            let logstore = InitialLogstore(name: try LogstoreName("made"), shardCount: 3)
            let project = InitialProject(name: try ProjectName("demo"), logstores: [logstore])
            for _ in 0..<2 {
                let server = try InProcessEmulator {
                    $0.dataFolder = folder
                    $0.stores = [project]
                }
                let shards = try server.send("GET", "/logstores/made/shards").decoded([ShardDescription].self)
                #expect(shards.count == 3)
            }
        }
    }

    @Test func `a folder that is not there, and data of another version, are refused`() throws {
        #expect(throws: EmulatorError.self) {
            _ = try InProcessEmulator { $0.dataFolder = "/no/such/folder" }
        }
    }
}
