import SLSClient
import SLSProtocol
import System
import Testing

@Suite struct ResponseTests {
    private let logstore = LogstoreName.make()
    private let group = ConsumerGroupName.make()

    private func client(_ answer: TransportResponse) throws -> SLSClient { try .make(RecordingTransport(answer)) }

    @Test func `answers in the documented shapes are understood`() async throws {
        let shards = try await client(
            .make(
                #"[{"shardID":0,"status":"readwrite","inclusiveBeginKey":"00","exclusiveEndKey":"ff","createTime":1,"#
                    + #""serverIp":"10.0.0.1"}]"#)
        ).listShards(of: logstore)
        #expect(shards.map(\.id) == [0])
        let groups = try await client(.make(#"[{"name":"g","timeout":60,"order":false}]"#)).listConsumerGroups(
            of: logstore)
        #expect(groups == [ConsumerGroupDescription(name: "g", timeout: 60, order: false)])
        let held = try await client(.make("[3, 1, 3]"))
            .heartbeat(.make(), in: group, of: logstore, holding: [])
        #expect(held == [ShardID(1), ShardID(3)])
        let checkpoints = try await client(
            .make(#"[{"shard":0,"checkpoint":"MQ==","updateTime":1524224984800922,"consumer":"c"}]"#)
        ).listCheckpoints(of: group, in: logstore)
        #expect(checkpoints.first?.updateTime == 1_524_224_984_800_922)
        let cursor = try await client(.make(#"{"cursor":"MTQ0NzMyOTQwMTEwMjEzMDkwNA=="}"#))
            .getCursor(of: ShardID(0), in: logstore, from: .end)
        #expect(cursor.number == 1_447_329_401_102_130_904)
        let time = try await client(.make(#"{"cursor_time":1554260243}"#))
            .getCursorTime(cursor, of: ShardID(0), in: logstore)
        #expect(time.seconds == 1_554_260_243)
        let list = try await client(.make(#"{"count":2,"total":5,"logstores":["a","b"]}"#)).listLogstores()
        #expect(list.total == 5 && list.logstores == ["a", "b"])
    }

    @Test(arguments: [-1, Int.min])
    func `a log group that was received before 1970 is malformed`(time: Int) async throws {
        let client = try client(.make(#"{"cursor_time":\#(time)}"#))
        let error = await failure { () async throws(ClientError) in
            _ = try await client.getCursorTime(Cursor(number: 1), of: ShardID(0), in: logstore)
        }
        guard case .malformedResponse(let reason, _, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason == "cursor_time is \(time)")
    }

    @Test func `a refusal keeps status, code, text and request id`() async throws {
        let client = try client(.refusal("LogStoreNotExist", 404, message: "logstore x does not exist"))
        let error = await failure { () async throws(ClientError) in _ = try await client.getLogstore(logstore) }
        #expect(
            error
                == .api(APIError(.logStoreNotExist, "logstore x does not exist", status: 404), requestID: "REQ1"))
    }

    @Test(
        arguments: [
            .make("", headers: []), .make("<html>hello</html>", headers: [("Content-Type", "text/html")]),
            .make("<html>502</html>", status: 502, headers: []), .make("", status: 500), .make("not json", status: 400),
            .make("[]", status: 404), .make(#"{"errorCode":"X"}"#, status: 400), .make("", status: 204),
            .make("", status: 301), .make(""), .make("["), .make(#"{"shardID":0}"#), .make("[{}]"),
            .make(#"[{"shardID":"0"}]"#), .make("\u{0}\u{1}\u{7F}"), .make("[]", headers: [("x-log-requestid", "")]),
            .make(String(repeating: "[", count: 100_000)), .make(String(repeating: "[", count: 513)),
        ] as [TransportResponse]
    ) func `an answer that is not the service's is malformed, and its beginning is told`(
        answer: TransportResponse
    ) async throws {
        let client = try client(answer)
        let error = await failure { () async throws(ClientError) in _ = try await client.listShards(of: logstore) }
        guard case .malformedResponse(_, let status, let excerpt, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(status == answer.status)
        #expect(excerpt.unicodeScalars.count <= 200)
        #expect(excerpt.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }

    @Test func `an expired request time sets the clock by the answer`() async throws {
        for header in [("x-log-time", "1709700000"), ("Date", "Wed, 06 Mar 2024 04:40:00 GMT")] {
            let transport = RecordingTransport(
                .refusal("RequestTimeExpired", 400, headers: [header]), .make("[]"))
            let now = Lock(1_709_618_828)
            let client = try SLSClient.make(transport) { Timestamp(seconds: now.withLock { $0 }) }
            let error = await failure { () async throws(ClientError) in _ = try await client.listShards(of: logstore) }
            #expect(error?.isRetriable == true)
            now.withLock { $0 += 10 }
            _ = try await client.over(transport).listShards(of: logstore)
            #expect(
                transport.requests.map { $0["Date"] } == [
                    "Tue, 05 Mar 2024 06:07:08 GMT", "Wed, 06 Mar 2024 04:40:10 GMT",
                ])
            #expect(transport.requests[0]["Authorization"] != transport.requests[1]["Authorization"])
        }
    }

    @Test(
        arguments: [nil, ("x-log-time", "soon"), ("x-log-time", "99999999999999"), ("Date", "never")]
            as [(String, String)?])
    func `an expired request time without a usable time leaves the clock alone`(header: (String, String)?) async throws
    {
        let answer = TransportResponse.refusal("RequestTimeExpired", 400, headers: header.map { [$0] } ?? [])
        let transport = RecordingTransport(answer)
        let client = try SLSClient.make(transport)
        for _ in 0..<2 {
            _ = await failure { () async throws(ClientError) in _ = try await client.listShards(of: logstore) }
        }
        #expect(transport.requests[0]["Date"] == transport.requests[1]["Date"])
    }
}
