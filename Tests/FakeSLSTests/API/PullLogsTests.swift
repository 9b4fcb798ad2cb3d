import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct PullLogsTests {
    private func server(groups count: Int) throws -> (server: InProcessEmulator, groups: [[UInt8]]) {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        let groups = (0..<count).map { LogGroup.make(marker: "g\($0)").serialized }
        for group in groups { #expect(server.turn([server.put(raw: group)])[0].status == 200) }
        return (server, groups)
    }

    private func put(_ body: [UInt8], as type: CompressionType?, rawByteCount: Int, to server: InProcessEmulator) {
        var headers: HTTPHeaders = ["x-log-bodyrawsize": "\(rawByteCount)"]
        if let type { headers.append("x-log-compresstype", type.rawValue) }
        #expect(server.turn([server.put(raw: body, headers)])[0].status == 200)
    }

    private func number(_ cursor: String?) -> Int64? { cursor.flatMap { Cursor(encoded: $0) }?.number }

    @Test(arguments: ["log", "logs"])
    func `a pull gives groups in order and says where to go on`(type: String) throws {
        let (server, groups) = try server(groups: 5)
        let begin = server.cursor("begin")
        let answer = server.send("GET", "/logstores/app/shards/0?type=\(type)&cursor=\(begin)&count=3")
        #expect(answer.status == 200)
        #expect(try answer.pulledGroups() == Array(groups.prefix(3)))
        #expect(answer.headers["Content-Type"] == "application/x-protobuf")
        #expect(answer.headers["x-log-count"] == "3")
        #expect(answer.headers["x-log-bodyrawsize"] == "\(answer.body.count)")
        #expect(answer.headers["x-log-compresstype"] == nil)
        #expect(answer.headers["x-log-end-of-cursor"] == "0")
        #expect(answer.headers["x-log-cursor-time"] == "1709618828")
        let first = try #require(number(begin))
        #expect(number(answer.headers["x-log-cursor"]) == first + 3)
        #expect(answer.headers["x-log-read-last-cursor"] == "\(first + 2)")
        let rest = server.pull(from: answer.headers["x-log-cursor"] ?? "")
        #expect(try rest.pulledGroups() == Array(groups.suffix(2)))
        #expect(rest.headers["x-log-end-of-cursor"] == "1")
    }

    @Test func `an empty pull stays where it is`() throws {
        let (server, _) = try server(groups: 1)
        server.clock.advance(by: .seconds(10))
        let end = server.cursor("end")
        let answer = server.pull(from: end)
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(answer.headers["x-log-cursor"] == end)
        #expect(answer.headers["x-log-count"] == "0")
        #expect(answer.headers["x-log-bodyrawsize"] == "0")
        #expect(answer.headers["x-log-end-of-cursor"] == "1")
        #expect(answer.headers["x-log-read-last-cursor"] == nil)
        #expect(answer.headers["x-log-cursor-time"] == "1709618838")
    }

    @Test(arguments: [
        ("lz4", CompressionType.lz4), ("LZ4", .lz4), ("zstd", .zstd), ("deflate", .deflate),
        // As the OpenAPI SDK sends it, and as the Java SDK and others name several.
        ("zstd,lz4,gzip", .zstd), ("lz4, zstd;q=0.5", .lz4), ("gzip, deflate", .deflate), ("br,lz4", .lz4),
        // The weight 0 excludes, no other counts.
        ("lz4;q=0, zstd", .zstd), ("zstd; q=0.000 , lz4;q=0.001", .lz4), ("lz4;Q=0,deflate;x=1;q=1", .deflate),
    ])
    func `the first compression of the list that is offered is answered`(encoding: String, type: CompressionType) throws
    {
        let (server, groups) = try server(groups: 2)
        let target = "/logstores/app/shards/0?type=log&count=10&cursor="
        let headers: HTTPHeaders = ["Accept-Encoding": encoding]
        let answer = server.send("GET", target + server.cursor("begin"), headers)
        #expect(answer.headers["x-log-compresstype"] == type.rawValue)
        let size = try #require(Int(answer.headers["x-log-bodyrawsize"] ?? ""))
        let raw = try Compression.decompress(answer.body, as: type, rawByteCount: size)
        #expect(try LogGroupScanner.groups(inList: raw).map { Array(raw[$0.bytes]) } == groups)
        let empty = server.send("GET", target + server.cursor("end"), headers)
        #expect(empty.headers["x-log-bodyrawsize"] == "0")
        #expect(empty.headers["x-log-compresstype"] == type.rawValue)
        #expect(try Compression.decompress(empty.body, as: type, rawByteCount: 0).isEmpty)
        // The one byte that the C++ SDK needs.
        if type == .lz4 { #expect(empty.body == [0]) }
    }

    @Test(arguments: [CompressionType.lz4, .zstd, .deflate])
    func `whatever the groups came in, a pull holds their bytes`(type: CompressionType) throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        var groups: [[UInt8]] = []
        let types: [CompressionType?] = [.lz4, .lz4, nil, .zstd, .lz4, .deflate, nil, .lz4]
        for (index, came) in types.enumerated() {
            let group = LogGroup.make(logs: 1 + index * index * 20, marker: "g\(index)").serialized
            groups.append(group)
            let body = if let came { try Compression.compress(group, as: came) } else { group }
            put(body, as: came, rawByteCount: group.count, to: server)
        }
        // The last four bytes alone are literals. liblz4 takes it with room to spare, and refuses it without.
        let tail = LogGroup.make(source: String(repeating: "a", count: 25)).serialized
        let literals = tail.dropLast(24)
        var unusual: [UInt8] = [0xFF, UInt8(literals.count - 15)]
        unusual += literals
        unusual += [1, 0, 1, 0x40]
        unusual += tail.suffix(4)
        groups.append(tail)
        put(unusual, as: .lz4, rawByteCount: tail.count, to: server)
        let answer = server.send(
            "GET", "/logstores/app/shards/0?type=log&count=100&cursor=" + server.cursor("begin"),
            ["Accept-Encoding": type.rawValue])
        let size = try #require(Int(answer.headers["x-log-bodyrawsize"] ?? ""))
        let raw = try Compression.decompress(answer.body, as: type, rawByteCount: size)
        #expect(try LogGroupScanner.groups(inList: raw).map { Array(raw[$0.bytes]) } == groups)
    }

    @Test(arguments: ["", "identity", "gzip", "*", "lz4;q=0, identity", "lz4;q=0", "*;q=0, identity"])
    func `a list without any compression that is offered is answered plain`(encoding: String) throws {
        let (server, groups) = try server(groups: 2)
        let answer = server.send(
            "GET", "/logstores/app/shards/0?type=log&cursor=\(server.cursor("begin"))&count=10",
            ["Accept-Encoding": encoding])
        #expect(answer.headers["x-log-compresstype"] == nil)
        #expect(try answer.pulledGroups() == groups)
    }

    @Test(arguments: ["snappy", "lz4;q=0, snappy", "identity;q=0", "gzip, identity;q=0", "lz4;q=0, *;q=0"])
    func `a list that allows nothing of what is offered is refused`(encoding: String) throws {
        let (server, _) = try server(groups: 1)
        let answer = server.send(
            "GET", "/logstores/app/shards/0?type=log&cursor=\(server.cursor("begin"))&count=10",
            ["Accept-Encoding": encoding])
        #expect(answer.status == 400 && answer.errorCode == "InvalidAcceptEncoding")
    }

    @Test(arguments: ["end_cursor", "endCursor"])
    func `reading stops before the end cursor`(name: String) throws {
        let (server, groups) = try server(groups: 5)
        let begin = try #require(Cursor(encoded: server.cursor("begin")))
        for (stop, count) in [(0, 0), (2, 2), (5, 5), (9, 5)] {
            let answer = server.pull(from: begin.encoded, more: "&\(name)=\(begin.advanced(by: stop).encoded)")
            #expect(try answer.pulledGroups() == Array(groups.prefix(count)))
            #expect(number(answer.headers["x-log-cursor"]) == begin.number + Int64(count))
        }
        let before = Cursor(number: begin.number - 1)
        #expect(server.pull(from: begin.encoded, more: "&\(name)=\(before.encoded)").headers["x-log-count"] == "0")
        #expect(server.pull(from: begin.encoded, more: "&\(name)=nonsense").errorCode == "ParameterInvalid")
    }

    @Test func `a count from 1 to 1000 is allowed`() throws {
        let (server, _) = try server(groups: 1)
        let begin = server.cursor("begin")
        for (count, status) in [(0, 400), (1, 200), (999, 200), (1_000, 200), (1_001, 400)] {
            #expect(server.pull(from: begin, count: count).status == status)
        }
        #expect(server.pull(from: begin, count: 0).text.contains("Invalid loggroup count, (0,1000]"))
        #expect(server.send("GET", "/logstores/app/shards/0?type=log&cursor=\(begin)&count=x").status == 400)
        #expect(server.send("GET", "/logstores/app/shards/0?type=log&cursor=\(begin)").errorCode == "MissingParameter")
    }

    @Test func `the byte budget cuts an answer, but never to nothing`() throws {
        let server = try InProcessEmulator()
        let budget = LogService.pullByteBudget
        // Two groups whose list has one byte less than the budget, exactly the budget, one byte more.
        for (index, excess) in [-1, 0, 1].enumerated() {
            server.makeLogstore("app\(index)", shards: 1)
            let half = budget / 2 - 5
            let first = LogGroup.bytes(count: half)
            let second = LogGroup.bytes(count: budget + excess - LogGroupListWriter.framedByteCount(half) - 5)
            for group in [first, second] {
                #expect(server.turn([server.put(raw: group, logstore: "app\(index)")])[0].status == 200)
            }
            let answer = server.pull(from: server.cursor("begin", logstore: "app\(index)"), logstore: "app\(index)")
            #expect(answer.headers["x-log-count"] == (excess > 0 ? "1" : "2"))
            if excess <= 0 { #expect(answer.body.count == budget + excess) }
        }
        server.makeLogstore("large", shards: 1)
        let largest = LogGroup.bytes(count: RequestLimits.bodyByteCount)
        for _ in 0..<2 { #expect(server.turn([server.put(raw: largest, logstore: "large")])[0].status == 200) }
        let answer = server.pull(from: server.cursor("begin", logstore: "large"), logstore: "large")
        #expect(try answer.pulledGroups() == [largest])
    }

    @Test func `a cursor that is none is ParameterInvalid, one outside the shard is InvalidCursor`() throws {
        let (server, _) = try server(groups: 2)
        let begin = try #require(Cursor(encoded: server.cursor("begin")))
        for text in ["nonsense", "", "MTIz!", "LTE="] {
            #expect(server.pull(from: text).errorCode == "ParameterInvalid")
        }
        for number in [begin.number - 1, begin.number + 3, 0, Int64.max] {
            let answer = server.pull(from: Cursor(number: number).encoded)
            #expect(answer.status == 400)
            #expect(answer.errorCode == "InvalidCursor")
        }
        let unpadded = begin.encoded.filter { $0 != "=" }
        #expect(server.pull(from: unpadded).status == 200)
    }

    @Test func `what is not there to be pulled from is refused`() throws {
        let (server, _) = try server(groups: 1)
        let begin = server.cursor("begin")
        let shard = server.pull(from: begin, shard: 7)
        #expect(shard.status == 400)
        #expect(shard.errorCode == "ShardNotExist")
        #expect(server.pull(from: begin, logstore: "none").errorCode == "LogStoreNotExist")
        #expect(server.send("GET", "/logstores/app/shards/x?type=log&cursor=\(begin)&count=1").status == 400)
        for parameter in ["query=*%20|%20where%20a%3D1", "processor=p"] {
            #expect(server.pull(from: begin, more: "&\(parameter)").errorCode == "NotSupported")
        }
        #expect(server.pull(from: begin, more: "&query=").status == 200)
    }
}

struct CursorCallTests {
    private let start = 1_709_618_828

    /// Two groups a second for four seconds.
    private func server() throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        for _ in 0..<4 {
            for _ in 0..<2 { #expect(server.turn([server.put()])[0].status == 200) }
            server.clock.advance(by: .seconds(1))
        }
        return server
    }

    private func offset(_ server: InProcessEmulator, _ from: String) throws -> Int64 {
        let begin = try #require(Cursor(encoded: server.cursor("begin")))
        return try #require(Cursor(encoded: server.cursor(from))).number - begin.number
    }

    @Test func `begin and end are the bounds, begin the shard's creation time in nanoseconds`() throws {
        let server = try server()
        #expect(Cursor(encoded: server.cursor("begin"))?.number == Int64(start) * 1_000_000_000)
        #expect(try offset(server, "end") == 8)
    }

    @Test func `a time finds the first group received then or later`() throws {
        let server = try server()
        for (seconds, expected) in [(-100, 0), (-1, 0), (0, 0), (1, 2), (2, 4), (3, 6), (4, 8), (100, 8)] {
            #expect(try offset(server, "\(start + seconds)") == Int64(expected), "after \(seconds) s")
        }
    }

    @Test func `receive times never go back within a shard`() throws {
        let server = try server()
        server.clock.setWall(Timestamp(seconds: start - 1_000))
        #expect(server.turn([server.put()])[0].status == 200)
        #expect(try offset(server, "\(start + 3)") == 6)
        #expect(try offset(server, "\(start + 4)") == 9)
    }

    @Test(arguments: ["nonsense", "", "1.5", "beginning"])
    func `a position that is none is refused`(from: String) throws {
        let answer = try server().send("GET", "/logstores/app/shards/0?type=cursor&from=\(from)")
        #expect(answer.errorCode == "ParameterInvalid")
        #expect(answer.text.contains("Parameter From is not valid."))
    }

    @Test func `a cursor's time is its group's receive time, at the end the server's`() throws {
        let server = try server()
        let begin = try #require(Cursor(encoded: server.cursor("begin")))
        func time(_ offset: Int) throws -> Int? {
            let cursor = begin.advanced(by: offset).encoded
            let answer = server.send("GET", "/logstores/app/shards/0?type=cursor_time&cursor=\(cursor)")
            return answer.status == 200 ? try answer.decoded(CursorTimeAnswer.self).cursorTime : nil
        }
        #expect(try time(0) == start)
        #expect(try time(7) == start + 3)
        // As the Python SDK's `get_previous_cursor_time` sends it.
        let target = "/logstores/app/shards/0?type=cursor_time&cursor=\(begin.encoded)%0A"
        #expect(server.send("GET", target).status == 200)
        server.clock.advance(by: .seconds(60))
        #expect(try time(8) == start + 64)
        for number in [begin.number - 1, begin.number + 9] {
            let cursor = Cursor(number: number).encoded
            let answer = server.send("GET", "/logstores/app/shards/0?type=cursor_time&cursor=\(cursor)")
            #expect(answer.errorCode == "InvalidCursor")
        }
    }

    @Test func `cursor calls name what is missing`() throws {
        let server = try server()
        #expect(server.send("GET", "/logstores/app/shards/0?type=cursor").errorCode == "MissingParameter")
        #expect(server.send("GET", "/logstores/app/shards/0?type=cursor_time").errorCode == "MissingParameter")
        #expect(server.send("GET", "/logstores/app/shards/5?type=cursor&from=begin").errorCode == "ShardNotExist")
    }
}
