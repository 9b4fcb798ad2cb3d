import Glibc
import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

/// `fake-sls --data` on a disk that takes no more: here a limit on the size of its files, which the kernel keeps.
struct FullDiskTests {
    private static let key = HashKey(value: 0)

    /// Writes log groups of 50 KB, each under the next sequence id, until so many were refused.
    ///
    /// - Returns: The ids that were accepted, and those that were refused.
    private func write(
        _ client: SLSClient, _ logstore: LogstoreName, refusals: Int
    ) async throws -> (accepted: [Int64], refused: [Int64]) {
        var (accepted, refused): ([Int64], [Int64]) = ([], [])
        for id in Int64(1)...1_000 where refused.count < refusals {
            let value = String(repeating: "x", count: id % 2 == 0 ? 50_000 : 500)
            let body = PutLogsBody(plain: LogGroup.make(topic: "\(id)", marker: value).serialized)
            do throws(ClientError) {
                try await client.putLogs(body, to: logstore, target: .key(Self.key, sequenceID: id))
                accepted.append(id)
            } catch {
                #expect(error.code == APIError.Code.internalServerError.rawValue, "\(error)")
                refused.append(id)
            }
        }
        return (accepted, refused)
    }

    private func ids(_ client: SLSClient, _ logstore: LogstoreName) async throws -> [Int64] {
        try await client.storedLogGroups(of: logstore).compactMap { Int64(try LogGroup(serialized: $0).topic ?? "") }
    }

    @Test func `what a full disk refuses leaves no trace, and what was answered stays, over a kill as well`()
        async throws
    {
        let folder = try Files.makeTemporaryFolder(prefix: "fake-sls-full-")
        defer { try? Files.removeTree(folder) }  // A folder left behind harms nobody.
        let transport = try CurlTransport.direct()
        let full = try await RunningFakeSLS.start(["--data", folder], fileByteLimit: 2_000_000)
        try await full.create(["app": 1])
        let logstore = try LogstoreName("app")
        let before = try await write(full.client(transport), logstore, refusals: 20)
        #expect(before.accepted.count > 10 && before.refused.count == 20)
        // It goes on answering, and shows what it answered before and nothing else.
        #expect(try await ids(full.client(transport), logstore) == before.accepted)
        let end = try await full.client(transport).getCursor(of: ShardID(0), in: logstore, from: .end)
        full.process.kill(SIGKILL)
        #expect(await full.process.wait(within: Patience.step) == .signalled(SIGKILL))

        let roomy = try await RunningFakeSLS.start(["--data", folder])
        let client = try roomy.client(transport)
        #expect(try await ids(client, logstore) == before.accepted)
        #expect(try await client.getCursor(of: ShardID(0), in: logstore, from: .end) == end)
        // The ids of the writes that were refused last were not remembered.
        let first = try #require(before.refused.first { $0 > before.accepted.last ?? 0 })
        let body = PutLogsBody(plain: LogGroup.make(topic: "\(first)").serialized)
        let refusal = await #expect(throws: ClientError.self) {
            try await client.putLogs(body, to: logstore, target: .key(Self.key, sequenceID: before.accepted.last))
        }
        #expect(refusal?.code == APIError.Code.invalidSequenceID.rawValue)
        try await client.putLogs(body, to: logstore, target: .key(Self.key, sequenceID: first))
        #expect(try await ids(client, logstore) == before.accepted + [first])
        #expect(await roomy.stop() == .exited(0))
        await transport.shutdown()
    }

    @Test func `on a full disk reading goes on while data expires, and that makes room again`() async throws {
        let folder = try Files.makeTemporaryFolder(prefix: "fake-sls-full-")
        defer { try? Files.removeTree(folder) }  // A folder left behind harms nobody.
        let transport = try CurlTransport.direct()
        let server = try await RunningFakeSLS.start(["--data", folder, "--control", "on"], fileByteLimit: 2_000_000)
        try await server.create(["app": 1])
        let client = try server.client(transport)
        let logstore = try LogstoreName("app")
        let before = try await write(client, logstore, refusals: 20)
        #expect(before.accepted.count > 10 && before.refused.count == 20)
        try await server.advanceClock(bySeconds: 40 * 86_400)
        // Second by second: each begins with an attempt to take away what has expired.
        var kept = before.accepted.count
        for _ in 0..<100 where kept > 0 {
            kept = try await ids(client, logstore).count
            try await server.advanceClock(bySeconds: 1)
        }
        #expect(kept == 0)
        let body = PutLogsBody(plain: LogGroup.make(topic: "0").serialized)
        try await client.putLogs(body, to: logstore, target: .key(Self.key, sequenceID: 10_000))
        #expect(try await ids(client, logstore) == [0])
        #expect(await server.stop() == .exited(0))
        await transport.shutdown()
    }
}
