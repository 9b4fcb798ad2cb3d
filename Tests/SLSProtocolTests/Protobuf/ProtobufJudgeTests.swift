import SLSProtocol
import SwiftProtobuf
import Testing

/// What swift-protobuf's generated code does is right, but for the points in README.md.
@Suite struct ProtobufJudgeTests {
    @Test(arguments: 0..<4 as Range<UInt64>) func `a group of any shape is read as generated code reads it`(
        seed: UInt64
    ) throws {
        var messages = RandomMessages(seed: seed)
        for _ in 0..<300 {
            let bytes = try messages.group()
            let expected = try ReferenceLogGroup(serializedBytes: bytes)
            let scanned = try LogGroupScanner.group(bytes)
            #expect(scanned.bytes == 0..<bytes.count)
            #expect(scanned.logCount == expected.logs.count)
            #expect(scanned.topic.map { Array(bytes[$0]) } == (expected.hasTopic ? Array(expected.topic.utf8) : nil))
            #expect(try LogGroupScanner.validate(bytes) == expected.logs.count)
            // Compared as bytes: texts would be equal when they only look alike.
            let read = ReferenceLogGroup(try LogGroup(serialized: bytes))
            #expect(try encoded(read) == encoded(expected.asFarAsDecoded), "seed \(seed): \(bytes)")
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func `a list is cut into the groups that generated code finds`(
        seed: UInt64
    ) throws {
        var messages = RandomMessages(seed: seed)
        for count in 0..<40 {
            let groups = try (0..<count % 8).map { _ in try messages.group() }
            let list = messages.list(of: groups)
            let found = try LogGroupScanner.groups(inList: list)
            #expect(found.map { Array(list[$0.bytes]) } == groups)
            let expected = try ReferenceLogGroupList(serializedBytes: list).logGroups
            #expect(found.map(\.logCount) == expected.map(\.logs.count))
            #expect(found.map { $0.topic.map { Array(list[$0]) } ?? [] } == expected.map { Array($0.topic.utf8) })
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func `generated code reads what the writers write, byte for byte`(
        seed: UInt64
    ) throws {
        var messages = RandomMessages(seed: seed)
        var writer = LogGroupListWriter()
        var expected = ReferenceLogGroupList()
        for _ in 0..<100 {
            let group = try LogGroup(serialized: try messages.group())
            #expect(try encoded(ReferenceLogGroup(group)) == group.serialized)
            // Framed as it came, with all that we do not know.
            let bytes = try messages.group()
            writer.append(bytes)
            expected.logGroups.append(try ReferenceLogGroup(serializedBytes: bytes))
        }
        #expect(try ReferenceLogGroupList(serializedBytes: writer.bytes) == expected)
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func `damaged groups are refused exactly where generated code refuses`(
        seed: UInt64
    ) throws {
        var messages = RandomMessages(seed: 100 + seed)
        var (acceptedCount, refusedCount, notUTF8Count) = (0, 0, 0)
        let originals = try (0..<50).map { _ in try messages.group() }
        for original in originals {
            for _ in 0..<60 {
                let bytes = messages.mutated(original, with: originals[acceptedCount % originals.count])
                let expected = try? ReferenceRawLogGroup(serializedBytes: bytes)
                let logCount = try? LogGroupScanner.validate(bytes)
                #expect(logCount == expected?.logs.count, "seed \(seed): \(bytes)")
                guard let expected, logCount != nil else {
                    refusedCount += 1
                    // Nothing to compare, but these must not crash either.
                    _ = (try? LogGroupScanner.group(bytes), try? LogGroup(serialized: bytes))
                    continue
                }
                acceptedCount += 1
                let scanned = try LogGroupScanner.group(bytes)
                #expect(scanned.logCount == expected.logs.count)
                #expect(scanned.topic.map { Array(bytes[$0]) } == (expected.hasTopic ? Array(expected.topic) : nil))
                let read = ReferenceLogGroup(try LogGroup(serialized: bytes))
                if let texts = try? ReferenceLogGroup(serializedBytes: bytes) {
                    #expect(try encoded(read) == encoded(texts.asFarAsDecoded), "seed \(seed): \(bytes)")
                } else {
                    notUTF8Count += 1
                    #expect(throws: BinaryDecodingError.invalidUTF8, "seed \(seed): \(bytes)") {
                        try ReferenceLogGroup(serializedBytes: bytes)
                    }
                }
            }
        }
        // Else the damage is too small or too great to tell anything.
        #expect(acceptedCount > 300 && refusedCount > 300 && notUTF8Count > 0)
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func `a damaged list is refused where its framing or a group's is`(
        seed: UInt64
    ) throws {
        var messages = RandomMessages(seed: 200 + seed)
        var (acceptedCount, refusedCount) = (0, 0)
        for _ in 0..<500 {
            let original = messages.list(of: [try messages.group(), try messages.group()])
            let bytes = messages.mutated(original, with: original)
            let expected = try? ReferenceRawLogGroupList(serializedBytes: bytes)
            let found = try? LogGroupScanner.groups(inList: bytes)
            if let expected {
                acceptedCount += 1
                #expect(found?.map(\.logCount) == expected.logGroups.map(\.logs.count), "seed \(seed): \(bytes)")
                #expect(
                    found?.map { $0.topic.map { Array(bytes[$0]) } ?? [] } == expected.logGroups.map { Array($0.topic) }
                )
            } else {
                refusedCount += 1
                // The scanner steps over logs and tags; it accepts a list only if what is wrong stands inside one.
                let groups = found ?? []
                let isWrongInside = groups.contains { (try? LogGroupScanner.validate(Array(bytes[$0.bytes]))) == nil }
                #expect(found == nil || isWrongInside, "seed \(seed): \(bytes)")
            }
        }
        #expect(acceptedCount > 50 && refusedCount > 50)
    }

    @Test(arguments: [0, 1, 95, 96]) func `unknown groups are followed 96 deep, wherever they stand`(depth: Int) throws
    {
        for bytes in Self.contentWith(nestedGroups: depth) {
            #expect(try LogGroupScanner.validate(bytes) <= 1)
            // In a list, where the reader of a pulled body meets it, it stands one message deeper.
            #expect(throws: Never.self) {
                try ReferenceLogGroupList(serializedBytes: RandomMessages(seed: 0).framed(1, bytes))
            }
        }
    }

    @Test func `unknown groups 97 deep are refused`() {
        for bytes in Self.contentWith(nestedGroups: 97) {
            #expect(throws: ProtobufError.self) { try LogGroupScanner.validate(bytes) }
        }
    }

    /// Log groups with nested groups of field 7 in the log group, in a log, and in a content.
    private static func contentWith(nestedGroups depth: Int) -> [[UInt8]] {
        let messages = RandomMessages(seed: 0)
        let nested = [UInt8](repeating: 0x3B, count: depth) + [UInt8](repeating: 0x3C, count: depth)
        let content = messages.framed(1, []) + messages.framed(2, []) + nested
        return [
            nested, messages.framed(1, [0x08, 1] + nested),
            messages.framed(1, [0x08, 1] + messages.framed(2, content)),
        ]
    }

    private func encoded(_ message: some SwiftProtobuf.Message) throws -> [UInt8] { try message.serializedBytes() }
}

extension ReferenceLogGroup {
    /// What `LogGroup` holds of a message.
    init(_ group: LogGroup) {
        self.init()
        logs = group.logs.map { log in
            .with {
                $0.time = log.time
                $0.contents = log.contents.map { pair in .with { ($0.key, $0.value) = (pair.key, pair.value) } }
                if let nanoseconds = log.nanoseconds { $0.timeNs = nanoseconds }
            }
        }
        if let text = group.topic { topic = text }
        if let text = group.source { source = text }
        logTags = group.tags.map { pair in .with { ($0.key, $0.value) = (pair.key, pair.value) } }
    }

    /// Without the fields that `LogGroup` leaves out.
    var asFarAsDecoded: ReferenceLogGroup {
        var group = self
        group.unknownFields = UnknownStorage()
        group.clearCategory()
        group.clearMachineUuid()
        for index in group.logs.indices {
            group.logs[index].unknownFields = UnknownStorage()
            group.logs[index].values = []
            for content in group.logs[index].contents.indices {
                group.logs[index].contents[content].unknownFields = UnknownStorage()
            }
        }
        for index in group.logTags.indices { group.logTags[index].unknownFields = UnknownStorage() }
        return group
    }
}
