import SLSClient
import SLSProtocol
import Testing

@Suite struct PullTests {
    /// The list of protocol.md 3, compressed by the official Python SDK's LZ4: 178 bytes, one group.
    private static let packed = bytes(
        "ff130aaf010a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f20060004f54025000171051a07746f7069632d6122093139322e302e322e3132220a0b5f5f7061636b5f69645f5f1213304131423243334434453546363037312d3241321a0a0d5f5f636c69656e745f69705f5f124000f01237321e0a105f5f726563656976655f74696d655f5f120a31373039363138383239"
    )

    /// An answer to a pull from cursor 100; nil takes a header away.
    private static func answer(_ changes: [String: String?] = [:], body: [UInt8] = packed) -> TransportResponse {
        var headers: [String: String] = [
            "x-log-requestid": "REQ1", "x-log-cursor": Cursor(number: 101).encoded, "x-log-count": "1",
            "x-log-bodyrawsize": "178", "x-log-compresstype": "lz4", "x-log-read-last-cursor": "100",
            "x-log-end-of-cursor": "1",
        ]
        for (name, value) in changes { headers[name] = value }
        return TransportResponse(
            status: 200, headers: headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, body: body)
    }

    private func pull(_ answer: TransportResponse) async throws(ClientError) -> PulledLogs {
        var client: SLSClient
        do { client = try SLSClient.make(RecordingTransport(answer)) } catch { preconditionFailure("\(error)") }
        client.rawByteLimit = 1 << 20
        return try await client.pullLogs(from: Cursor(number: 100), of: ShardID(0), in: .make())
    }

    @Test func `a pulled list is decompressed once and left as it is`() async throws {
        let pulled = try await pull(Self.answer())
        #expect(pulled.body.count == 178)
        #expect(try LogGroupScanner.groups(inList: pulled.body).count == 1)
        #expect(pulled.nextCursor == Cursor(number: 101))
        #expect(pulled.count == 1 && pulled.lastReadNumber == 100 && pulled.isAtEnd == true)
        #expect(pulled.transferredByteCount == Self.packed.count)
    }

    @Test func `an uncompressed list is taken too`() async throws {
        let raw = try Compression.decompress(Self.packed, as: .lz4, rawByteCount: 178)
        #expect(try await pull(Self.answer(["x-log-compresstype": nil], body: raw)).body == raw)
    }

    @Test(arguments: [[], [0]] as [[UInt8]]) func `an empty answer stays where it is`(body: [UInt8]) async throws {
        for cursor in ["", Cursor(number: 100).encoded] {
            let pulled = try await pull(
                Self.answer(
                    [
                        "x-log-cursor": cursor, "x-log-count": "0", "x-log-bodyrawsize": "0",
                        "x-log-read-last-cursor": nil, "x-log-end-of-cursor": nil,
                    ], body: body))
            #expect(
                pulled
                    == PulledLogs(body: [], nextCursor: Cursor(number: 100), count: 0, transferredByteCount: body.count)
            )
        }
    }

    @Test func `a filtered answer moves on without groups`() async throws {
        let changes = ["x-log-cursor": Cursor(number: 900).encoded, "x-log-count": "0", "x-log-bodyrawsize": "0"]
        #expect(try await pull(Self.answer(changes, body: [0])).nextCursor == Cursor(number: 900))
    }

    @Test(
        arguments: [
            ["x-log-requestid": nil], ["x-log-cursor": nil], ["x-log-cursor": ""], ["x-log-cursor": "!"],
            ["x-log-cursor": Cursor(number: 100).encoded], ["x-log-cursor": Cursor(number: 5).encoded],
            ["x-log-count": nil], ["x-log-count": "-1"], ["x-log-count": "one"], ["x-log-count": "0"],
            ["x-log-count": "2"], ["x-log-count": "99999999999999999999"], ["x-log-bodyrawsize": nil],
            ["x-log-bodyrawsize": "0"], ["x-log-bodyrawsize": "177"], ["x-log-bodyrawsize": "179"],
            ["x-log-bodyrawsize": "-178"], ["x-log-bodyrawsize": "1048577"],
            ["x-log-bodyrawsize": "9223372036854775807"], ["x-log-bodyrawsize": "1000000"],
            ["x-log-compresstype": nil], ["x-log-compresstype": "snappy"], ["x-log-compresstype": "zstd"],
            ["x-log-read-last-cursor": "x"],
            // More than 178 bytes can hold, however far the cursor leads.
            ["x-log-count": "90", "x-log-cursor": Cursor(number: 1_000).encoded],
            ["x-log-count": "4611686018427387904", "x-log-cursor": Cursor(number: .max).encoded],
        ] as [[String: String?]]
    ) func `an answer whose headers do not agree is malformed`(changes: [String: String?]) async {
        let error = await failure { () async throws(ClientError) in _ = try await pull(Self.answer(changes)) }
        guard case .malformedResponse(_, _, "", _) = error else {
            Issue.record("\(changes): \(String(describing: error))")
            return
        }
    }

    @Test func `a body cut off or changed anywhere never crashes`() async {
        for index in Self.packed.indices {
            var changed = Self.packed
            changed[index] ^= 0x5A
            for body in [changed, Array(Self.packed[..<index])] {
                // Some changes hit literals and still decompress; what matters is that each call returns.
                _ = await failure { () async throws(ClientError) in _ = try await pull(Self.answer(body: body)) }
            }
        }
    }
}
