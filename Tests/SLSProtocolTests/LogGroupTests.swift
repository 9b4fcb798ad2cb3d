import SLSProtocol
import Testing

@Suite struct LogGroupTests {
    @Test func `a group of the official SDK is decoded and written again byte for byte`() throws {
        let group = try LogGroup(serialized: Vectors.group)
        #expect(
            group
                == LogGroup(
                    logs: [
                        .init(
                            time: 1_709_618_828, nanoseconds: 91_291_904,
                            contents: [.init("k", "v"), .init("msg", "hello hello hello hello hello")])
                    ], topic: "topic-a", source: "192.0.2.1"))
        #expect(group.serialized == Vectors.group)
    }

    @Test func `a group with tags, parts of seconds and several logs is decoded and written again byte for byte`()
        throws
    {
        let expected = LogGroup(
            logs: [
                .init(
                    time: 1_709_618_828, nanoseconds: 91_291_904,
                    contents: [.init("method", "GET"), .init("uri", "/a?b=c&d"), .init("status", "200")]),
                .init(
                    time: 1_709_618_829, nanoseconds: 999_999_999,
                    contents: [.init("日志", "值 ✓"), .init("k", "first"), .init("k", "second"), .init("empty", "")]),
                .init(time: .max, nanoseconds: 123_456_789, contents: []),
                .init(time: 1, nanoseconds: 1, contents: [.init("message", String(repeating: "x", count: 200))]),
            ], topic: "ngnix", source: "192.0.2.1",
            tags: [
                .init("__pack_id__", "0A1B2C3D4E5F6071-2A"), .init("__path__", "/var/log/nginx/访问.log"),
                .init("empty", ""),
            ])
        #expect(try LogGroup(serialized: Vectors.taggedGroup) == expected)
        #expect(expected.serialized == Vectors.taggedGroup)
        #expect(try LogGroupScanner.validate(Vectors.taggedGroup) == 4)
    }

    @Test func `the scanner finds a group's bytes and topic in the SDK's list`() throws {
        let found = try LogGroupScanner.groups(inList: Vectors.list)
        #expect(found.count == 1)
        let group = try #require(found.first)
        #expect(group.bytes == 3..<178)
        #expect(group.logCount == 1)
        let topic = try #require(group.topic)
        #expect(String(decoding: Vectors.list[topic], as: UTF8.self) == "topic-a")
        let decoded = try LogGroup(serialized: Array(Vectors.list[group.bytes]))
        #expect(decoded.tags.map(\.key) == ["__pack_id__", "__client_ip__", "__receive_time__"])
        #expect(decoded.tags.last?.value == "1709618829")
    }

    @Test func `the list writer frames groups as the SDK reads them`() throws {
        var writer = LogGroupListWriter()
        writer.append(Array(Vectors.list[3...]))
        #expect(writer.bytes == Vectors.list)
        writer.append([])
        #expect(try LogGroupScanner.groups(inList: writer.bytes).map(\.bytes) == [3..<178, 180..<180])
    }

    @Test func `a topic given twice counts by its last, and none is nil`() throws {
        let twice: [UInt8] = [0x1A, 1, 0x61, 0x1A, 1, 0x62]
        #expect(try LogGroupScanner.group(twice).topic == 5..<6)
        #expect(try LogGroupScanner.group([]).topic == nil)
    }

    @Test func `unknown fields of every layout are skipped`() throws {
        let unknown: [UInt8] =
            [0x78, 0xFF, 0x01, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7A, 2, 9, 9, 0x7D, 1, 2, 3, 4, 0x7B, 0x08, 1, 0x7C]
        let bytes = unknown + Vectors.group
        #expect(try LogGroupScanner.validate(bytes) == 1)
        #expect(try LogGroup(serialized: bytes) == LogGroup(serialized: Vectors.group))
    }

    @Test func `a group cut off anywhere is refused or is a shorter group, never a crash`() throws {
        var accepted: [Int] = []
        for count in 0..<Vectors.group.count
        where (try? LogGroupScanner.validate(Array(Vectors.group[..<count]))) != nil { accepted.append(count) }
        // Only between top-level fields: nothing, the log, the log and the topic.
        #expect(accepted == [0, 59, 68])
    }

    @Test(
        arguments: [
            ("Log.Time", [0x0A, 0]), ("Log.Content.Key", [0x0A, 6, 0x08, 1, 0x12, 2, 0x12, 0]),
            ("Log.Content.Value", [0x0A, 6, 0x08, 1, 0x12, 2, 0x0A, 0]), ("LogTag.Key", [0x32, 2, 0x12, 0]),
        ] as [(String, [UInt8])])
    func `a required field that is absent is named`(name: String, bytes: [UInt8]) {
        #expect(throws: ProtobufError.missingField(name)) { try LogGroupScanner.validate(bytes) }
    }

    @Test(
        arguments: [
            [0x0A], [0x0A, 0x80], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x00, 0x01],
            [0x0C], [0x0E], [0x0F], [0x7B, 0x7B], [0x79, 1], [0x7B, 0x74], [0x7B, 0x00, 0x00, 0x7C],
            [UInt8](repeating: 0xFF, count: 11), [UInt8](repeating: 0x7B, count: 100),
        ] as [[UInt8]])
    func `hostile bytes end in an error`(bytes: [UInt8]) {
        #expect(throws: ProtobufError.self) { try LogGroupScanner.validate(bytes) }
        #expect(throws: ProtobufError.self) { try LogGroupScanner.groups(inList: bytes) }
    }
}
