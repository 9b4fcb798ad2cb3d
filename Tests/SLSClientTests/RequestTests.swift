import SLSProtocol
import Testing

@testable import SLSClient

extension LogstoreName {
    static func make() -> LogstoreName { fixed { () throws(APIError) in try LogstoreName("demo-logstore") } }
}
extension ConsumerGroupName {
    static func make(_ name: String = "cg-1") -> ConsumerGroupName {
        fixed { () throws(APIError) in try ConsumerGroupName(name) }
    }
}
extension ConsumerName {
    static func make(_ name: String = "consumer 1/中") -> ConsumerName {
        fixed { () throws(APIError) in try ConsumerName(name) }
    }
}

private func fixed<Value>(_ make: () throws(APIError) -> Value) -> Value {
    do throws(APIError) { return try make() } catch { preconditionFailure("\(error)") }
}

/// What each call sends, against the tables of protocol.md 5 and 6.
@Suite struct RequestTests {
    private let logstore = LogstoreName.make()
    private let group = ConsumerGroupName.make()

    /// Makes a call against an empty answer and returns what was sent; that the answer does not fit is not the matter.
    private func sent(
        endpoint: String = "cn-hangzhou.log.aliyuncs.com", token: String? = nil,
        _ call: (SLSClient) async throws -> Void
    ) async throws -> TransportRequest {
        let transport = RecordingTransport(.make())
        try? await call(SLSClient.make(transport, endpoint: endpoint, token: token))
        #expect(transport.requests.count == 1)
        return try #require(transport.requests.first)
    }

    private func expect(
        _ request: TransportRequest, _ line: String, body: String? = nil, rawSize: String? = "0",
        type: String? = "application/json", sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let base = "http://demo-project.cn-hangzhou.log.aliyuncs.com"
        #expect(
            "\(request.method) \(request.url)" == line.replacing(" /", with: " \(base)/"),
            sourceLocation: sourceLocation)
        #expect(request.body.map { String(decoding: $0, as: UTF8.self) } == body, sourceLocation: sourceLocation)
        #expect(request["x-log-bodyrawsize"] == rawSize, sourceLocation: sourceLocation)
        #expect(request["Content-Type"] == type, sourceLocation: sourceLocation)
        let md5 = body.flatMap { $0.isEmpty ? nil : Digest.md5Hex(Array($0.utf8)) }
        #expect(request["Content-MD5"] == md5, sourceLocation: sourceLocation)
        #expect(request["x-log-apiversion"] == "0.6.0", sourceLocation: sourceLocation)
        #expect(request["x-log-signaturemethod"] == "hmac-sha1", sourceLocation: sourceLocation)
        #expect(request["Date"] == "Tue, 05 Mar 2024 06:07:08 GMT", sourceLocation: sourceLocation)
        #expect(request["User-Agent"] == "swift-sls/\(SLSClient.version)", sourceLocation: sourceLocation)
        #expect(request["x-acs-security-token"] == nil, sourceLocation: sourceLocation)
    }

    @Test func projects() async throws {
        let body = #"{"description":"d","projectName":"demo-project"}"#
        expect(
            try await sent { try await $0.createProject(description: "d") }, "POST /", body: body,
            rawSize: "\(body.utf8.count)")
        expect(try await sent { _ = try await $0.getProject() }, "GET /")
        expect(try await sent { try await $0.deleteProject() }, "DELETE /")
        let list = try await sent { _ = try await $0.listProjects(offset: 2, size: 3) }
        #expect(list.url == "http://cn-hangzhou.log.aliyuncs.com/?offset=2&size=3")
    }

    @Test func logstores() async throws {
        let description = LogstoreDescription(logstoreName: "demo-logstore", ttl: 3, shardCount: 2)
        let body = #"{"logstoreName":"demo-logstore","shardCount":2,"ttl":3}"#
        expect(
            try await sent { try await $0.createLogstore(description) }, "POST /logstores", body: body,
            rawSize: "\(body.utf8.count)")
        expect(
            try await sent { try await $0.updateLogstore(logstore, to: description) }, "PUT /logstores/demo-logstore",
            body: body, rawSize: "\(body.utf8.count)")
        expect(try await sent { _ = try await $0.getLogstore(logstore) }, "GET /logstores/demo-logstore")
        expect(try await sent { try await $0.deleteLogstore(logstore) }, "DELETE /logstores/demo-logstore")
        expect(try await sent { _ = try await $0.listLogstores() }, "GET /logstores?offset=0&size=100")
        expect(
            try await sent { _ = try await $0.listLogstores(named: "a b", offset: 1, size: 500) },
            "GET /logstores?offset=1&size=500&logstoreName=a%20b")
        expect(
            try await sent { try await $0.createIndex("{}", of: logstore) }, "POST /logstores/demo-logstore/index",
            body: "{}", rawSize: "2")
        expect(try await sent { _ = try await $0.getIndex(of: logstore) }, "GET /logstores/demo-logstore/index")
    }

    @Test func shards() async throws {
        expect(try await sent { _ = try await $0.listShards(of: logstore) }, "GET /logstores/demo-logstore/shards")
        let middle = try #require(HashKey(hex: "8"))
        expect(
            try await sent { _ = try await $0.splitShard(ShardID(3), of: logstore, at: middle) },
            "POST /logstores/demo-logstore/shards/3?action=split&key=80000000000000000000000000000000", body: "")
        expect(
            try await sent { _ = try await $0.mergeShards(ShardID(3), of: logstore) },
            "POST /logstores/demo-logstore/shards/3?action=merge", body: "")
    }

    @Test func cursors() async throws {
        let path = "GET /logstores/demo-logstore/shards/7?type=cursor"
        for (position, text) in [
            (CursorPosition.begin, "begin"), (.end, "end"),
            (.received(Timestamp(seconds: 1_545_782_400)), "1545782400"),
        ] {
            expect(
                try await sent { _ = try await $0.getCursor(of: ShardID(7), in: logstore, from: position) },
                "\(path)&from=\(text)")
        }
        expect(
            try await sent {
                _ = try await $0.getCursorTime(Cursor(number: 1_447_329_401_102_130_904), of: ShardID(7), in: logstore)
            }, "\(path)_time&cursor=MTQ0NzMyOTQwMTEwMjEzMDkwNA%3D%3D")
    }

    @Test func pulls() async throws {
        let request = try await sent {
            _ = try await $0.pullLogs(
                from: Cursor(number: 1), of: ShardID(0), in: logstore, count: 10, end: Cursor(number: 2))
        }
        expect(
            request, "GET /logstores/demo-logstore/shards/0?type=log&cursor=MQ%3D%3D&count=10&end_cursor=Mg%3D%3D",
            type: nil)
        #expect(request["Accept-Encoding"] == "lz4")
        #expect(request["Accept"] == "application/x-protobuf")
        #expect(request["x-log-compresstype"] == nil)
    }

    @Test func writes() async throws {
        let key = try #require(HashKey(hex: "FF"))
        let plain = try await sent { try await $0.putLogs(PutLogsBody(plain: Array("abc".utf8)), to: logstore) }
        expect(
            plain, "POST /logstores/demo-logstore/shards/lb", body: "abc", rawSize: "3", type: "application/x-protobuf")
        #expect(plain["x-log-compresstype"] == nil)
        let packed = try await sent {
            try await $0.putLogs(
                PutLogsBody(compressed: Array("xy".utf8), as: .zstd, rawByteCount: 99), to: logstore,
                target: .key(key, sequenceID: 12))
        }
        expect(
            packed, "POST /logstores/demo-logstore/shards/route?key=ff000000000000000000000000000000&seqid=12",
            body: "xy",
            rawSize: "99", type: "application/x-protobuf")
        #expect(packed["x-log-compresstype"] == "zstd")
    }

    @Test func `consumer groups`() async throws {
        let body = #"{"consumerGroup":"cg-1","order":false,"timeout":60}"#
        expect(
            try await sent { try await $0.createConsumerGroup(group, of: logstore, timeoutSeconds: 60) },
            "POST /logstores/demo-logstore/consumergroups", body: body, rawSize: "\(body.utf8.count)")
        expect(
            try await sent { _ = try await $0.listConsumerGroups(of: logstore) },
            "GET /logstores/demo-logstore/consumergroups")
        expect(
            try await sent { try await $0.updateConsumerGroup(group, of: logstore, timeoutSeconds: 20) },
            "PUT /logstores/demo-logstore/consumergroups/cg-1", body: #"{"timeout":20}"#, rawSize: "14")
        expect(
            try await sent { try await $0.deleteConsumerGroup(.make("g h"), of: logstore) },
            "DELETE /logstores/demo-logstore/consumergroups/g%20h")
    }

    @Test func `heartbeats and checkpoints`() async throws {
        let path = "/logstores/demo-logstore/consumergroups/cg-1"
        let consumer = "consumer=consumer%201%2F%E4%B8%AD"
        expect(
            try await sent {
                _ = try await $0.heartbeat(.make(), in: group, of: logstore, holding: [ShardID(0), ShardID(1)])
            }, "POST \(path)?type=heartbeat&\(consumer)", body: "[0,1]", rawSize: nil)
        for (author, query) in [
            (CheckpointAuthor.holder(.make()), "&\(consumer)&forceSuccess=false"),
            (.forced(by: .make()), "&\(consumer)&forceSuccess=true"), (.forced(), "&forceSuccess=true"),
        ] {
            expect(
                try await sent {
                    try await $0.saveCheckpoint(
                        Cursor(number: 1), of: ShardID(2), in: group, of: logstore, as: author)
                }, "POST \(path)?type=checkpoint\(query)", body: #"{"checkpoint":"MQ==","shard":2}"#, rawSize: nil)
        }
        expect(try await sent { _ = try await $0.listCheckpoints(of: group, in: logstore) }, "GET \(path)")
        expect(
            try await sent { _ = try await $0.listCheckpoints(of: group, in: logstore, shard: ShardID(4)) },
            "GET \(path)?shard=4")
    }

    @Test func `an address is connected to without look-up`() async throws {
        let request = try await sent(endpoint: "https://127.0.0.1:10443") { _ = try await $0.getProject() }
        #expect(request.url == "https://demo-project.127.0.0.1:10443/")
        #expect(request.connectTo == "127.0.0.1:10443")
    }

    /// Signatures made by the official Python SDK 0.9.52: protocol.md 2.6.
    @Test func `signatures are those of the official SDK`() async throws {
        let cursor = try await sent { _ = try await $0.getCursor(of: ShardID(0), in: logstore, from: .begin) }
        #expect(cursor["Authorization"] == "LOG testAccessKeyId:2W9gKQsDSvxBUP++0TH+YgSMU+E=")

        let packed = bytes(
            "ff100a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f20060004f00a25000171051a07746f7069632d6122093139322e302e322e31"
        )
        let key = try #require(HashKey(hex: "14D2F850AD6EA48E46E4547EDBBB27E0"))
        let routed = try await sent {
            try await $0.putLogs(
                PutLogsBody(compressed: packed, as: .lz4, rawByteCount: 79), to: logstore, target: .key(key))
        }
        #expect(routed["Content-MD5"] == "D65CEFCFAA9605C4FF40E8DE218A72F2")
        #expect(routed["Authorization"] == "LOG testAccessKeyId:qrhkW/Fta6iA+0qobg3s6Q+jNVc=")

        let plain = bytes(
            "0a21088ced9aaf0612060a016b120176120c0a036d7367120568656c6c6f25007066051a07746f7069632d6122093139322e302e322e31"
        )
        let balanced = try await sent { try await $0.putLogs(PutLogsBody(plain: plain), to: logstore) }
        #expect(balanced["Authorization"] == "LOG testAccessKeyId:OJAoBDiUWD46jV2JU9lS0PJH2s8=")

        let heartbeat = try await sent(token: "sts-token-1") { client in
            _ = try await client.perform(
                CallRequest(
                    call: .heartbeat, method: "POST", path: "/logstores/demo-logstore/consumergroups/cg-1",
                    query: [("type", "heartbeat"), ("consumer", "consumer 1/中")],
                    content: .bareJSON(Array("[0, 1]".utf8))))
        }
        #expect(heartbeat["x-acs-security-token"] == "sts-token-1")
        #expect(heartbeat["Authorization"] == "LOG testAccessKeyId:4DdlDa73yxEk0ynlKrQVsx1W6fI=")
    }
}
