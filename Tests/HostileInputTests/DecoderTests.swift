import Foundation
import SLSProtocol
import TestKit
import Testing
import YAML

@testable import FakeSLS

/// Every decoder alone, on damaged bytes: a value that is written and read again the same, or a refusal.
///
/// What swift-protobuf makes of damaged messages stands in SLSProtocolTests.
struct DecoderTests {
    private static let seeds = Batch.all.prefix(4) + Batch.all.suffix(4)

    @Test(arguments: seeds) func `damaged log groups are refused, or read and written again the same`(batch: Batch)
        throws
    {
        var chance = Chance(seed: batch.seed)
        var (read, refused) = (0, 0)
        for _ in 0..<3_000 {
            let bytes = chance.damaged(SampleLogs.group(&chance).serialized)
            do throws(ProtobufError) {
                let count = try LogGroupScanner.validate(bytes)
                read += 1
                #expect(try LogGroupScanner.group(bytes).logCount == count)
                let group = try LogGroup(serialized: bytes)
                #expect(group.logs.count == count)
                #expect(try LogGroup(serialized: group.serialized) == group, "\(bytes)")
            } catch { refused += 1 }
        }
        #expect(read > 100 && refused > 100)
    }

    @Test(arguments: seeds) func `damaged lists and packages are cut within their bounds`(batch: Batch) throws {
        var chance = Chance(seed: batch.seed)
        for _ in 0..<1_500 {
            var writer = LogGroupListWriter()
            for _ in 0...chance.length(upTo: 8) { writer.append(SampleLogs.group(&chance).serialized) }
            let list = chance.damaged(writer.bytes)
            // A refusal is as good.
            for group in (try? LogGroupScanner.groups(inList: list)) ?? [] {
                #expect(group.bytes.lowerBound >= 0 && group.bytes.upperBound <= list.count)
            }
            let packages = (0...chance.length(upTo: 8)).map { _ in
                LogPackage(data: chance.bytes(count: chance.length(upTo: 99)), rawByteCount: chance.length(upTo: 99))
            }
            let body = chance.damaged(LogPackageList.serialized(packages))
            let found = (try? LogPackageList.packages(body, limit: 5)) ?? []
            #expect(found.count <= 6 && found.reduce(0) { $0 + $1.data.count } <= body.count)
        }
    }

    @Test(arguments: CompressionType.allCases)
    func `damaged blocks hold what is announced or are refused`(type: CompressionType) throws {
        for batch in Self.seeds {
            var chance = Chance(seed: batch.seed)
            for _ in 0..<400 {
                let raw = SampleLogs.group(&chance).serialized
                let block = chance.damaged(try Compression.compress(raw, as: type))
                let announced = chance.pick([raw.count, 0, chance.length(upTo: 1 << 16), raw.count + 1])
                guard let found = try? Compression.decompress(block, as: type, rawByteCount: announced) else {
                    continue
                }
                #expect(found.count == announced)
            }
        }
    }

    @Test(arguments: seeds) func `what is read of a text is written as a text that reads the same`(batch: Batch) throws
    {
        var chance = Chance(seed: batch.seed)
        for _ in 0..<4_000 {
            let text = chance.oddText(from: chance.pick(["MTIz", "8f", "1709618828", "Tue, 05 Mar 2024 06:07:08 GMT"]))
            if let cursor = Cursor(encoded: text) { #expect(Cursor(encoded: cursor.encoded) == cursor) }
            if let bytes = Base64.decode(text) { #expect(Base64.decode(Base64.encode(bytes)) == bytes) }
            if let key = HashKey(hex: text) { #expect(HashKey(hex: key.hex) == key) }
            if let time = Timestamp(httpDate: text) { #expect(Timestamp(httpDate: time.httpDate) == time) }
            if let time = Timestamp(compactDate: text) { #expect(Timestamp(compactDate: time.compactDate) == time) }
            if let scope = SignatureV4.Scope(text) { #expect(SignatureV4.Scope(scope.description) == scope) }
            let target = RequestTarget(text)
            #expect(target.segments.count <= text.utf8.count + 1)
        }
    }

    @Test(arguments: seeds) func `JSON is read where Foundation reads it, and nothing traps`(batch: Batch) throws {
        var chance = Chance(seed: batch.seed)
        let sample = #"{"a":[1,-2.5e3,true,null,"x\"\\\u00e9\ud83d\ude00"],"b":{"c":"é"},"a":{}}"#
        var read = 0
        for _ in 0..<3_000 {
            let bytes = chance.hostileJSON(chance.oneIn(3) ? chance.damaged(Array(sample.utf8)) : Array(sample.utf8))
            let value = OrderedJSON(bytes)
            // The other way round, Foundation takes UTF-16, a mark in front, and deeper nesting.
            if value != nil { #expect(AnswerJudge.isJSON(bytes), "\(AnswerJudge.excerpt(bytes))") }
            read += value == nil ? 0 : 1
            guard let object = JSONObject(bytes) else { continue }
            #expect(JSONObject(object.bytes) == object)
        }
        #expect(read > 100)
    }

    @Test(arguments: seeds) func `damaged YAML is a document or an error`(batch: Batch) throws {
        var chance = Chance(seed: batch.seed)
        let sample =
            "projects:\n  - name: demo\n    logstores: [app, {name: b, shards: 2}]\n  - &x {a: \"q\\n\"}\n  - *x\n# c\n"
        for _ in 0..<2_000 {
            let bytes = chance.damaged(Array(sample.utf8))
            // Either is right; it is the crash that is looked for.
            _ = try? YAMLDocument.parse(bytes)
        }
    }
}
