import EventHTTP
import Foundation
import Testing

/// Inputs that once broke something, or reach what few inputs do; `Corpus/README.md` says what each is and how to add one.
struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    private static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".bytes") }.sorted()
    }

    @Test func `each kept input is answered as its name's beginning says, and the server lives on`() async throws {
        let names = try Self.names()
        #expect(names.count >= 12)
        for name in names {
            let bytes = try Array(Data(contentsOf: Self.folder.appending(path: name)))
            let statuses = try await withHostileServer { address, _ in
                let client = try HostileClient(address)
                client.send([bytes])
                client.endSending()
                let (answer, isComplete) = try client.readToEnd()
                let stream = try AnswerStream(answer, isComplete: isComplete)
                #expect(stream.fault == nil, "\(name)")
                #expect(try ConnectionBatch(seed: 0).stillWorks(address) == [], "after \(name)")
                return stream.answers.map { "\($0.status)" }
            }
            #expect(statuses.joined(separator: ",") == name.prefix { $0 != "-" }, "\(name)")
        }
    }

    @Test func `each kept input stands in the note`() throws {
        let note = try String(contentsOf: Self.folder.appending(path: "README.md"), encoding: .utf8)
        for name in try Self.names() { #expect(note.contains("`\(name)`"), "\(name) is not explained") }
    }
}
