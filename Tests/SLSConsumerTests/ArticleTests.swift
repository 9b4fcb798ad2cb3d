import Foundation
import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

/// The code of the library's article, compiled as it stands there.
@Suite struct ArticleTests {
    private func currentCredentials() -> Credentials { Credentials(accessKeyID: "id", accessKeySecret: "secret") }

    private func store(_ batch: Batch, before barrier: Instant?) async throws {}

    private func readByHandler() async throws -> Consumer {
        let consumer = try Consumer(
            endpoint: Endpoint(parsing: "cn-hangzhou.log.aliyuncs.com"),
            credentials: { currentCredentials() },
            source: .init(project: "demo", logstore: "app", group: "printer"))

        try await consumer.run { batch in
            for (cursor, group) in try batch.logGroups() {
                print(cursor, group.topic ?? "", group.logs.count)
            }
        }
        return consumer
    }

    private func readByShard(_ consumer: Consumer) async throws {
        try await consumer.run(process: { shard in
            var sentUpTo: Cursor?
            for await batch in shard.batches {
                sentUpTo = batch.next
                do { try await store(batch, before: shard.writeBarrier) } catch { break }
                shard.acknowledge(batch)
            }
            return ProcessingResult(sentUpTo: sentUpTo)
        })
    }

    @Test(arguments: ["SLSConsumer.docc/SLSConsumer.md", "Consumer+ShortWay.swift"])
    func `its code, and that of the doc comments, is what is compiled here`(file: String) throws {
        let here = URL(filePath: #filePath)
        let folder = here.deletingLastPathComponent().appending(path: "../../Sources/SLSConsumer")
        let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
        let compiled = Self.stripped(try String(contentsOf: here, encoding: .utf8))
        let blocks = text.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(blocks.count == 2)
        for block in blocks { #expect(compiled.contains(Self.stripped(block)), "not compiled: \(block)") }
    }

    /// Without indentation, blank lines and the marks of doc comments.
    private static func stripped(_ code: String) -> String {
        code.split(separator: "\n")
            .map { line in
                let bare = line.trimmingPrefix { $0 == " " }
                return bare.hasPrefix("///") ? bare.dropFirst(3).trimmingPrefix { $0 == " " } : bare
            }
            .filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
