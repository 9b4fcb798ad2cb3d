import EventHTTP
import SLSProtocol
import SQLite
import System
import TestKit
import Testing

@testable import FakeSLS

/// A turn that is stopped between "answerable" and "durable".
struct HeldCommitTests {
    /// How long anything may take before a test gives up.
    private let patience = Duration.seconds(30)

    private func withServer(
        _ body: (InProcessEmulator, _ storedGroupCount: () throws -> Int) async throws -> Void
    ) async throws {
        let folder = try Files.makeTemporaryFolder(prefix: "fake-sls-held-")
        defer { try? Files.removeTree(folder) }  // A folder left behind harms nobody.
        let server = try InProcessEmulator { $0.dataFolder = folder }
        server.makeLogstore(shards: 1)
        let outside = try Database(Database.Configuration(.file(folder + "/fake-sls.sqlite")))
        try await body(server) { try outside.rows("SELECT 1 FROM log_group") { $0.int(0) }.count }
    }

    @Test func `while a commit is held nothing of the turn is durable or answered`() async throws {
        try await withServer { server, storedGroupCount in
            let held = try server.emulator.control.holdNextCommit(of: .putLogs)
            let (emulator, request) = (server.emulator, server.put())
            let answered = Eventually<Int?>()
            let thread = try Thread.start(name: "loop") {
                answered.set(emulator.respond(to: [request])[0].response?.status)
            }
            #expect(await held.reached(within: patience))
            #expect(try storedGroupCount() == 0)
            #expect(answered.current == nil)
            held.release()
            #expect(await answered.value(within: patience) == 200)
            #expect(try storedGroupCount() == 1)
            #expect(await thread.join(within: patience))
        }
    }

    @Test func `a commit is held for its own call alone, and once`() async throws {
        try await withServer { server, storedGroupCount in
            let held = try server.emulator.control.holdNextCommit(of: .splitShard)
            #expect(server.turn([server.put()])[0].status == 200)
            #expect(await held.reached(within: .milliseconds(1)) == false)
            held.release()
            #expect(server.send("POST", "/logstores/app/shards/0?action=split").status == 200)
            #expect(await held.reached(within: patience))
            #expect(server.send("POST", "/logstores/app/shards/1?action=split").status == 200)
            #expect(try storedGroupCount() == 1)
        }
    }

    @Test func `a commit that nobody lets go on goes on by itself`() async throws {
        try await withServer { server, storedGroupCount in
            let rule = FaultRule(.holdCommit(.milliseconds(20)), on: .putLogs)
            try server.emulator.control.inject(rule)
            let start = MonotonicClock.nanoseconds()
            #expect(server.turn([server.put()])[0].status == 200)
            #expect(MonotonicClock.nanoseconds() - start >= 20_000_000)
            #expect(try storedGroupCount() == 1)
        }
    }
}
