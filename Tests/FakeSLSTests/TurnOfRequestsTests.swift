import EventHTTP
import Foundation
import SLSProtocol
import SQLite
import TestKit
import Testing

@testable import FakeSLS

/// What becomes of the requests that share one turn's transaction.
struct TurnOfRequestsTests {
    private func server(_ configure: (inout EmulatorConfiguration) -> Void = { _ in }) throws -> InProcessEmulator {
        let server = try InProcessEmulator(configure)
        server.makeLogstore(shards: 1)
        server.makeGroup()
        return server
    }

    @Test func `requests of one turn see what those before them did`() throws {
        let server = try server()
        let answers = server.turn([
            server.put(.make(marker: "one")), server.put(.make(marker: "two")),
            server.request("GET", "/logstores/app/shards/0?type=cursor&from=end"),
            server.request("DELETE", "/logstores/app"), server.put(),
        ])
        #expect(answers.map(\.status) == [200, 200, 200, 200, 404])
        #expect(server.send("GET", "/logstores/app").status == 404)
    }

    @Test func `a refused request undoes only itself`() throws {
        let server = try server()
        let group = LogGroup.make(marker: "kept")
        let answers = server.turn([
            server.put(group), server.put(raw: [0xFF]), server.request("POST", "/logstores", body: Array("{".utf8)),
            server.put(group), server.put(logstore: "none"),
        ])
        #expect(answers.map(\.status) == [200, 400, 400, 200, 404])
        #expect(try server.groups() == [group.serialized, group.serialized])
    }

    /// A store with so little room left that a group of this size does not fit.
    private func fullServer() throws -> InProcessEmulator {
        let server = try server { $0.storePageLimit = 60 }
        for _ in 0..<3 {
            // 100 KB each; all of it is below 60 pages of 16 KiB.
            #expect(server.turn([server.put(raw: LogGroup.bytes(count: 100_000))])[0].status == 200)
        }
        return server
    }

    @Test func `a full disk refuses the write and keeps what was there`() throws {
        let server = try fullServer()
        let before = server.cursor("end")
        let answer = server.turn([server.put(raw: LogGroup.bytes(count: 5_000_000))])[0]
        #expect(answer.status == 500)
        #expect(answer.errorCode == "InternalServerError")
        #expect(server.cursor("end") == before)
        #expect(try server.groups().count == 3)
        // The next group takes the number that was not used.
        #expect(server.turn([server.put()])[0].status == 200)
        #expect(Cursor(encoded: server.cursor("end")) == Cursor(encoded: before)?.advanced(by: 1))
    }

    @Test func `a turn in which the disk runs full is 500 for all of it, refusals and reads included`() throws {
        let server = try fullServer()
        let key = String(repeating: "0", count: 32)
        let write = "/shards/route?key=\(key)&seqid="
        #expect(server.turn([server.put(.make(marker: "kept"), path: write + "5")])[0].status == 200)
        let (begin, end) = (server.cursor("begin"), server.cursor("end"))
        let checkpoint = "/logstores/app/consumergroups/cg?type=checkpoint&forceSuccess=true"
        let answers = server.turn([
            server.put(.make(marker: "lost"), path: write + "7"),
            // Rests on the write before it, which will be gone: a refusal now would be a loss at the sender.
            server.put(.make(marker: "lost"), path: write + "7"),
            server.request("GET", "/logstores/app/shards/0?type=log&cursor=\(begin)&count=100"),
            server.request("GET", "/logstores/app/shards/0?type=cursor&from=end"),
            server.request("POST", checkpoint, body: Array(#"{"shard":0,"checkpoint":"\#(end)"}"#.utf8)),
            server.request("GET", "/logstores/app/consumergroups/cg"),
            server.put(raw: LogGroup.bytes(count: 5_000_000)),
            server.put(.make(marker: "lost"), path: write + "8"),
        ])
        #expect(answers.map(\.status) == Array(repeating: 500, count: 8))
        #expect(answers.allSatisfy { $0.errorCode == "InternalServerError" })
        #expect(server.cursor("end") == end)
        let saved = try server.send("GET", "/logstores/app/consumergroups/cg").decoded([CheckpointDescription].self)
        #expect(saved.map(\.checkpoint) == [""])
        // The id that came with the lost write is not remembered, and the one before it still is.
        #expect(server.turn([server.put(path: write + "5")])[0].errorCode == "InvalidSequenceId")
        #expect(server.turn([server.put(path: write + "6")])[0].status == 200)
        #expect(Cursor(encoded: server.cursor("end")) == Cursor(encoded: end)?.advanced(by: 1))
    }

    @Test func `a turn that is lost takes back what it did to the clock and to the faults`() throws {
        let server = try server {
            $0.storePageLimit = 60
            $0.servesControl = true
        }
        let fault = Array(#"{"call":"HeadLogs","fault":"refuse","status":500,"code":"InternalServerError"}"#.utf8)
        for _ in 0..<2 { #expect(server.turn([server.request("POST", "/_fake/faults", body: fault)])[0].status == 200) }
        let pages = ["/_fake/faults", "/_fake/clock"]
        #expect(server.send("POST", "/_fake/clock", json: #"{"advanceSeconds":5}"#).status == 200)
        let before = pages.map { server.send("GET", $0).text }
        let answers = server.turn([
            server.request("DELETE", "/_fake/faults/1"), server.request("POST", "/_fake/faults", body: fault),
            server.request("POST", "/_fake/clock", body: Array(#"{"advanceSeconds":1000}"#.utf8)),
            server.request("POST", "/_fake/clock", body: Array(#"{"jumpWallSeconds":-7}"#.utf8)),
            server.request("DELETE", "/_fake/faults"), server.request("POST", "/_fake/faults", body: fault),
            server.put(raw: LogGroup.bytes(count: 5_000_000)),
        ])
        #expect(answers.map(\.status) == Array(repeating: 500, count: 7))
        #expect(pages.map { server.send("GET", $0).text } == before)
    }

    /// Lets a second connection change the tables under an emulator that works on a file.
    private func withMeddler(_ script: String, _ body: (InProcessEmulator) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fake-sls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A folder left behind harms nobody.
        let server = try server { $0.dataFolder = folder.path }
        let meddler = try Database(Database.Configuration(.file(folder.path + "/fake-sls.sqlite")))
        try meddler.execute(script)
        try body(server)
    }

    /// A group that the scripts below look for by its size.
    private static let cursed = LogGroup.bytes(count: 666)

    @Test func `where SQLite ends the transaction, the whole turn is 500 and memory is read anew`() throws {
        let script = """
            CREATE TRIGGER curse BEFORE INSERT ON log_group WHEN NEW.raw_size = 666
            BEGIN SELECT RAISE(ROLLBACK, 'the disk is gone'); END
            """
        try withMeddler(script) { server in
            try expectNothingKept(server)
        }
    }

    @Test func `where the commit fails, the whole turn is 500 and memory is read anew`() throws {
        let script = """
            CREATE TABLE debt (project REFERENCES project (key) DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER curse AFTER INSERT ON log_group WHEN NEW.raw_size = 666
            BEGIN INSERT INTO debt VALUES (-1); END
            """
        try withMeddler(script) { server in
            try expectNothingKept(server)
        }
    }

    private func expectNothingKept(_ server: InProcessEmulator) throws {
        #expect(server.heartbeat("a") == [0])
        let before = server.cursor("end")
        let answers = server.turn([
            server.put(.make(marker: "lost")), server.request("GET", "/logstores"),
            server.request(
                "POST", "/logstores/app/consumergroups/cg?type=heartbeat&consumer=b", body: Array("[]".utf8)),
            server.request("POST", "/logstores/app/shards/0?action=split"),
            server.put(raw: Self.cursed, path: "/shards/lb"), server.request("GET", "/logstores/none"),
        ])
        #expect(answers.map(\.status) == [500, 500, 500, 500, 500, 500])
        #expect(answers.allSatisfy { $0.errorCode == "InternalServerError" })
        #expect(Set(answers.map { $0.headers["x-log-requestid"] }).count == 6)
        #expect(server.cursor("end") == before)
        #expect(try server.groups().isEmpty)
        #expect(try server.send("GET", "/logstores/app/shards").decoded([ShardDescription].self).count == 1)
        // The next turn works, and takes the number that was not used.
        #expect(server.turn([server.put()])[0].status == 200)
        #expect(Cursor(encoded: server.cursor("end")) == Cursor(encoded: before)?.advanced(by: 1))
        // "a" is still a member and holds the shard; "b" never joined.
        #expect(server.heartbeat("a", [0]) == [0])
        #expect(server.heartbeat("b", [0]) == nil)
    }

    @Test func `a failing statement that leaves the transaction undoes only its own request`() throws {
        let script = """
            CREATE TRIGGER curse BEFORE INSERT ON log_group WHEN NEW.raw_size = 666
            BEGIN SELECT RAISE(ABORT, 'not this one'); END
            """
        try withMeddler(script) { server in
            let answers = server.turn([server.put(), server.put(raw: Self.cursed), server.put()])
            #expect(answers.map(\.status) == [200, 500, 200])
            let groups = try server.groups()
            #expect(groups.count == 2)
        }
    }

    @Test func `what time does is kept though every request of its turn is refused`() throws {
        let server = try server()
        #expect(server.heartbeat("a") == [0])
        server.clock.advance(by: .seconds(61))
        #expect(server.heartbeat("ghost", [0]) == nil)
        #expect(server.heartbeat("a", [0]) == nil)
        #expect(server.heartbeat("a") == [0])
    }
}
