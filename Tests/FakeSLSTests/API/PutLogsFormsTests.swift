import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// Several groups in one body, JSON bodies, tags of the server, and rules that are off by default.
struct PutLogsFormsTests {
    private func server(_ configure: (inout WriteRules) -> Void = { _ in }) throws -> InProcessEmulator {
        var rules = WriteRules()
        configure(&rules)
        let server = try InProcessEmulator { [rules] in $0.writes = rules }
        server.makeLogstore(shards: 1)
        return server
    }

    private func hex(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }

    private func batch(_ server: InProcessEmulator, _ packages: [LogPackage], path: String = "/shards/lb")
        -> HTTPResponse
    {
        // The header names a compression, as the Java SDK's batchPutLogs and loongcollector do, and means nothing.
        let headers: HTTPHeaders = [
            "x-log-mode": "batch_group", "x-log-compresstype": "zstd", "x-log-bodyrawsize": "1",
        ]
        return server.turn([server.put(raw: LogPackageList.serialized(packages), headers, path: path)])[0]
    }

    private func package(_ raw: [UInt8], _ type: CompressionType? = .lz4) throws -> LogPackage {
        guard let type else { return LogPackage(data: raw, rawByteCount: 0, compressionNumber: 0) }
        let number: UInt64 = type == .deflate ? 1 : type == .lz4 ? 2 : 3
        return LogPackage(
            data: try Compression.compress(raw, as: type), rawByteCount: raw.count, compressionNumber: number)
    }

    // The one group of the vectors that the official Python SDK made, and the list of packages around its LZ4 block.
    private static let group =
        "0a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f25"
        + "000171051a07746f7069632d6122093139322e302e322e31"
    private static let list =
        "0a450a3fff100a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f20060004f00a25000171051a07746f7069632d61"
        + "22093139322e302e322e31104f1802"

    @Test func `the golden list of packages gives its golden group`() throws {
        let server = try server()
        let packages = try LogPackageList.packages(hex(Self.list), limit: 10)
        #expect(LogPackageList.serialized(packages) == hex(Self.list))
        #expect(batch(server, packages).status == 200)
        // Without its last field, the type of compression, which then is LZ4.
        var short = hex(Self.list).dropLast(2).map(\.self)
        short[1] -= 2
        #expect(server.turn([server.put(raw: short, ["x-log-mode": "batch_group"])])[0].status == 200)
        #expect(try server.groups() == [hex(Self.group), hex(Self.group)])
    }

    @Test func `packages of every compression are written in order, one cursor each`() throws {
        let server = try server()
        let groups = (0..<4).map { LogGroup.make(marker: "g\($0)").serialized }
        let types: [CompressionType?] = [.lz4, .zstd, .deflate, nil]
        let packages = try zip(groups, types).map { try package($0, $1) }
        #expect(batch(server, packages).status == 200)
        #expect(try server.groups() == groups)
    }

    @Test func `a batch is written whole or not at all, and has one sequence id`() throws {
        let server = try server()
        let good = try package(LogGroup.make().serialized)
        let bad: [(LogPackage, String)] = [
            (LogPackage(data: [0x0B], rawByteCount: 1, compressionNumber: 0), "PostBodyInvalid"),
            (LogPackage(data: [], rawByteCount: 0, compressionNumber: 0), "PostBodyInvalid"),
            (LogPackage(data: good.data, rawByteCount: good.rawByteCount + 1), "InvalidBodyRawSize"),
            (LogPackage(data: good.data, rawByteCount: -1), "InvalidBodyRawSize"),
            (LogPackage(data: [0xFF], rawByteCount: 9), "PostBodyUncompressError"),
            (LogPackage(data: good.data, rawByteCount: 9, compressionNumber: 4), "InvalidCompressType"),
        ]
        let path = "/shards/route?key=0&seqid=1"
        for (package, code) in bad { #expect(batch(server, [good, good, package], path: path).errorCode == code) }
        #expect(try server.groups().isEmpty)
        #expect(batch(server, [good, good], path: path).status == 200)
        #expect(batch(server, [good, good], path: path).errorCode == "InvalidSequenceId")
        #expect(try server.groups().count == 2)
    }

    @Test(arguments: [[], [0x0A, 0x00], [0x0A, 0x02, 0x10, 0x01], [0x0B], [0xFF]] as [[UInt8]])
    func `what is no list of packages is refused`(body: [UInt8]) throws {
        let server = try server()
        let answer = server.turn([server.put(raw: body, ["x-log-mode": "batch_group"])])[0]
        #expect(answer.errorCode == "PostBodyInvalid")
    }

    @Test func `the sum of a batch's sizes is limited, and the number of its groups`() throws {
        let half = RequestLimits.bodyByteCount / 2
        let first = try package(LogGroup.bytes(count: half))
        for (excess, status) in [(-1, 200), (0, 200), (1, 413)] {
            let server = try server()
            let answer = batch(server, [first, try package(LogGroup.bytes(count: half + excess))])
            #expect(answer.status == status)
        }
        let small = try package([0x1A, 0x00], nil)
        for (count, status) in [(4_095, 200), (4_096, 200), (4_097, 413)] {
            let server = try server()
            #expect(batch(server, Array(repeating: small, count: count)).status == status)
        }
    }

    @Test func `a JSON body of the Java serializer becomes a group, its contents in order`() throws {
        let server = try server()
        let json = """
            {"__topic__":"t","__source__":"192.0.2.9","__tags__":{"b":"1","a":"2"},"__logs__":[
            {"__time__":1709618828,"__time_ns_part__":5,"z":"1","a":"\\u4e2d\\n","n":3},{"__time__":1709618829,"k":""}]}
            """
        let answer = server.send("POST", "/logstores/app/shards/lb", json: json)
        #expect(answer.status == 200, "\(answer.text)")
        let expected = LogGroup(
            logs: [
                LogGroup.Log(
                    time: 1_709_618_828, nanoseconds: 5,
                    contents: [LogGroup.Pair("z", "1"), LogGroup.Pair("a", "中\n"), LogGroup.Pair("n", "3")]),
                LogGroup.Log(time: 1_709_618_829, contents: [LogGroup.Pair("k", "")]),
            ], topic: "t", source: "192.0.2.9", tags: [LogGroup.Pair("b", "1"), LogGroup.Pair("a", "2")])
        #expect(try server.groups() == [expected.serialized])
    }

    @Test(arguments: [
        "{}", "[]", "{\"__logs__\":{}}", "{\"__logs__\":[1]}", "{\"__logs__\":[{\"k\":[]}]}", "{\"__logs__\":[]",
        "{\"__logs__\":[{\"__time__\":\"x\"}]}", "{\"__logs__\":[{\"__time_ns_part__\":1000000000}]}",
        "{\"__logs__\":[],\"__tags__\":[]}", "{\"__logs__\":[],\"__topic__\":{}}", "{\"__logs__\":[{\"k\":01}]}",
        "{\"__logs__\":[{\"k\":\"\\ud800\"}]}", "",
    ])
    func `JSON that is no group is refused`(json: String) throws {
        let server = try server()
        #expect(server.send("POST", "/logstores/app/shards/lb", json: json).errorCode == "PostBodyInvalid")
    }

    @Test func `JSON nested to the limit is read, one deeper is not`() {
        for (depth, isRead) in [(31, true), (32, true), (33, false)] {
            let text = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
            #expect((OrderedJSON(Array(text.utf8)) != nil) == isRead)
        }
    }

    @Test(arguments: [CompressionType?.none, .lz4, .zstd])
    func `with appendMeta two tags stand behind what came`(type: CompressionType?) throws {
        let server = try server()
        let update = #"{"logstoreName":"app","ttl":30,"shardCount":1,"appendMeta":true}"#
        #expect(server.send("PUT", "/logstores/app", json: update).status == 200)
        let raw = LogGroup.make(tags: [LogGroup.Pair("__pack_id__", "0A1B2C3D4E5F6071-2A")]).serialized
        var headers: HTTPHeaders = [:]
        if let type {
            headers = ["x-log-compresstype": type.rawValue, "x-log-bodyrawsize": "\(raw.count)"]
        }
        let body = try type.map { try Compression.compress(raw, as: $0) } ?? raw
        var put = server.put(raw: body, headers)
        put.peerAddress = "192.0.2.7"
        #expect(server.turn([put])[0].status == 200)
        // As the golden list of the SDK has them.
        let tags = hex(
            "321a0a0d5f5f636c69656e745f69705f5f12093139322e302e322e37"
                + "321e0a105f5f726563656976655f74696d655f5f120a31373039363138383238")
        #expect(try server.groups() == [raw + tags])
    }

    @Test func `log times are looked at only where the switch is on`() throws {
        let now: UInt32 = 1_709_618_828
        let strict = try server { $0.checksLogTimes = true }
        let lenient = try server()
        for (time, isInRange) in [
            (now - 604_801, false), (now - 604_800, true), (now - 604_799, true), (now + 899, true), (now + 900, true),
            (now + 901, false),
        ] {
            let group = LogGroup.make(time: time)
            let answer = strict.turn([strict.put(group)])[0]
            #expect(answer.errorCode == (isInRange ? nil : "PostBodyInvalid"))
            if !isInRange { #expect(answer.text.contains("The post data time is out of range")) }
            #expect(lenient.turn([lenient.put(group)])[0].status == 200)
        }
    }

    @Test func `lengths inside a group are looked at only where the switch is on`() throws {
        let strict = try server { $0.checksLogContents = true }
        let lenient = try server()
        func group(key: Int = 1, value: Int = 1, topic: Int = 1, source: Int = 1) -> LogGroup {
            func text(_ count: Int) -> String { String(repeating: "x", count: count) }
            return LogGroup(
                logs: [LogGroup.Log(time: 1, contents: [LogGroup.Pair(text(key), text(value))])], topic: text(topic),
                source: text(source))
        }
        for excess in [-1, 0, 1] {
            let (name, value) = (128 + excess, 1_048_576 + excess)
            for (group, code) in [
                (group(key: name), "InvalidKey"), (group(value: value), "PostBodyInvalid"),
                (group(topic: name), "PostBodyInvalid"), (group(source: name), "PostBodyInvalid"),
            ] {
                #expect(strict.turn([strict.put(group)])[0].errorCode == (excess > 0 ? code : nil))
                #expect(lenient.turn([lenient.put(group)])[0].status == 200)
            }
        }
    }
}
