import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct PutLogsTests {
    private static let group = LogGroup.make(
        topic: "topic-a", logs: 3, tags: [LogGroup.Pair("__pack_id__", "0A1B2C3D4E5F6071-2A")], nanoseconds: 91_291_904)

    private func server(shards: Int = 1) throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: shards)
        return server
    }

    @Test(arguments: ["/shards/lb", "", "/shards/route?key=14d2f850ad6ea48e46e4547edbbb27e0"])
    func `each spelling of the call writes a group`(path: String) throws {
        let server = try server()
        let answer = server.turn([server.put(Self.group, path: path)])[0]
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(try server.groups() == [Self.group.serialized])
    }

    @Test(arguments: CompressionType.allCases)
    func `each compression is undone`(type: CompressionType) throws {
        let server = try server()
        let raw = Self.group.serialized
        let headers: HTTPHeaders = ["x-log-compresstype": type.rawValue, "x-log-bodyrawsize": "\(raw.count)"]
        let answer = server.turn([server.put(raw: try Compression.compress(raw, as: type), headers)])[0]
        #expect(answer.status == 200)
        #expect(try server.groups() == [raw])
    }

    @Test func `unknown fields and bytes that are not text come back byte for byte`() throws {
        let server = try server()
        var raw = Self.group.serialized
        // Field 15 as a varint, field 16 as bytes that are no UTF-8, and a second topic.
        raw += [0x78, 0x2A] + [0x82, 0x01, 0x03, 0xFF, 0xFE, 0x00] + [0x1A, 0x01, 0x7A]
        // A log whose value is no UTF-8.
        raw += [0x0A, 0x0B, 0x08, 0x01, 0x12, 0x07, 0x0A, 0x01, 0x6B, 0x12, 0x02, 0xC3, 0x28]
        let block = try Compression.compress(raw, as: .lz4)
        let compressed: HTTPHeaders = ["x-log-compresstype": "lz4", "x-log-bodyrawsize": "\(raw.count)"]
        let answers = server.turn([server.put(raw: raw), server.put(raw: block, compressed)])
        #expect(answers.map(\.status) == [200, 200])
        #expect(try server.groups() == [raw, raw])
    }

    @Test func `a group without topic, and one without logs, are accepted`() throws {
        let server = try server()
        let empty = LogGroup(logs: [], topic: "t").serialized
        let answers = server.turn([server.put(.make(topic: nil)), server.put(raw: empty)])
        #expect(answers.map(\.status) == [200, 200])
    }

    @Test func `a key decides the shard, also in capitals and cut short`() throws {
        let server = try server(shards: 4)
        for (key, shard) in [("0", 0), ("4", 1), ("8FFF", 2), (String(repeating: "f", count: 32), 3)] {
            let group = LogGroup.make(marker: key)
            #expect(server.turn([server.put(group, path: "/shards/route?key=\(key)")])[0].status == 200)
            #expect(try server.groups(shard: shard) == [group.serialized])
        }
    }

    @Test(arguments: [
        ("/shards/route", "MissingParameter"), ("/shards/route?key=xyz", "ParameterInvalid"),
        ("/shards/route?key=", "ParameterInvalid"),
        ("/shards/lb?processor=p", "NotSupported"), ("/shards/route?key=0&seqid=0", "ParameterInvalid"),
        ("/shards/route?key=0&seqid=-1", "ParameterInvalid"), ("/shards/route?key=0&seqid=x", "ParameterInvalid"),
        ("/shards/route?key=0&seqid=9223372036854775808", "ParameterInvalid"),
        ("/shards/lb?seqid=1", "MissingParameter"),
    ])
    func `a parameter that is wrong, or not yet understood, is refused`(path: String, code: String) throws {
        let server = try server()
        let answer = server.turn([server.put(path: path)])[0]
        #expect(answer.status == 400)
        #expect(answer.errorCode == code)
        #expect(try server.groups().isEmpty)
    }

    @Test func `a mode that is not known is refused by name`() throws {
        let server = try server()
        let answer = server.turn([server.put(raw: Self.group.serialized, ["x-log-mode": "other"])])[0]
        #expect(answer.errorCode == "NotSupported")
        #expect(answer.text.contains("mode other"))
    }

    @Test func `writes without a key take the shards in turn`() throws {
        let server = try server(shards: 3)
        for _ in 0..<6 { #expect(server.turn([server.put()])[0].status == 200) }
        for shard in 0..<3 { #expect(try server.groups(shard: shard).count == 2) }
    }

    @Test func `a body of 10 MB is taken, one byte more is not`() throws {
        let server = try server()
        let limit = RequestLimits.bodyByteCount
        for (count, status) in [(limit - 1, 200), (limit, 200), (limit + 1, 413), (11 << 20, 413)] {
            let raw = LogGroup.bytes(count: count)
            let plain = server.turn([server.put(raw: raw)])[0]
            #expect(plain.status == status, "\(count) plain")
            let headers: HTTPHeaders = ["x-log-compresstype": "lz4", "x-log-bodyrawsize": "\(count)"]
            let packed = server.turn([server.put(raw: try Compression.compress(raw, as: .lz4), headers)])[0]
            #expect(packed.status == status, "\(count) packed")
            if status == 413 {
                #expect(plain.errorCode == "PostBodyTooLarge")
                #expect(packed.text.contains("Body size \(count) must little than 10485760"))
            }
        }
        #expect(server.cursor("end") == server.cursor("begin").advanced(4))
    }

    @Test func `a project or logstore that does not exist is refused with 404`() throws {
        let server = try server()
        let answers = server.turn([
            server.put(logstore: "none"), server.put(logstore: "NO!"),
            server.request(
                "POST", "/logstores/app/shards/lb", ["Content-Type": "application/x-protobuf"],
                body: Self.group.serialized, host: "nobody.cn-hangzhou.log.aliyuncs.com"),
        ])
        #expect(answers.map(\.status) == [404, 404, 404])
        #expect(answers.map(\.errorCode) == ["LogStoreNotExist", "LogStoreNotExist", "ProjectNotExist"])
    }
}

/// Bodies that are not what their headers say: an error in the service's shape, and nothing written.
struct HostileBodyTests {
    private static let raw = LogGroup.make(logs: 5).serialized

    private func refusal(_ body: [UInt8], _ headers: HTTPHeaders = [:]) throws -> HTTPResponse {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        let answer = server.turn([server.put(raw: body, headers)])[0]
        #expect(answer.headers["x-log-requestid"]?.utf8.count == 24)
        #expect(try server.groups().isEmpty)
        return answer
    }

    @Test func `every way to cut a group off inside a field is refused or a shorter group`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        var accepted: [[UInt8]] = []
        for count in 0..<Self.raw.count {
            let cut = Array(Self.raw.prefix(count))
            let answer = server.turn([server.put(raw: cut)])[0]
            if answer.status == 200 { accepted.append(cut) } else { #expect(answer.errorCode == "PostBodyInvalid") }
        }
        // What ends between two fields is a whole message.
        #expect(accepted.count == 6)
        #expect(try server.groups() == accepted)
    }

    @Test(
        arguments: [
            [0x0A, 0x02, 0x12, 0x00],  // a log without a time
            [0x0A, 0x09, 0x08, 0x01, 0x12, 0x05, 0x12, 0x03, 0x61, 0x62, 0x63],  // contents without a key
            [0x32, 0x03, 0x0A, 0x01, 0x61],  // a tag without a value
            [0x0B], [0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            Array("{\"__logs__\":[]}".utf8), [0],
        ] as [[UInt8]])
    func `what is no log group is refused`(body: [UInt8]) throws {
        let answer = try refusal(body)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "PostBodyInvalid")
    }

    @Test(arguments: CompressionType.allCases)
    func `a block that is not what its header says is refused`(type: CompressionType) throws {
        let headers: HTTPHeaders = ["x-log-compresstype": type.rawValue, "x-log-bodyrawsize": "\(Self.raw.count)"]
        let garbage = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        #expect(try refusal(garbage, headers).errorCode == "PostBodyUncompressError")
        let block = try Compression.compress(Self.raw, as: type)
        #expect(try refusal(Array(block.dropLast(3)), headers).status == 400)
    }

    @Test func `a raw size that is not the block's is refused`() throws {
        let block = try Compression.compress(Self.raw, as: .lz4)
        func code(_ size: String?) throws -> String? {
            var headers: HTTPHeaders = ["x-log-compresstype": "lz4"]
            if let size { headers.append("x-log-bodyrawsize", size) }
            return try refusal(block, headers).errorCode
        }
        #expect(try code(nil) == "MissingBodyRawSize")
        #expect(try code("many") == "InvalidBodyRawSize")
        #expect(try code("-1") == "InvalidBodyRawSize")
        #expect(try code("\(Self.raw.count + 1)") == "InvalidBodyRawSize")
        #expect(try code("\(Self.raw.count - 1)") == "InvalidBodyRawSize")
        #expect(try code("1") == "InvalidBodyRawSize")
        #expect(try code("0") == "InvalidBodyRawSize")
        #expect(try code("99999999999999") == "PostBodyTooLarge")
        #expect(try code("99999999999999999999999999") == "InvalidBodyRawSize")
    }

    @Test func `the raw size of a plain body is not looked at`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        #expect(server.turn([server.put(raw: Self.raw, ["x-log-bodyrawsize": "0"])])[0].status == 200)
    }

    @Test func `an unknown compression, content type or digest is refused`() throws {
        #expect(try refusal(Self.raw, ["x-log-compresstype": "snappy"]).errorCode == "InvalidCompressType")
        let digest = try refusal(Self.raw, ["Content-MD5": String(repeating: "0", count: 32)])
        #expect(digest.status == 401)
        #expect(digest.errorCode == "SignatureNotMatch")
        let server = try InProcessEmulator()
        server.makeLogstore()
        let types = server.turn([
            server.request("POST", "/logstores/app/shards/lb", body: Self.raw),
            server.request("POST", "/logstores/app/shards/lb", ["Content-Type": "text/plain"], body: Self.raw),
        ])
        #expect(types.map(\.errorCode) == ["MissingContentType", "InvalidContentType"])
        #expect(types.map(\.status) == [400, 415])
    }

    @Test func `a right digest is accepted, an empty one passed over`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        let answers = server.turn([
            server.put(raw: Self.raw, ["Content-MD5": Digest.md5Hex(Self.raw)]),
            server.put(raw: Self.raw, ["content-md5": ""]),
        ])
        #expect(answers.map(\.status) == [200, 200])
    }

    @Test(arguments: EmulatorConfiguration.Authentication.allCases)
    func `a wrong digest is refused in every mode but off, which looks at nothing`(
        mode: EmulatorConfiguration.Authentication
    ) throws {
        let server = try InProcessEmulator { $0.authentication = mode }
        // Unsigned calls have their digest looked at too.
        let tracked = server.send("POST", "/logstores/app/track", ["Content-MD5": "00"], body: Self.raw)
        #expect(tracked.errorCode == (mode == .off ? "LogStoreNotExist" : "SignatureNotMatch"))
        guard mode != .strict else { return }
        server.makeLogstore(shards: 1)
        let answer = server.turn([server.put(raw: Self.raw, ["Content-MD5": String(repeating: "0", count: 32)])])[0]
        #expect(answer.status == (mode == .off ? 200 : 401))
    }

    @Test(arguments: ["{", "nonsense", "[1,", "\"\\ud800\"", "[1e999]", "[null]", "[]x", ""])
    func `bad JSON is refused by every call that takes any`(json: String) throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        server.makeGroup()
        for (method, target) in [
            ("POST", "/logstores/app/consumergroups"), ("PUT", "/logstores/app/consumergroups/cg"),
            ("POST", "/logstores/app/consumergroups/cg?type=heartbeat&consumer=c"),
            ("POST", "/logstores/app/consumergroups/cg?type=checkpoint&forceSuccess=true"),
            ("POST", "/logstores"), ("PUT", "/logstores/app"), ("POST", "/"), ("PUT", "/"),
            ("POST", "/logstores/app/index"),
        ] {
            let answer = server.send(method, target, json: json)
            #expect(answer.status == 400, "\(method) \(target) \(json): \(answer.text)")
            #expect(answer.errorCode != nil)
        }
    }

    @Test func `bytes that are no UTF-8 in JSON, paths and headers are refused or repaired, never fatal`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        let bytes: [UInt8] = Array("{\"consumerGroup\":\"a".utf8) + [0xFF, 0xC3] + Array("\",\"timeout\":60}".utf8)
        #expect(server.send("POST", "/logstores/app/consumergroups", body: bytes).errorCode == "JsonInfoInvalid")
        #expect(server.send("GET", "/logstores/%FF%FE/shards").errorCode == "LogStoreNotExist")
        #expect(server.send("GET", "/logstores/app/consumergroups/%FF").errorCode == "ConsumerGroupNotExist")
        let name = String(decoding: [0xFF, 0x41] as [UInt8], as: UTF8.self)
        #expect(server.send("GET", "/logstores", ["x-log-odd": name, "Authorization": name]).status == 400)
    }

    @Test func `JSON nested without end is refused`() throws {
        let server = try InProcessEmulator()
        let deep = String(repeating: "[", count: 100_000)
        #expect(server.send("POST", "/logstores", json: deep).status == 400)
        #expect(server.send("POST", "/logstores", json: "{\"x\":" + deep).status == 400)
    }
}

extension String {
    /// The encoded cursor that many groups further on.
    fileprivate func advanced(_ count: Int) -> String { Cursor(encoded: self)?.advanced(by: count).encoded ?? "none" }
}
